// What the tests of the checkpoint journal share: opening one on a fake disk, deltas, and a plain model of a checkpoint.

import fc from 'fast-check';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Checkpoint, CheckpointDelta } from '../../src/store/checkpoint.ts';
import { type CheckpointJournal, openCheckpointJournal } from '../../src/store/checkpoint-journal.ts';
import type { FakeDisk } from './fake-disk.ts';

export const FOLDER = '/data/apps/app/lane-0';
export const JOURNAL_0 = `${FOLDER}/journal-0000000000000000.ckpt`;

export interface OpenOptions {
  readonly compactionMinBytes?: number;
  readonly logger?: Logger;
}

export function openOn(disk: FakeDisk, options: OpenOptions = {}): Promise<CheckpointJournal> {
  const lock = async () => ({ release: async () => {} });
  return openCheckpointJournal({ folder: FOLDER, fs: disk, logger: silentLogger(), lock, ...options });
}

/** One position and one key, both telling the number `n`. */
export function numbered(n: number): CheckpointDelta {
  return {
    positions: new Map([['lines', new Map([[0, n]])]]),
    state: [{ component: 'count', task: 0, state: 'totals', keys: [`s${n % 3}`], values: [String(n)] }],
  };
}

/** A checkpoint as plain data: everything but the sequence. */
export type Model = Record<string, string | number>;

export function modelOf({ positions, parallelism, meta, state }: Checkpoint): Model {
  const model: Model = {};
  for (const [component, partitions] of positions) {
    for (const [partition, offset] of partitions) model[`position/${component}/${partition}`] = offset;
  }
  for (const [component, tasks] of parallelism) model[`parallelism/${component}`] = tasks;
  for (const [name, value] of meta) model[`meta/${name}`] = value;
  for (const { component, task, state: name, keys, values } of state) {
    keys.forEach((key, index) => {
      model[`state/${component}/${name}/${task}/${key}`] = values[index] as string;
    });
  }
  return model;
}

/** The model after one more delta, written anew from the words of CheckpointDelta. */
export function applied(model: Model, delta: CheckpointDelta): Model {
  const next = { ...model };
  for (const { component, state } of delta.drop ?? []) {
    const prefix = state === null ? `state/${component}/` : `state/${component}/${state}/`;
    for (const name of Object.keys(next)) if (name.startsWith(prefix)) delete next[name];
    if (state === null) delete next[`parallelism/${component}`];
  }
  for (const [component, partitions] of delta.positions ?? []) {
    for (const [partition, offset] of partitions) next[`position/${component}/${partition}`] = offset;
  }
  for (const [component, tasks] of delta.parallelism ?? []) next[`parallelism/${component}`] = tasks;
  for (const [name, value] of delta.meta ?? []) {
    if (value === null) delete next[`meta/${name}`];
    else next[`meta/${name}`] = value;
  }
  for (const { component, task, state, keys, values } of delta.state ?? []) {
    keys.forEach((key, index) => {
      const name = `state/${component}/${state}/${task}/${key}`;
      const value = values[index] ?? null;
      if (value === null) delete next[name];
      else next[name] = value;
    });
  }
  return next;
}

const component = fc.constantFrom('count', 'join');
const stateName = fc.constantFrom('a', 'b');
const text = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('', 'ä', '𝄞', 'x'.repeat(300)));

const entries = fc.uniqueArray(fc.tuple(fc.constantFrom('k1', 'k2', 'k3', 'kß'), fc.option(text)), {
  selector: ([key]) => key,
  maxLength: 4,
});

const table = fc
  .record({ component, state: stateName, task: fc.nat({ max: 1 }), entries })
  .map(({ entries: pairs, ...address }) => ({
    ...address,
    keys: pairs.map(([key]) => key),
    values: pairs.map(([, value]) => value),
  }));

function mapOf<K, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>): fc.Arbitrary<Map<K, V>> {
  return fc.array(fc.tuple(key, value), { maxLength: 3 }).map((pairs) => new Map(pairs));
}

/** Few names, so that they meet. */
export const delta: fc.Arbitrary<CheckpointDelta> = fc.record(
  {
    positions: mapOf(component, mapOf(fc.nat({ max: 2 }), fc.maxSafeNat())),
    drop: fc.array(fc.record({ component, state: fc.option(stateName) }), { maxLength: 1 }),
    parallelism: mapOf(component, fc.nat({ max: 1_024 })),
    state: fc.array(table, { maxLength: 3 }),
    meta: mapOf(fc.constantFrom('m', 'n'), fc.option(text)),
  },
  { requiredKeys: [] },
);
