// Owns: what may be stored when: the position before the emit under at most once, the acked prefix under at least once.

import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { generator, type Out, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

function pipeline(options = {}) {
  const executed: number[] = [];
  const t = topology('positions', options);
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const work = t.bolt('work', numbers, {
    state: { seen: 0 },
    execute(n, out: Out<number>, { state }) {
      executed.push(n);
      state.seen.update('all', (count) => count + 1);
      out.emit(n);
    },
  });
  const out = t.sink('out', work, () => {});
  return { t, numbers, work, out, executed };
}

describe('at most once', () => {
  const guarantee = 'at-most-once';

  it('emits nothing before the position behind it is durable', async () => {
    const { t, numbers, out, executed } = pipeline();
    const driver = await testTopology(t, { guarantee });
    driver.holdCommits();
    driver.feed(numbers, 1, 2, 3);
    await driver.advance(5_000);
    expect(executed).toEqual([]);
    expect((await driver.positions(numbers)).size).toBe(0);
    driver.releaseCommits();
    await driver.run();
    expect(driver.output(out)).toEqual([1, 2, 3]);
    expect((await driver.positions(numbers)).get(0)).toBe(3);
  });

  it('loses what was in flight at a crash and repeats nothing', async () => {
    const { t, numbers, out } = pipeline();
    const first = await testTopology(t, { guarantee });
    first.holdWrites(out);
    first.feed(numbers, 1, 2, 3);
    await first.run();
    const second = await first.crash();
    second.releaseWrites(out);
    second.feed(numbers, 4);
    await second.run();
    expect(second.output(out)).toEqual([4]);
  });

  it('a commit that was durable although nobody heard of it loses records and repeats none', async () => {
    for (const keptCommits of [0, 1]) {
      const { t, numbers, out } = pipeline();
      const first = await testTopology(t, { guarantee });
      first.holdCommits();
      first.feed(numbers, 1, 2);
      await first.run();
      const second = await first.crash({ keptCommits });
      await second.run();
      expect(second.output(out)).toEqual(keptCommits === 0 ? [1, 2] : []);
    }
  });

  it('goes on after a full disk when there is space again, in order and without gaps', async () => {
    const { t, numbers, out } = pipeline({ commitIntervalMs: 100 });
    const driver = await testTopology(t, { guarantee });
    driver.refuseCommits(new MillraceError('MR_DISK_FULL', 'full'));
    driver.feed(numbers, 1, 2);
    await driver.advance(1_000);
    expect(driver.output(out)).toEqual([]);
    driver.refuseCommits(null);
    await driver.advance(200);
    expect(driver.output(out)).toEqual([1, 2]);
  });

  it('counts and drops what fails, tracks nothing', async () => {
    const { t, numbers, out } = pipeline();
    const driver = await testTopology(t, { guarantee });
    driver.failNext('work', { when: (n) => n === 2 });
    driver.feed(numbers, 1, 2, 3);
    await driver.advance(60_000);
    expect(driver.output(out)).toEqual([1, 3]);
    expect(driver.counters()).toMatchObject({
      records: 3,
      failed: 1,
      replayed: 0,
      timedOut: 0,
      deadLettered: 0,
    });
  });

  it('stores state on the timer, never ahead of what positions have passed', async () => {
    const { t, numbers, work } = pipeline({ commitIntervalMs: 1_000 });
    const first = await testTopology(t, { guarantee });
    first.feed(numbers, 1, 2, 3);
    await first.advance(1_000);
    first.feed(numbers, 4, 5);
    await first.run();
    const second = await first.crash();
    expect((await second.state(work, 'seen')).get('all')).toBe(3);
    second.feed(numbers, 6);
    await second.run();
    expect((await second.state(work, 'seen')).get('all')).toBe(4);
  });
});

describe('at least once', () => {
  const guarantee = 'at-least-once';

  it('stores the end of the contiguous acked prefix, not more', async () => {
    const { t, numbers } = pipeline({ commitIntervalMs: 100 });
    const driver = await testTopology(t, { guarantee });
    driver.delayNext('work', 1_000, { when: (n) => n === 12 });
    driver.feed(numbers, 10, 11, 12, 13, 14);
    await driver.advance(500);
    expect((await driver.positions(numbers)).get(0)).toBe(2);
    await driver.advance(1_000);
    expect((await driver.positions(numbers)).get(0)).toBe(5);
  });

  it('a sink acks only what its other side has acknowledged', async () => {
    const { t, numbers, out } = pipeline({ commitIntervalMs: 100 });
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(out);
    driver.feed(numbers, 1);
    await driver.advance(1_000);
    expect(driver.counters().acked).toBe(0);
    expect((await driver.positions(numbers)).size).toBe(0);
    driver.releaseWrites(out);
    await driver.advance(100);
    expect((await driver.positions(numbers)).get(0)).toBe(1);
  });

  it('reads again after a crash what was not stored; state may count it again', async () => {
    const { t, numbers, work, out } = pipeline();
    const first = await testTopology(t, { guarantee });
    first.feed(numbers, 1, 2);
    await first.run();
    await first.commit();
    first.feed(numbers, 3);
    await first.run();
    const second = await first.crash();
    await second.run();
    expect(second.output(out)).toEqual([1, 2, 3, 3]);
    expect((await second.state(work, 'seen')).get('all')).toBe(3);
  });

  it('stores state and positions in one step', async () => {
    const { t, numbers, work } = pipeline({ commitIntervalMs: 100 });
    for (const keptCommits of [0, 1]) {
      const first = await testTopology(t, { guarantee });
      first.holdCommits();
      first.feed(numbers, 1, 2);
      await first.advance(150);
      const second = await first.crash({ keptCommits });
      expect((await second.positions(numbers)).get(0) ?? 0).toBe(keptCommits * 2);
      expect((await second.state(work, 'seen')).get('all') ?? 0).toBe(keptCommits * 2);
    }
  });

  it('one commit at a time, on the timer', async () => {
    const { t, numbers } = pipeline({ commitIntervalMs: 100 });
    const driver = await testTopology(t, { guarantee });
    driver.holdCommits();
    for (let n = 0; n < 5; n++) {
      driver.feed(numbers, n);
      await driver.advance(150);
    }
    // Only the first commit is open; what came later waits for its answer.
    const crashed = await driver.crash({ keptCommits: 100 });
    expect((await crashed.positions(numbers)).get(0)).toBe(1);
  });

  it('an error of the store that does not pass ends the run', async () => {
    const { t, numbers } = pipeline({ commitIntervalMs: 100 });
    const driver = await testTopology(t, { guarantee });
    driver.refuseCommits(new MillraceError('MR_IO', 'fsync failed'));
    driver.feed(numbers, 1);
    await expect(driver.advance(200)).rejects.toMatchObject({ code: 'MR_IO' });
  });

  it('exactly once is refused by this version', async () => {
    const { t } = pipeline();
    await expect(testTopology(t, { guarantee: 'exactly-once' })).rejects.toMatchObject({
      code: 'MR_GUARANTEE_UNSUPPORTED',
    });
  });
});
