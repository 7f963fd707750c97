// Owns: one ordered table: binary keys and values in the order of the keys, updates in batches, range scans, the table's
// part of the state hash. Not here: which tables there are (tables.ts), the bytes of a leaf (table-leaf.ts).
// Invariants: all keys of a leaf are below all keys of the next; no leaf but an only one is empty; `hash` is the sum over
// the entries; before a leaf changes or goes the observer is told.
//
// Leaves in one sorted array, the two upper levels of a B+-tree (Comer, "The ubiquitous B-tree", 1979): a million keys are
// some 10,000 leaves, which a search passes in 14 steps, and a split moves at most 80 KB of references.

import { PartHash, StateHash } from './state-hash.ts';
import { type TableEntry, TableLeaf } from './table-leaf.ts';
import type { TableUpdate } from './types.ts';

/** Told before a leaf changes or goes. */
export interface LeafObserver {
  beforeLeaf(table: OrderedTable, leaf: TableLeaf): void;
  /** What leaves that come into being now are marked with. */
  readonly snapshot: number;
}

export interface TableName {
  readonly app: string;
  readonly lane: number;
  readonly table: string;
}

/** Keys from `from` on (the first one if missing) and below `until` (to the end if missing). */
export interface KeyRange {
  readonly from?: Uint8Array;
  readonly until?: Uint8Array;
}

const ENTRY_PART = 5;

export class OrderedTable {
  readonly name: TableName;
  readonly hash = new StateHash();
  observer: LeafObserver | null = null;
  private leaves: TableLeaf[];
  private readonly part = new PartHash();
  private readonly nameHash: number;
  private entryCount = 0;
  private entryBytes = 0;

  /** `savedIn`: the number of the snapshot that runs now, or 0. */
  constructor(name: TableName, savedIn: number) {
    this.name = name;
    this.leaves = [new TableLeaf(savedIn)];
    const { part } = this;
    part.begin(ENTRY_PART);
    part.text(name.app);
    part.number(name.lane);
    part.text(name.table);
    part.finish();
    this.nameHash = part.low ^ part.high;
  }

  get size(): number {
    return this.entryCount;
  }

  /** Bytes of keys and values. */
  get bytes(): number {
    return this.entryBytes;
  }

  get firstLeaf(): TableLeaf {
    return this.leaves[0]!;
  }

  /** A copy of the value, or undefined. */
  get(key: Uint8Array): Uint8Array | undefined {
    const leaf = this.leaves[this.leafOf(key)]!;
    const at = leaf.lowerBound(key);
    if (at === leaf.count || leaf.compare(at, key) !== 0) return undefined;
    return leaf.bytes.slice(leaf.valueStart(at), leaf.starts[at + 1]!);
  }

  /** Entries in key order, a leaf's worth at a time. The table may not change before the last one is read. */
  *scan(range: KeyRange = {}): Generator<readonly TableEntry[]> {
    const { from, until } = range;
    let index = from === undefined ? 0 : this.leafOf(from);
    for (; index < this.leaves.length; index++) {
      const leaf = this.leaves[index]!;
      const start = from === undefined ? 0 : leaf.lowerBound(from);
      const end = until === undefined ? leaf.count : leaf.lowerBound(until);
      if (start < end) yield leaf.entries(start, end);
      if (end < leaf.count) return;
    }
  }

  /** Keys strictly ascend. A missing value deletes; deleting what is not there does nothing. */
  update(entries: TableUpdate['entries']): void {
    let index = 0;
    let isHint = false;
    for (const { key, value } of entries) {
      if (!isHint || !this.isBelowNext(index, key)) index = this.leafOf(key);
      isHint = true;
      const leaf = this.leaves[index]!;
      const at = leaf.lowerBound(key);
      const isThere = at < leaf.count && leaf.compare(at, key) === 0;
      if (!isThere && value === undefined) continue;
      this.observer?.beforeLeaf(this, leaf);
      if (isThere) this.forget(leaf, at);
      if (value === undefined) leaf.remove(at);
      else {
        if (isThere) leaf.setValue(at, value);
        else leaf.insert(at, key, value);
        this.remember(leaf, at);
      }
      if (leaf.isOverfull) this.split(index);
      else if (leaf.count === 0) this.dropLeaf(index);
      else continue;
      isHint = false;
    }
  }

  private leafOf(key: Uint8Array): number {
    const { leaves } = this;
    let low = 0;
    let high = leaves.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (leaves[middle]!.compare(0, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** True if `key`, which is not below leaf `index`, belongs into it. */
  private isBelowNext(index: number, key: Uint8Array): boolean {
    const next = this.leaves[index + 1];
    return next === undefined || next.compare(0, key) > 0;
  }

  private split(index: number): void {
    const leaf = this.leaves[index]!;
    const upper = new TableLeaf(this.observer?.snapshot ?? 0, 0);
    // Entries that come in order leave full leaves behind them.
    const isLast = index === this.leaves.length - 1;
    leaf.moveTo(upper, isLast ? leaf.count - 1 : leaf.middle());
    upper.next = leaf.next;
    leaf.next = upper;
    this.leaves.splice(index + 1, 0, upper);
  }

  private dropLeaf(index: number): void {
    if (this.leaves.length === 1) return;
    const [leaf] = this.leaves.splice(index, 1);
    if (index > 0) this.leaves[index - 1]!.next = leaf!.next;
  }

  private forget(leaf: TableLeaf, at: number): void {
    this.hashEntry(leaf, at);
    this.hash.remove(this.part);
    this.entryCount--;
    this.entryBytes -= leaf.starts[at + 1]! - leaf.starts[at]!;
  }

  private remember(leaf: TableLeaf, at: number): void {
    this.hashEntry(leaf, at);
    this.hash.add(this.part);
    this.entryCount++;
    this.entryBytes += leaf.starts[at + 1]! - leaf.starts[at]!;
  }

  private hashEntry(leaf: TableLeaf, at: number): void {
    const { part } = this;
    part.begin(this.nameHash);
    part.int(leaf.keyLengths[at]!);
    part.bytes(leaf.bytes, leaf.starts[at]!, leaf.starts[at + 1]!);
    part.finish();
  }
}
