// Owns: draining with trees in flight, what counts as a stall, and that a lane at rest does nothing; all by the manual clock.

import { describe, expect, it } from 'vitest';
import { generator, type Out, type TopologyOptions, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

function pipeline(options: TopologyOptions<Record<string, never>> = {}) {
  const t = topology('drain', options);
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const work = t.bolt('work', numbers, (n, out: Out<number>) => out.emit(n));
  const out = t.sink('out', work, () => {});
  return { t, numbers, work, out };
}

describe('a drain', () => {
  it('waits for trees in flight, takes nothing new and stores', async () => {
    const { t, numbers, out } = pipeline();
    const driver = await testTopology(t, { guarantee: 'at-least-once' });
    driver.holdWrites(out);
    driver.feed(numbers, 1, 2);
    await driver.run();
    expect(await driver.drain()).toBe(false);
    driver.feed(numbers, 3);
    await driver.advance(5_000);
    driver.releaseWrites(out);
    expect(await driver.drain()).toBe(true);
    expect(driver.output(out)).toEqual([1, 2]);
    expect((await driver.positions(numbers)).get(0)).toBe(2);
  });

  it('leaves what waits for a replay to the next run, and sleeps while it waits for the rest', async () => {
    const { t, numbers, out } = pipeline({ retryBackoffMs: 100 });
    const driver = await testTopology(t, { guarantee: 'at-least-once' });
    driver.failNext('work', { when: (n) => n === 1 });
    driver.holdWrites(out);
    driver.feed(numbers, 1, 2);
    await driver.run();
    expect(await driver.drain()).toBe(false);
    const turns = driver.turns();
    await driver.advance(10_000);
    expect(driver.turns() - turns).toBeLessThan(30);
    expect(driver.counters().replayed).toBe(0);
    driver.releaseWrites(out);
    expect(await driver.drain()).toBe(true);
    const next = await driver.crash();
    await next.run();
    expect(new Set(next.output(out))).toEqual(new Set([1, 2]));
  });

  it('that takes longer than drainLimitMs ends with the component that holds it up', async () => {
    const { t, numbers, out } = pipeline({ drainLimitMs: 3_000 });
    const driver = await testTopology(t, { guarantee: 'at-least-once' });
    driver.holdWrites(out);
    driver.feed(numbers, 1);
    await driver.run();
    await driver.drain();
    await expect(driver.advance(4_000)).rejects.toMatchObject({
      code: 'MR_STALLED',
      message: expect.stringContaining("at component 'out'"),
    });
  });
});

describe('a stall', () => {
  it.each(['at-least-once', 'at-most-once'] as const)('names the component, %s', async (guarantee) => {
    const { t, numbers } = pipeline({ stallLimitMs: 5_000, treeTimeoutMs: 60_000 });
    const driver = await testTopology(t, { guarantee });
    driver.delayNext('work', 50_000);
    driver.feed(numbers, 1);
    await driver.advance(4_900);
    const error = driver.advance(200);
    await expect(error).rejects.toMatchObject({
      code: 'MR_STALLED',
      message: expect.stringContaining("at component 'work'"),
      got: expect.stringContaining('1 calls of execute that have not ended'),
    });
  });

  it('is not a record that waits for its replay, however long that is', async () => {
    const { t, numbers, out } = pipeline({
      stallLimitMs: 5_000,
      retryBackoffMs: 60_000,
      retryBackoffMaxMs: 60_000,
    });
    const driver = await testTopology(t, { guarantee: 'at-least-once' });
    driver.failNext('work');
    driver.feed(numbers, 1);
    await driver.advance(61_000);
    expect(driver.output(out)).toEqual([1]);
  });

  it('is not an idle lane', async () => {
    const { t } = pipeline({ stallLimitMs: 1_000 });
    const driver = await testTopology(t, { guarantee: 'at-least-once' });
    await driver.advance(3_600_000);
    expect(driver.pending()).toBe(0);
  });
});

describe('a lane at rest', () => {
  it.each(['at-least-once', 'at-most-once'] as const)('has no turn that is due, %s', async (guarantee) => {
    const { t, numbers } = pipeline();
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2, 3);
    await driver.advance(2_000);
    const turns = driver.turns();
    await driver.advance(100_000);
    // One look a second, as a real lane takes it; none of them leads to a second.
    expect(driver.turns() - turns).toBeLessThanOrEqual(101);
  });
});

it('two lanes live in one process and share nothing', async () => {
  const { t, numbers, out } = pipeline();
  const one = await testTopology(t, { guarantee: 'at-least-once' });
  const two = await testTopology(t, { guarantee: 'at-most-once' });
  one.failNext('work');
  one.feed(numbers, 1, 2);
  two.feed(numbers, 10);
  await Promise.all([one.run(), two.run()]);
  await one.advance(1_000);
  expect(one.output(out)).toEqual([2, 1]);
  expect(two.output(out)).toEqual([10]);
  expect(two.now()).toBe(0);
  expect(one.counters()).toMatchObject({ records: 2, failed: 1, acked: 2 });
  expect(two.counters()).toMatchObject({ records: 1, failed: 0 });
  await one.close();
  two.feed(numbers, 11);
  await two.run();
  expect(two.output(out)).toEqual([10, 11]);
});
