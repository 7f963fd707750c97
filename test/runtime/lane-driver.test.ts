// Owns: when a real lane has its turns and how a run of it ends, on the real event loop.

import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import {
  build,
  generator,
  type Out,
  type Topology,
  type TopologyOptions,
  topology,
} from '../../src/index.ts';
import { LaneDriver } from '../../src/runtime/lane-driver.ts';
import { MemoryCheckpointStore } from '../../src/store/memory-checkpoint-store.ts';
import { type BareOptions, openTestLane } from './bare-lane.ts';

const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

async function drive(t: Topology, options: BareOptions = {}) {
  const plan = build(t);
  const lane = await openTestLane(plan, clock, { untilEnd: true, ...options });
  let turns = 0;
  const turn = lane.turn.bind(lane);
  lane.turn = () => {
    turns++;
    return turn();
  };
  const driver = new LaneDriver(lane, clock, plan.options);
  return { lane, driver, turns: () => turns };
}

function counting(
  count: number,
  target: (n: number) => unknown,
  options: TopologyOptions<Record<string, never>> = {},
) {
  const t = topology('driven', options);
  const numbers = t.spout(
    'numbers',
    generator((n) => n, { count }),
  );
  const work = t.bolt('work', numbers, {
    state: { seen: 0 },
    execute(n, out: Out<number>, { state }) {
      state.seen.update('all', (seen) => seen + 1);
      out.emit(n);
    },
  });
  t.sink('out', work, target);
  return t as unknown as Topology;
}

describe.each(['at-least-once', 'at-most-once'] as const)('a driven lane, %s', (guarantee) => {
  it('completes when all that was in the sources is done, with everything stored', async () => {
    const seen: number[] = [];
    const checkpoints = new MemoryCheckpointStore();
    const { driver } = await drive(
      counting(1_000, (n) => seen.push(n)),
      { guarantee, checkpoints },
    );
    driver.start();
    expect(await driver.end).toEqual({ status: 'completed', error: null });
    expect(seen).toHaveLength(1_000);
    const { positions, state } = await checkpoints.load();
    expect(positions.get('numbers')?.get(0)).toBe(1_000);
    expect([...state].map(({ values }) => values)).toEqual([['1000']]);
  });

  it('does not spin while it has nothing to do', async () => {
    const { driver, turns, lane } = await drive(
      counting(1, () => new Promise((resolve) => setTimeout(resolve, 120))),
      { guarantee },
    );
    driver.start();
    await driver.end;
    expect(lane.assembled.counters.tuples).toBe(2);
    expect(turns()).toBeLessThan(30);
  });

  it('ends with MR_STALLED and the name of the component that does not answer', async () => {
    const { driver } = await drive(
      counting(5, () => new Promise(() => {}), { stallLimitMs: 50 }),
      { guarantee },
    );
    driver.start();
    const end = await driver.end;
    expect(end.status).toBe('stalled');
    expect(end.error).toMatchObject({ code: 'MR_STALLED' });
    expect(end.error?.message).toContain("stalled at component 'out'");
  });

  it('a disk that stays full ends the run with MR_STALLED and is not hammered', async () => {
    let commits = 0;
    const checkpoints = new MemoryCheckpointStore();
    checkpoints.commit = async () => {
      commits++;
      throw new MillraceError('MR_DISK_FULL', 'full');
    };
    const t = counting(5, () => {}, { stallLimitMs: 100, commitIntervalMs: 20 });
    const { driver, turns } = await drive(t, { guarantee, checkpoints });
    driver.start();
    const end = await driver.end;
    expect(end).toMatchObject({ status: 'stalled', error: { code: 'MR_STALLED' } });
    expect(end.error?.message).toContain('the store took no positions');
    expect(commits).toBeLessThan(20);
    expect(turns()).toBeLessThan(60);
  });

  it('stop ends at once, without waiting for what is in flight', async () => {
    const { driver } = await drive(
      counting(5, () => new Promise(() => {})),
      { guarantee },
    );
    driver.start();
    setTimeout(() => driver.stop(), 10);
    expect(await driver.end).toEqual({ status: 'stopped', error: null });
  });
});

it('a drain takes no more records, finishes what is in flight and stores it', async () => {
  const checkpoints = new MemoryCheckpointStore();
  const waiting: (() => void)[] = [];
  const t = topology('drained', { maxPending: 10 });
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  t.sink('out', numbers, () => new Promise<void>((resolve) => waiting.push(resolve)), {
    batch: 1,
    inFlight: 10,
  });
  const { driver, lane } = await drive(t as unknown as Topology, { untilEnd: false, checkpoints });
  driver.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(waiting).toHaveLength(10);
  driver.drain();
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const resolve of waiting.splice(0)) resolve();
  expect(await driver.end).toEqual({ status: 'drained', error: null });
  expect(waiting).toEqual([]);
  expect(lane.assembled.delivery.counters.records).toBe(10);
  expect((await checkpoints.load()).positions.get('numbers')?.get(0)).toBe(10);
});

it('a drain that takes too long ends with MR_STALLED and says who holds it up', async () => {
  const { driver } = await drive(counting(5, () => new Promise(() => {}), { drainLimitMs: 40 }));
  driver.start();
  driver.drain();
  driver.drain();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const end = await driver.end;
  // The spout was never asked: nothing was in flight, so the drain had nothing to wait for.
  expect(end.status).toBe('drained');

  const second = await drive(counting(5, () => new Promise(() => {}), { drainLimitMs: 40 }));
  second.driver.start();
  await new Promise((resolve) => setTimeout(resolve, 10));
  second.driver.drain();
  expect(await second.driver.end).toMatchObject({
    status: 'stalled',
    error: {
      code: 'MR_STALLED',
      message: expect.stringContaining("at component 'out': draining took longer"),
    },
  });
});
