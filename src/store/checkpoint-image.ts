// Owns: the content of a checkpoint in memory and how a delta changes it. Pure. Every store of checkpoints keeps one.
// Invariant: applying deltas is idempotent in order: applying d1..dn to an image that already holds some effects of
// d1..dn gives the same image as applying them to the image before d1. Snapshots that are written while commits go on
// rely on it (checkpoint-journal.ts).

import { assert } from '../base/assert.ts';
import type { Checkpoint, CheckpointDelta, TableEntries } from './checkpoint.ts';

interface Table {
  readonly component: string;
  readonly task: number;
  readonly state: string;
  readonly entries: Map<string, string>;
}

/** Entries in one piece of `Checkpoint.state`. */
const PIECE_ENTRIES = 4_096;

export class CheckpointImage {
  sequence = 0;
  readonly positions = new Map<string, Map<number, number>>();
  readonly parallelism = new Map<string, number>();
  readonly meta = new Map<string, string>();
  private readonly tables = new Map<string, Table>();

  /** Changes a few things at a time: each turn of the iterator does about one piece of work. */
  *apply(delta: CheckpointDelta): Generator<undefined, void> {
    for (const [component, partitions] of delta.positions ?? []) {
      for (const [partition, offset] of partitions) this.setPosition(component, partition, offset);
    }
    for (const [name, value] of delta.meta ?? []) this.setMeta(name, value);
    for (const { component, state } of delta.drop ?? []) this.dropState(component, state);
    for (const [component, tasks] of delta.parallelism ?? []) this.parallelism.set(component, tasks);
    for (const { component, task, state, keys, values } of delta.state ?? []) {
      const table = this.table(component, task, state);
      for (let index = 0; index < keys.length; index++) {
        setEntry(table, keys[index] as string, values[index] ?? null);
        if (index % PIECE_ENTRIES === PIECE_ENTRIES - 1) yield;
      }
    }
  }

  setPosition(component: string, partition: number, offset: number): void {
    const partitions = this.positions.get(component);
    if (partitions === undefined) this.positions.set(component, new Map([[partition, offset]]));
    else partitions.set(partition, offset);
  }

  setMeta(name: string, value: string | null): void {
    if (value === null) this.meta.delete(name);
    else this.meta.set(name, value);
  }

  dropState(component: string, state: string | null): void {
    for (const [id, table] of this.tables) {
      if (table.component === component && (state === null || table.state === state)) this.tables.delete(id);
    }
    if (state === null) this.parallelism.delete(component);
  }

  /** The entries of a table, made if missing. Encoded key to encoded value. */
  table(component: string, task: number, state: string): Map<string, string> {
    const id = JSON.stringify([component, state, task]);
    const known = this.tables.get(id);
    if (known !== undefined) return known.entries;
    const entries = new Map<string, string>();
    this.tables.set(id, { component, task, state, entries });
    return entries;
  }

  allTables(): IterableIterator<Table> {
    return this.tables.values();
  }

  /** The image as its readers see it. `state` throws if a commit comes between its pieces. */
  view(): Checkpoint {
    const { sequence, positions, parallelism, meta } = this;
    return {
      sequence,
      positions: new Map(
        Array.from(positions, ([component, partitions]) => [component, new Map(partitions)]),
      ),
      parallelism: new Map(parallelism),
      meta: new Map(meta),
      state: { [Symbol.iterator]: () => this.pieces(sequence) },
    };
  }

  private *pieces(sequence: number): IterableIterator<TableEntries> {
    for (const { component, task, state, entries } of this.tables.values()) {
      let keys: string[] = [];
      let values: string[] = [];
      for (const [key, value] of entries) {
        keys.push(key);
        values.push(value);
        if (keys.length < PIECE_ENTRIES) continue;
        yield { component, task, state, keys, values };
        assert(this.sequence === sequence, 'the state of a checkpoint is used up before the next commit');
        keys = [];
        values = [];
      }
      if (keys.length > 0) yield { component, task, state, keys, values };
      assert(this.sequence === sequence, 'the state of a checkpoint is used up before the next commit');
    }
  }
}

export function setEntry(table: Map<string, string>, key: string, value: string | null): void {
  if (value === null) table.delete(key);
  else table.set(key, value);
}
