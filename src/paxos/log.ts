// Owns: a replica's log in memory: the entries from `offset` on; those before are in a snapshot.
// Invariants: 0 <= offset <= length; sizes are cumulative, so the bytes between two indexes cost two reads.

import { assert } from '../base/assert.ts';
import type { Entry } from './entry.ts';

const NOTHING: readonly Entry[] = [];

export class Log {
  offset: number;
  private readonly entries: Entry[];
  /** ends[i]: bytes of data of all entries up to and including `entries[i]`, counted from where this object began. */
  private readonly ends: number[] = [];
  /** The same for the last entry that was trimmed. */
  private base = 0;
  /** The last slice: a batch is asked for by each follower and by the disk. */
  private sliceFrom = 0;
  private sliced: readonly Entry[] = NOTHING;

  constructor(offset: number, entries: readonly Entry[]) {
    this.offset = offset;
    this.entries = [];
    this.append(entries, 0);
  }

  get length(): number {
    return this.offset + this.entries.length;
  }

  /** Undefined if `index` is in the snapshot or behind the end. */
  at(index: number): Entry | undefined {
    return this.entries[index - this.offset];
  }

  /** Appends `entries[skip …]`. Keeps the array itself, if it appends all of it. */
  append(entries: readonly Entry[], skip: number): void {
    if (skip === 0) {
      this.sliceFrom = this.length;
      this.sliced = entries;
    }
    let end = this.bytesBefore(this.length);
    for (let i = skip; i < entries.length; i++) {
      const entry = entries[i]!;
      end += entry.data.length;
      this.entries.push(entry);
      this.ends.push(end);
    }
  }

  /** Forgets the entries from `length` on. */
  cut(length: number): void {
    assert(length >= this.offset && length <= this.length, 'a log is cut behind its offset');
    this.sliced = NOTHING;
    this.entries.length = length - this.offset;
    this.ends.length = length - this.offset;
  }

  /** Forgets the entries before `index`, which are in a snapshot. */
  trim(index: number): void {
    assert(index >= this.offset && index <= this.length, 'a log is trimmed inside');
    this.base = this.bytesBefore(index);
    this.entries.splice(0, index - this.offset);
    this.ends.splice(0, index - this.offset);
    this.offset = index;
  }

  /** Starts again behind a snapshot of `index` entries, empty. */
  restart(index: number): void {
    this.entries.length = 0;
    this.ends.length = 0;
    this.base = 0;
    this.sliced = NOTHING;
    this.offset = index;
  }

  slice(from: number, to: number): readonly Entry[] {
    if (from === to) return NOTHING;
    assert(from >= this.offset && from < to && to <= this.length, 'a slice lies inside the log');
    if (from !== this.sliceFrom || to - from !== this.sliced.length) {
      this.sliceFrom = from;
      this.sliced = this.entries.slice(from - this.offset, to - this.offset);
    }
    return this.sliced;
  }

  /** Bytes of data of the entries `from … to - 1`. */
  bytes(from: number, to: number): number {
    return this.bytesBefore(to) - this.bytesBefore(from);
  }

  /** How far a message that starts at `from` may reach: at most `maxEntries` and `maxBytes`, but always one entry. */
  reach(from: number, maxEntries: number, maxBytes: number): number {
    let to = Math.min(this.length, from + maxEntries);
    if (to <= from) return from;
    const limit = this.bytesBefore(from) + maxBytes;
    if (this.bytesBefore(to) <= limit) return to;
    let fits = from + 1;
    while (to - fits > 1) {
      const middle = (fits + to) >>> 1;
      if (this.bytesBefore(middle) <= limit) fits = middle;
      else to = middle;
    }
    return fits;
  }

  private bytesBefore(index: number): number {
    return index === this.offset ? this.base : this.ends[index - this.offset - 1]!;
  }
}
