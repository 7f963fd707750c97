// Owns: copies of entries that were durable on a disk and that it cannot give back: those from a damaged record on, or
// all of a lost disk. Who counts the copies of a decided entry counts these too: they were there when they were
// acknowledged, and the fault budget took them. Not here: when they are no excuse any more (disk.ts, after the repair).

import type { Entry } from '../paxos/entry.ts';
import { sameEntry } from './decided-log.ts';

export class LostCopies {
  private readonly entries = new Map<number, Entry>();

  /** The entries of indexes `from …` are gone. What was lost before at the same index had been replaced since. */
  add(from: number, entries: readonly Entry[]): void {
    for (const [offset, entry] of entries.entries()) this.entries.set(from + offset, entry);
  }

  /** All that `other` has. */
  addAll(other: LostCopies): void {
    for (const [index, entry] of other.entries) this.entries.set(index, entry);
  }

  /** True if this entry, and not another one, was lost at `index`. */
  has(index: number, entry: Entry): boolean {
    const lost = this.entries.get(index);
    return lost !== undefined && sameEntry(lost, entry);
  }

  get size(): number {
    return this.entries.size;
  }

  /** The disk is whole again: it answers for all that it acknowledged. */
  clear(): void {
    this.entries.clear();
  }
}
