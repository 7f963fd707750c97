// Owns: tick tuples: their period, what they may emit, and that they are owed once after a pause.

import { expect, it } from 'vitest';
import { generator, type Out, type Tuple, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';
import { ManualClock, WALL_START_MS } from '../../src/testing/manual-clock.ts';
import { build } from '../../src/topology/validate.ts';
import { openTestLane } from './bare-lane.ts';

const guarantee = 'at-least-once';

it('come every tickEveryMs to every task, without any input', async () => {
  const ticks: string[] = [];
  const t = topology('ticks');
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  t.bolt('clocked', numbers, {
    parallelism: 2,
    tickEveryMs: 1_000,
    execute() {},
    tick(_out, { task, now }) {
      ticks.push(`${task}@${now() % 1_000_000}`);
    },
  });
  const driver = await testTopology(t, { guarantee });
  await driver.advance(3_500);
  expect(ticks.sort()).toEqual(['0@801000', '0@802000', '0@803000', '1@801000', '1@802000', '1@803000']);
});

it('emit unanchored, or anchored to the tuples that the bolt holds: a window', async () => {
  const t = topology('window');
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const window = t.bolt('window', numbers, {
    ack: 'manual',
    tickEveryMs: 1_000,
    create() {
      let held: { n: number; tuple: Tuple }[] = [];
      return {
        execute(n: number, _out: Out<number>, { tuple }) {
          held.push({ n, tuple });
        },
        tick(out: Out<number>) {
          if (held.length === 0) return;
          const sum = held.reduce((total, { n }) => total + n, 0);
          const tuples = held.map(({ tuple }) => tuple);
          held = [];
          out.emit(sum, tuples);
          for (const tuple of tuples) tuple.ack();
        },
      };
    },
  });
  const out = t.sink('out', window, () => {});
  const driver = await testTopology(t, { guarantee });
  driver.feed(numbers, 1, 2, 3);
  await driver.advance(999);
  expect(driver.output(out)).toEqual([]);
  driver.failNext(out, { when: (sum) => sum === 6 });
  await driver.advance(1);
  expect(driver.counters()).toMatchObject({ failed: 3, acked: 0 });
  await driver.advance(2_000);
  expect(driver.output(out)).toEqual([6]);
  expect(driver.counters()).toMatchObject({ acked: 3, timedOut: 0 });
});

it('an error in a tick follows the error policy', async () => {
  for (const [onError, expected] of [
    ['fail', { failed: 1, dropped: 0 }],
    ['drop', { failed: 0, dropped: 1 }],
  ] as const) {
    const t = topology('bad-tick');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt('clocked', numbers, {
      onError,
      tickEveryMs: 1_000,
      execute() {},
      tick() {
        throw new Error('no');
      },
    });
    const driver = await testTopology(t, { guarantee });
    await driver.advance(1_000);
    expect(driver.counters()).toMatchObject(expected);
  }
  const t = topology('stop-tick');
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  t.bolt('clocked', numbers, {
    onError: 'stop',
    tickEveryMs: 1_000,
    execute() {},
    async tick() {
      await Promise.resolve();
      throw new Error('no');
    },
  });
  const driver = await testTopology(t, { guarantee });
  await expect(driver.advance(1_000)).rejects.toMatchObject({ code: 'MR_BOLT_FAILED' });
});

it('a lane that was kept from its turns for many periods owes one tick, not all of them', async () => {
  const t = topology('pause');
  const ticks: number[] = [];
  const numbers = t.spout<number>('numbers', { next: () => false });
  t.bolt('clocked', numbers, {
    tickEveryMs: 10,
    execute() {},
    tick(_out, { now }) {
      ticks.push(now() - WALL_START_MS);
    },
  });
  const plan = build(t);
  const clock = new ManualClock();
  const lane = await openTestLane(plan, clock);
  clock.moveTo(1_000);
  lane.turn();
  clock.moveTo(1_009);
  lane.turn();
  clock.moveTo(1_010);
  lane.turn();
  expect(ticks).toEqual([1_000, 1_010]);
});
