// Owns: replays of at least once: back-off, attempts, dead letters, limits on what is in flight.

import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { generator, LIMITS, type Out, type TopologyOptions, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

const guarantee = 'at-least-once';

/** numbers -> work -> out; tells when each execution was. */
function pipeline(options: TopologyOptions<Record<string, never>> = {}) {
  const times: number[] = [];
  const t = topology('replays', options);
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const work = t.bolt('work', numbers, (n, out: Out<number>, { now }) => {
    times.push(now());
    out.emit(n);
  });
  const out = t.sink('out', work, () => {});
  return { t, numbers, work, out, times };
}

describe('a failed record', () => {
  it('is replayed after a back-off that doubles, with jitter in its upper half, within the millisecond it is due', async () => {
    const seen: number[] = [];
    const t = topology('growth', { maxAttempts: 7, retryBackoffMs: 100, retryBackoffMaxMs: 1_000 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt('work', numbers, (_n, _out, { now }) => {
      seen.push(now());
      throw new Error('no');
    });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1);
    await driver.advance(10_000);
    const waits = seen.slice(1).map((time, index) => time - seen[index]!);
    expect(waits).toHaveLength(6);
    for (const [index, wait] of waits.entries()) {
      const full = Math.min(100 * 2 ** index, 1_000);
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThanOrEqual(full + 1);
    }
    expect(driver.counters()).toMatchObject({ failed: 7, replayed: 6, deadLettered: 1, acked: 0 });
  });

  it('goes on at once in an idle lane when its back-off is over', async () => {
    const { t, numbers, out } = pipeline({ retryBackoffMs: 100 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1);
    driver.failNext('work');
    await driver.run();
    await driver.advance(101);
    expect(driver.output(out)).toEqual([1]);
  });

  it('becomes a dead letter with record, error, component and attempts after maxAttempts', async () => {
    const { t, numbers, out } = pipeline({ maxAttempts: 3 });
    const driver = await testTopology(t, { guarantee, partitions: { numbers: 2 } });
    const error = new Error('poison');
    driver.failNext('work', { times: 100, when: (n) => n === 13, error });
    driver.feedTo(numbers, 1, 11, 12, 13, 14);
    await driver.advance(5_000);
    expect(driver.output(out)).toEqual([11, 12, 14]);
    expect(driver.deadLetters()).toEqual([
      {
        component: 'numbers',
        partition: 1,
        offset: 2,
        value: 13,
        attempts: 3,
        reason: 'failed',
        cause: { component: 'work', error },
      },
    ]);
    expect((await driver.positions(numbers)).get(1)).toBe(4);
  });

  it('a time-out that is never mended ends as a dead letter that says so and names the holder', async () => {
    const { t, numbers, out } = pipeline({ maxAttempts: 2, treeTimeoutMs: 1_000 });
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(out);
    driver.feed(numbers, 1);
    await driver.advance(3_000);
    const [letter] = driver.deadLetters();
    expect(letter).toMatchObject({ reason: 'timed-out', attempts: 2, cause: { component: 'out' } });
    expect((letter!.cause.error as MillraceError).code).toBe('MR_TREE_TIMEOUT');
    expect(driver.counters()).toMatchObject({ timedOut: 2, failed: 0, replayed: 1 });
  });

  it('is not passed over when its dead letter cannot be written: the run ends, the next one reads it again', async () => {
    const { t, numbers, out } = pipeline({ maxAttempts: 1 });
    const first = await testTopology(t, { guarantee });
    first.refuseDeadLetters(new MillraceError('MR_DEAD_LETTER_FAILED', 'no'));
    first.failNext('work', { when: (n) => n === 2 });
    first.feed(numbers, 1, 2, 3);
    await expect(first.run()).rejects.toMatchObject({ code: 'MR_DEAD_LETTER_FAILED' });
    first.refuseDeadLetters(null);
    const second = await first.crash();
    await second.run();
    expect(second.output(out)).toContain(2);
  });
});

describe('an undecodable record', () => {
  it.each(['at-least-once', 'at-most-once'] as const)('stops nobody, %s', async (which) => {
    const { t, numbers, out } = pipeline();
    const driver = await testTopology(t, { guarantee: which });
    driver.feed(numbers, 1);
    driver.feedUndecodable(numbers, Uint8Array.of(0xff, 0x00), new Error('bad byte'));
    driver.feed(numbers, 3);
    await driver.run();
    await driver.commit();
    expect(driver.output(out)).toEqual([1, 3]);
    expect((await driver.positions(numbers)).get(0)).toBe(3);
    expect(driver.counters().records).toBe(3);
  });

  it('goes to the dead letters with its raw bytes and the error of its decoder', async () => {
    const { t, numbers } = pipeline();
    const driver = await testTopology(t, { guarantee });
    driver.feedUndecodable(numbers, Uint8Array.of(0xff, 0x00), new Error('bad byte'));
    await driver.run();
    const [letter] = driver.deadLetters();
    expect(letter).toMatchObject({
      component: 'numbers',
      partition: 0,
      offset: 0,
      reason: 'undecodable',
      attempts: 1,
    });
    expect(letter?.raw).toEqual(Uint8Array.of(0xff, 0x00));
    expect(letter?.cause.component).toBe('numbers');
    const error = letter!.cause.error as MillraceError;
    expect(error.code).toBe('MR_RECORD_UNDECODABLE');
    expect(error.got).toContain('bad byte');
  });
});

describe('what is in flight', () => {
  it('is at most maxPending, waiting replays included', async () => {
    const { t, numbers, out } = pipeline({ maxPending: 50 });
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(out);
    driver.feed(numbers, ...Array.from({ length: 500 }, (_, n) => n));
    await driver.run();
    expect(driver.pending()).toBe(50);
    driver.failWrites(out);
    driver.holdWrites(out);
    await driver.run();
    expect(driver.pending()).toBe(50);
    expect(driver.counters().records).toBe(50);
    driver.releaseWrites(out);
    await driver.advance(1_000);
    expect(new Set(driver.output(out)).size).toBe(500);
  });

  it('one slow record holds the position back and nothing else', async () => {
    const { t, numbers, out } = pipeline();
    const driver = await testTopology(t, { guarantee });
    driver.delayNext('work', 5_000, { when: (n) => n === 0 });
    driver.feed(numbers, ...Array.from({ length: 2_000 }, (_, n) => n));
    await driver.advance(4_000);
    expect(driver.output(out)).toHaveLength(1_999);
    await driver.commit();
    expect((await driver.positions(numbers)).get(0)).toBeUndefined();
    await driver.advance(1_000);
    await driver.commit();
    expect((await driver.positions(numbers)).get(0)).toBe(2_000);
  });

  it('the defaults are those of LIMITS', async () => {
    const { t, numbers, out } = pipeline();
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(out);
    driver.feed(numbers, ...Array.from({ length: LIMITS.maxPending + 100 }, (_, n) => n));
    await driver.run();
    expect(driver.pending()).toBeLessThanOrEqual(LIMITS.maxPending);
  });
});
