// All state of a lane: what a task gets, what a checkpoint gets, and state that does not fit the topology.

import { describe, expect, it } from 'vitest';
import { LaneState } from '../../src/state/lane-state.ts';
import type { CheckpointDelta } from '../../src/store/checkpoint.ts';
import { MemoryCheckpointStore } from '../../src/store/memory-checkpoint-store.ts';
import { keyed } from '../../src/topology/state-types.ts';

const SETS = keyed(new Set<string>(), {
  codec: {
    name: 'set',
    encode: (set) => JSON.stringify([...set]),
    decode: (text) => new Set(JSON.parse(text)),
  },
});
const COUNT = { name: 'count', parallelism: 2, state: { totals: 0, seen: SETS } };
const SPLIT = { name: 'split', parallelism: 3, state: {} };

/** A store with what one run of COUNT left. */
async function leftBehind(): Promise<MemoryCheckpointStore> {
  const lane = new LaneState([SPLIT, COUNT]);
  lane.views('count', 0)['totals']?.set('a', 1);
  lane.views('count', 1)['totals']?.set('b', 2);
  lane.views('count', 1)['seen']?.set('b', new Set(['x']));
  const store = new MemoryCheckpointStore();
  await store.commit(lane.collect() satisfies CheckpointDelta);
  return store;
}

describe('LaneState', () => {
  it('gives each task a state of its own', async () => {
    const lane = new LaneState([SPLIT, COUNT]);
    lane.views('count', 0)['totals']?.set('a', 1);
    expect(lane.views('count', 1)['totals']?.has('a')).toBe(false);
    expect(lane.views('count', 0)['totals']?.get('a')).toBe(1);
    expect(lane.views('split', 0)).toEqual({});
    expect(lane.changes).toBe(1);
  });

  it('takes an initial value that looks like nothing special as it is', () => {
    const lane = new LaneState([{ name: 'x', parallelism: 1, state: { s: { kind: 'keyed' }, n: null } }]);
    expect(lane.views('x', 0)['s']?.get('k')).toEqual({ kind: 'keyed' });
    expect(lane.views('x', 0)['n']?.get('k')).toBeNull();
  });

  it('comes back from a store, over all tasks', async () => {
    const store = await leftBehind();
    const lane = new LaneState([SPLIT, COUNT]);
    lane.restore(await store.load());
    expect([...lane.entries('count', 'totals')]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect([...lane.entries('count', 'seen')]).toEqual([['b', new Set(['x'])]]);
    expect([...lane.entries('count', 'nothing')]).toEqual([]);
    expect(lane.changes).toBe(0);
  });

  it('tells the parallelism once, in the first delta', () => {
    const lane = new LaneState([SPLIT, COUNT]);
    expect(lane.collect()).toEqual({ drop: [], parallelism: new Map([['count', 2]]), state: [] });
    expect(lane.collect()).toEqual({ drop: [], parallelism: new Map(), state: [] });
  });

  it('refuses another parallelism, and says what to do', async () => {
    const saved = await (await leftBehind()).load();
    const lane = new LaneState([{ ...COUNT, parallelism: 4 }]);
    expect(() => lane.restore(saved)).toThrow(
      expect.objectContaining({
        code: 'MR_STATE_PARALLELISM',
        expected: 'count: 2 tasks',
        got: 'count: 4 tasks',
        next: expect.stringMatching(/--set count\.parallelism=2.*new data folder.*--drop-state count/),
      }),
    );
  });

  it('refuses state of a component or a state that is gone, all together', async () => {
    const saved = await (await leftBehind()).load();
    expect(() => new LaneState([SPLIT]).restore(saved)).toThrow(
      expect.objectContaining({
        code: 'MR_STATE_UNKNOWN_COMPONENT',
        got: 'count.totals\ncount.seen',
        next: expect.stringContaining('--drop-state count,'),
      }),
    );
    expect(() => new LaneState([{ ...COUNT, state: { totals: 0 } }]).restore(saved)).toThrow(
      expect.objectContaining({ code: 'MR_STATE_UNKNOWN_COMPONENT', got: 'count.seen' }),
    );
  });

  it('drops a whole component, after which another parallelism is fine', async () => {
    const store = await leftBehind();
    const lane = new LaneState([{ ...COUNT, parallelism: 4 }]);
    lane.restore(await store.load(), ['count', 'never-there']);
    expect([...lane.entries('count', 'totals')]).toEqual([]);
    lane.views('count', 3)['totals']?.set('c', 3);
    await store.commit(lane.collect());
    const again = new LaneState([{ ...COUNT, parallelism: 4 }]);
    again.restore(await store.load());
    expect([...again.entries('count', 'totals')]).toEqual([['c', 3]]);
  });

  it('drops a single state and keeps the others', async () => {
    const store = await leftBehind();
    const lane = new LaneState([{ ...COUNT, state: { totals: 0 } }]);
    lane.restore(await store.load(), ['count.seen']);
    await store.commit(lane.collect());
    const again = new LaneState([COUNT]);
    again.restore(await store.load());
    expect([...again.entries('count', 'totals')]).toHaveLength(2);
    expect([...again.entries('count', 'seen')]).toEqual([]);
  });
});
