// Owns: calls of `execute` that outlive their tuple: after executeTimeoutMs, or after a synchronous return. And the default
// concurrency of bolts with state.

import { describe, expect, it } from 'vitest';
import { generator, type Out, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

const guarantee = 'at-least-once';
const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
const counting = () => generator((n) => n);

describe('a call that is abandoned', () => {
  it('keeps its place until its promise settles, so that calls never exceed `concurrency`', async () => {
    const t = topology('hanging', { maxAttempts: 1, stallLimitMs: 5_000 });
    const numbers = t.spout('numbers', counting());
    const ends: (() => void)[] = [];
    t.bolt('work', numbers, {
      concurrency: 2,
      executeTimeoutMs: 10,
      execute: () => new Promise<void>((resolve) => ends.push(resolve)),
    });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0, 1, 2, 3);
    await driver.advance(1_000);
    expect(ends).toHaveLength(2);
    expect(driver.counters()).toMatchObject({ failed: 2, deadLettered: 2 });
    expect(driver.blockedBy()).toEqual({
      component: 'work',
      why: '2 calls of execute that have not ended (2 of them abandoned after 10 ms, executeTimeoutMs)',
    });
    ends[0]!();
    await driver.run();
    expect(ends).toHaveLength(3);
    await expect(driver.advance(6_000)).rejects.toMatchObject({ code: 'MR_STALLED' });
  });

  it('does not keep a run from its end once nothing waits for it', async () => {
    const t = topology('ended', { maxAttempts: 1 });
    const numbers = t.spout('numbers', counting());
    t.bolt('work', numbers, { executeTimeoutMs: 10, execute: () => new Promise<void>(() => {}) });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0);
    await driver.advance(100);
    expect(driver.blockedBy()).toBeNull();
    expect(await driver.drain()).toBe(true);
  });

  it.each([
    ['drop', { acked: 2, dropped: 2, failed: 0, timedOut: 0 }],
    ['fail', { acked: 0, dropped: 0, failed: 2, timedOut: 0 }],
  ] as const)('with manual acks ends its tuple by policy %s and holds nothing', async (onError, counters) => {
    const t = topology('manual', { maxAttempts: 1 });
    const numbers = t.spout('numbers', counting());
    t.bolt('work', numbers, {
      ack: 'manual',
      onError,
      executeTimeoutMs: 10,
      execute: () => new Promise<void>(() => {}),
    });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0, 1);
    await driver.advance(500);
    expect(driver.counters()).toMatchObject(counters);
    expect(driver.pending()).toBe(0);
    expect(driver.blockedBy()).toBeNull();
  });
});

describe('an emit after a synchronous return', () => {
  it.each(['auto', 'manual'] as const)(
    'is refused also while a later call of the same task is open (%s)',
    async (ack) => {
      const t = topology('late');
      const numbers = t.spout('numbers', counting());
      let late = () => {};
      let end = () => {};
      const work = t.bolt('work', numbers, {
        ack,
        execute(n: number, out: Out<string>): void | Promise<void> {
          if (n === 0) late = () => out.emit('of the first record');
          else
            return new Promise<void>((resolve) => {
              end = resolve;
            });
        },
      });
      const sink = t.sink('sink', work, () => {});
      const driver = await testTopology(t, { guarantee });
      driver.feed(numbers, 0, 1);
      await driver.run();
      expect(late).toThrow(expect.objectContaining({ code: 'MR_EMIT_AFTER_ACK' }));
      end();
      await expect(driver.run()).rejects.toMatchObject({ code: 'MR_EMIT_AFTER_ACK' });
      expect(driver.output(sink)).toEqual([]);
    },
  );
});

describe('an asynchronous bolt with state', () => {
  const counted = (options: { concurrency?: number }) => {
    const t = topology('counted');
    const numbers = t.spout('numbers', counting());
    const order: number[] = [];
    const count = t.bolt('count', numbers, {
      ...options,
      state: { sum: 0 },
      async execute(n: number, _out, { state }) {
        const before = state.sum.get('all');
        await (n === 0 ? pause().then(pause) : pause());
        order.push(n);
        state.sum.set('all', before + 1);
      },
    });
    return { t, numbers, count, order };
  };

  it('runs one call at a time unless told otherwise: no update is lost, no tuple overtakes', async () => {
    const { t, numbers, count, order } = counted({});
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0, 1, 2, 3, 4);
    await driver.until(() => order.length === 5);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect((await driver.state(count, 'sum')).get('all')).toBe(5);
  });

  it('with an explicit concurrency has that', async () => {
    const { t, numbers, order } = counted({ concurrency: 5 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0, 1, 2, 3, 4);
    await driver.until(() => order.length === 5);
    expect(order.at(-1)).toBe(0);
  });
});
