// Owns: that every queue is bounded, and that a slow sink stops the spout.

import { describe, expect, it } from 'vitest';
import { generator, LIMITS, type Out, topology } from '../../src/index.ts';
import { type TopologyDriver, testTopology } from '../../src/testing/index.ts';

const CAPACITY = 10;
const FAN = 5;

/** numbers -> widen (5 each) -> pass -> out, all with queues of 10; tells the longest queue seen inside any execute. */
function narrow() {
  const longest = new Map<string, number>();
  const watched: { driver: TopologyDriver | null } = { driver: null };
  const look = () => {
    for (const name of ['widen', 'pass', 'out']) {
      const [waiting] = watched.driver!.waiting(name);
      longest.set(name, Math.max(longest.get(name) ?? 0, waiting!));
    }
  };
  const t = topology('narrow', {
    maxPending: 5_000,
    maxAttempts: 100,
    retryBackoffMs: 1,
    stallLimitMs: 86_400_000,
  });
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const widen = t.bolt(
    'widen',
    numbers,
    (n, out: Out<number>) => {
      for (let part = 0; part < FAN; part++) out.emit(n * FAN + part);
      look();
    },
    { queueCapacity: CAPACITY },
  );
  const pass = t.bolt(
    'pass',
    widen,
    (n, out: Out<number>) => {
      out.emit(n);
      look();
    },
    { queueCapacity: CAPACITY },
  );
  const out = t.sink('out', pass, () => {}, { queueCapacity: CAPACITY, batch: 2, inFlight: 2 });
  return { t, numbers, out, longest, watched };
}

describe.each(['at-least-once', 'at-most-once'] as const)('back-pressure, %s', (guarantee) => {
  it('a sink that does not answer stops the spout; no queue holds more than its capacity and one execute', async () => {
    const { t, numbers, out, longest, watched } = narrow();
    const driver = await testTopology(t, { guarantee });
    watched.driver = driver;
    driver.holdWrites(out);
    driver.feed(numbers, ...Array.from({ length: 1_000 }, (_, n) => n));
    await driver.run();
    const inWrites = 4;
    // What fits: 2 writes of 2, the queues, and what one execute emits past each of them.
    const most = inWrites + 3 * (CAPACITY + FAN);
    expect(driver.counters().records * FAN).toBeLessThanOrEqual(most + CAPACITY * FAN);
    expect(driver.counters().records).toBeGreaterThan(0);
    expect(longest.get('widen')).toBeLessThanOrEqual(CAPACITY + 1);
    expect(longest.get('pass')).toBeLessThanOrEqual(CAPACITY + FAN);
    expect(longest.get('out')).toBeLessThanOrEqual(CAPACITY + 1 + inWrites);
    driver.releaseWrites(out);
    await driver.run();
    expect(driver.output(out)).toHaveLength(1_000 * FAN);
    expect(longest.get('widen')).toBeLessThanOrEqual(CAPACITY + 1);
    expect(longest.get('pass')).toBeLessThanOrEqual(CAPACITY + FAN);
  });

  it('a slow asynchronous bolt stops the spout as well', async () => {
    const t = topology('slow');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.map('slow', numbers, () => new Promise<number>(() => {}), { queueCapacity: 7, concurrency: 3 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, ...Array.from({ length: 100 }, (_, n) => n));
    await driver.run();
    expect(driver.waiting('slow')[0]).toBeLessThanOrEqual(3 + 7 + 1);
    expect(driver.counters().records).toBeLessThanOrEqual(3 + 7 + 1);
  });
});

it('replays of many records respect the queues too', async () => {
  const { t, numbers, out, longest, watched } = narrow();
  const driver = await testTopology(t, { guarantee: 'at-least-once' });
  watched.driver = driver;
  driver.failNext('widen', { times: 1_000 });
  driver.feed(numbers, ...Array.from({ length: 1_000 }, (_, n) => n));
  await driver.run();
  expect(driver.counters().failed).toBe(1_000);
  driver.holdWrites(out);
  await driver.advance(100);
  expect(driver.counters().replayed).toBeGreaterThan(0);
  expect(driver.counters().replayed).toBeLessThan(50);
  const turns = driver.turns();
  await driver.advance(1_000);
  expect(driver.turns() - turns).toBeLessThan(50);
  driver.releaseWrites(out);
  await driver.advance(1_000);
  expect(longest.get('widen')).toBeLessThanOrEqual(CAPACITY + 1);
  expect(driver.counters().acked).toBe(1_000);
});

it('one execute that emits past the hard limit fails its input with MR_QUEUE_OVERFLOW', async () => {
  const t = topology('flood', { maxAttempts: 1 });
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const flood = t.bolt('flood', numbers, (n, out: Out<number>) => {
    for (let emitted = 0; emitted < n; emitted++) out.emit(0);
  });
  t.bolt('drop', flood, () => {}, { queueCapacity: 100 });
  const driver = await testTopology(t, { guarantee: 'at-least-once' });
  const limit = 100 + LIMITS.queueOverflow;
  driver.feed(numbers, limit, limit + 1);
  await driver.run();
  expect(driver.counters()).toMatchObject({ acked: 1, deadLettered: 1 });
  expect(driver.deadLetters()[0]).toMatchObject({ value: limit + 1, cause: { component: 'flood' } });
  expect(driver.deadLetters()[0]!.cause.error).toMatchObject({
    code: 'MR_QUEUE_OVERFLOW',
    message: "The queue of component 'drop' overflowed.",
  });
});

it('asynchronous calls that emit past the capacity of a queue overwrite nothing', async () => {
  const t = topology('past-capacity', { maxPending: 10_000 });
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const burst = t.flatMap(
    'burst',
    numbers,
    async (n) => {
      await Promise.resolve();
      return Array.from({ length: 10 }, (_, part) => n * 10 + part);
    },
    { concurrency: 64 },
  );
  const out = t.sink('out', burst, () => {}, { queueCapacity: 5, batch: 3, inFlight: 1 });
  const driver = await testTopology(t, { guarantee: 'at-most-once' });
  // Half of the calls end after the sink has taken a little of what the other half emitted.
  driver.delayNext('burst', 5, { times: 1_000, when: (n) => (n as number) % 2 === 0 });
  driver.delayNext(out, 2, { times: 100_000 });
  driver.feed(numbers, ...Array.from({ length: 300 }, (_, n) => n));
  await driver.advance(4_000);
  expect([...driver.output(out)].sort((a, b) => a - b)).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
});
