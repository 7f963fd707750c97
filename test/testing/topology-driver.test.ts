// Owns: tests of the testing kit itself: a test that cannot be trusted is worse than none.

import { describe, expect, expectTypeOf, it } from 'vitest';
import { generator, type Out, topology } from '../../src/index.ts';
import { type TopologyDriver, testTopology } from '../../src/testing/index.ts';

const GUARANTEES = ['at-most-once', 'at-least-once'] as const;

function wordCount() {
  const t = topology('word-count');
  const lines = t.spout(
    'lines',
    generator((offset) => `line ${offset}`),
  );
  const words = t.bolt('split', lines.shuffle(), (line, out: Out<string>) => {
    for (const word of line.split(/\W+/)) if (word) out.emit(word.toLowerCase());
  });
  const counts = t.bolt(
    'count',
    words.by((word) => word),
    {
      parallelism: 4,
      state: { counts: 0 },
      execute(word, out: Out<{ word: string; count: number }>, { state }) {
        out.emit({ word, count: state.counts.update(word, (n) => n + 1) });
      },
    },
  );
  const totals = t.sink('totals', counts, () => {
    throw new Error('the real sink is never called');
  });
  return { t, lines, counts, totals };
}

describe.each(GUARANTEES)('the driver, %s', (guarantee) => {
  it('feeds, runs and shows what came out', async () => {
    const { t, lines, counts, totals } = wordCount();
    const driver = await testTopology(t, { guarantee });
    driver.feed(lines, 'a b', 'b');
    expect(driver.output(totals)).toEqual([]);
    await driver.run();
    expect(driver.output(totals)).toHaveLength(3);
    expect(driver.output(totals)).toContainEqual({ word: 'b', count: 2 });
    expect(await driver.state(counts, 'counts')).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    expect(driver.counters()).toMatchObject({ records: 2, tuples: 8, acked: 2, failed: 0 });
    expect(driver.pending()).toBe(0);
    await driver.close();
  });

  it('gives the same order for the same seed', async () => {
    const orderWith = async (seed: number) => {
      const { t, totals } = wordCount();
      const driver = await testTopology(t, { guarantee, seed, partitions: { lines: 3 } });
      for (let index = 0; index < 60; index++) driver.feedTo('lines', index % 3, `w${index} x${index} y`);
      driver.failNext('count', { times: 5, when: (word) => word !== 'y' });
      await driver.advance(1_000);
      return driver.output(totals).map(({ word, count }) => `${word}${count}`);
    };
    expect(await orderWith(7)).toEqual(await orderWith(7));
  });

  it('keeps topics, outputs, positions and state over a crash', async () => {
    const { t, lines, counts, totals } = wordCount();
    let driver: TopologyDriver = await testTopology(t, { guarantee });
    driver.feed(lines, 'a', 'b');
    await driver.run();
    await driver.commit();
    driver = await driver.crash();
    expect(driver.counters().records).toBe(0);
    driver.feed(lines, 'a');
    await driver.run();
    expect(driver.output(totals).map(({ word, count }) => `${word}${count}`)).toEqual(['a1', 'b1', 'a2']);
    expect((await driver.state(counts, 'counts')).get('a')).toBe(2);
    expect((await driver.state(counts, 'counts', 'committed')).get('a')).toBe(1);
    expect([...(await driver.positions(lines)).keys()]).toEqual([0]);
  });

  it('holds, releases and fails writes', async () => {
    const { t, lines, totals } = wordCount();
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(totals);
    driver.feed(lines, 'a');
    await driver.run();
    expect(driver.output(totals)).toEqual([]);
    expect(driver.waiting(totals)).toEqual([1]);
    expect(driver.blockedBy()).toEqual({
      component: 'totals',
      why: '1 writes that were not acknowledged',
    });
    driver.releaseWrites(totals);
    await driver.run();
    expect(driver.output(totals)).toHaveLength(1);
    expect(driver.waiting(totals)).toEqual([0]);

    driver.holdWrites(totals);
    driver.feed(lines, 'b');
    await driver.run();
    driver.failWrites(totals);
    await driver.run();
    expect(driver.counters().failed).toBe(1);
  });

  it('delays an execution until the clock gets there', async () => {
    const { t, lines, totals } = wordCount();
    const driver = await testTopology(t, { guarantee });
    driver.delayNext('split', 500, { when: (line) => line === 'slow' });
    driver.feed(lines, 'slow', 'fast');
    await driver.advance(499);
    expect(driver.output(totals).map(({ word }) => word)).toEqual(['fast']);
    await driver.advance(1);
    expect(driver.output(totals).map(({ word }) => word)).toEqual(['fast', 'slow']);
    expect(driver.now()).toBe(500);
  });

  it('nothing of a crashed process goes on', async () => {
    const { t, lines, totals } = wordCount();
    const first = await testTopology(t, { guarantee });
    first.delayNext('split', 500);
    first.holdWrites(totals);
    first.feed(lines, 'slow', 'held');
    await first.run();
    const second = await first.crash();
    await second.advance(400);
    const before = second.output(totals).length;
    second.releaseWrites(totals);
    await second.advance(200);
    // Under at most once both are lost; under at least once both are read again, and written once by the second process.
    const words = second.output(totals).map(({ word }) => word);
    expect(before).toBe(0);
    expect(new Set(words).size).toBe(words.length);
    await expect(first.run()).rejects.toThrow('at its end');
  });
});

describe('the driver', () => {
  it('is typed by the handles of the builder', async () => {
    const { t, lines, counts, totals } = wordCount();
    const driver = await testTopology(t, { guarantee: 'at-least-once' });
    // @ts-expect-error the spout carries strings
    driver.feed(lines, 1);
    expectTypeOf(driver.output(totals)).toEqualTypeOf<readonly { word: string; count: number }[]>();
    expectTypeOf((await driver.state(counts, 'counts')).get('a')).toEqualTypeOf<number | undefined>();
    // @ts-expect-error there is no such state
    expect((await driver.state(counts, 'nothing')).size).toBe(0);
  });

  it('names what there is when a test names something else', async () => {
    const { t } = wordCount();
    const driver = await testTopology(t, { guarantee: 'at-least-once' });
    expect(() => driver.feed('line', 'a')).toThrow("no spout to feed 'line' (there is: lines)");
    expect(() => driver.output('counts')).toThrow("no sink 'counts' (there is: totals)");
    expect(() => driver.failNext('lines')).toThrow(
      "no bolt or sink 'lines' (there is: split, count, totals)",
    );
    expect(() => driver.feedTo('lines', 3, 'a')).toThrow('has no partition 3');
    await expect(testTopology(t, { guarantee: 'at-least-once', partitions: { line: 2 } })).rejects.toThrow(
      "no spout to feed 'line'",
    );
  });

  it('runs classic spouts by their own code, bounded per moment, or feeds them', async () => {
    const t = topology('classic');
    let next = 0;
    const numbers = t.spout<number>('numbers', {
      next(out) {
        out.emit(next, next);
        next++;
        return true;
      },
    });
    const seen = t.sink('seen', numbers, () => {});
    const own = await testTopology(t, { guarantee: 'at-least-once' });
    await own.run();
    expect(own.output(seen)).toHaveLength(1_000);
    expect(() => own.feed(numbers, 1)).toThrow('name it in `replace`');
    await own.advance(10);
    expect(own.output(seen)).toHaveLength(2_000);
    const fed = await testTopology(t, { guarantee: 'at-least-once', replace: ['numbers'] });
    fed.feed(numbers, 42);
    await fed.run();
    expect(fed.output(seen)).toEqual([42]);
  });

  it('takes settings as the command line does', async () => {
    const { t } = wordCount();
    const driver = await testTopology(t, { guarantee: 'at-least-once', set: { 'count.parallelism': '2' } });
    expect(driver.waiting('count')).toEqual([0, 0]);
    await expect(testTopology(t, { guarantee: 'at-least-once', set: { nope: '1' } })).rejects.toMatchObject({
      code: 'MR_SETTING_UNKNOWN',
    });
  });

  it('waits in real time for real I/O', async () => {
    const t = topology('io');
    const keys = t.spout(
      'keys',
      generator((n) => n),
    );
    const looked = t.map('look', keys, async (key) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return key * 10;
    });
    const out = t.sink('out', looked, () => {});
    const driver = await testTopology(t, { guarantee: 'at-least-once' });
    driver.feed(keys, 1, 2);
    await driver.until(() => driver.pending() === 0);
    expect([...driver.output(out)].sort()).toEqual([10, 20]);
    await expect(driver.until(() => false, 5)).rejects.toThrow('did not hold within 5 ms');
  });

  it('chooses what a crash leaves of commits that nobody heard of', async () => {
    const { t, lines } = wordCount();
    for (const keptCommits of [0, 1]) {
      const first = await testTopology(t, { guarantee: 'at-least-once' });
      first.holdCommits();
      first.feed(lines, 'a');
      await first.run();
      await first.commit();
      const second = await first.crash({ keptCommits });
      expect((await second.positions(lines)).get(0)).toBe(keptCommits === 0 ? undefined : 1);
      await second.run();
      expect(second.counters().records).toBe(1 - keptCommits);
    }
  });
});
