// Owns: one leaf of an ordered table: some entries next to each other in key order, in one buffer.
// Not here: finding the leaf of a key, splitting policy (ordered-table.ts).
// Invariants: keys strictly ascend (unsigned bytes, a prefix before what it is a prefix of); entry i is the key
// `[starts[i], starts[i] + keyLengths[i])` and behind it the value up to `starts[i + 1]`; entries leave no gaps.

/** Entries of a full leaf. */
export const LEAF_ENTRIES = 128;
/** A leaf of more bytes is split, if it has two entries. */
export const LEAF_BYTES = 16_384;

export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export class TableLeaf {
  bytes: Uint8Array;
  readonly starts = new Int32Array(LEAF_ENTRIES + 2);
  readonly keyLengths = new Int32Array(LEAF_ENTRIES + 1);
  count = 0;
  /** The following leaf. A leaf that was taken out of its table keeps it, so that whoever stands on it can go on. */
  next: TableLeaf | null = null;
  /** The number of the last snapshot that has this leaf's entries. */
  savedIn: number;

  constructor(savedIn: number, capacity = 256) {
    this.bytes = new Uint8Array(capacity);
    this.savedIn = savedIn;
  }

  /** Bytes of all entries. */
  get used(): number {
    return this.starts[this.count]!;
  }

  get isOverfull(): boolean {
    return this.count > LEAF_ENTRIES || (this.used > LEAF_BYTES && this.count > 1);
  }

  /** The position of the first entry whose key is not below `key`. */
  lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(middle, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Negative if the key of entry `at` is below `key`, 0 if it is the same. */
  compare(at: number, key: Uint8Array): number {
    const { bytes } = this;
    const start = this.starts[at]!;
    const length = this.keyLengths[at]!;
    const shared = Math.min(length, key.length);
    for (let i = 0; i < shared; i++) {
      const difference = bytes[start + i]! - key[i]!;
      if (difference !== 0) return difference;
    }
    return length - key.length;
  }

  /** Where the value of entry `at` starts. */
  valueStart(at: number): number {
    return this.starts[at]! + this.keyLengths[at]!;
  }

  insert(at: number, key: Uint8Array, value: Uint8Array): void {
    const size = key.length + value.length;
    const start = this.starts[at]!;
    const { used } = this;
    this.shift(at, size, used);
    this.starts.copyWithin(at + 1, at, this.count + 1);
    this.keyLengths.copyWithin(at + 1, at, this.count);
    for (let i = at + 1; i <= this.count + 1; i++) this.starts[i]! += size;
    this.keyLengths[at] = key.length;
    this.count++;
    this.bytes.set(key, start);
    this.bytes.set(value, start + key.length);
  }

  setValue(at: number, value: Uint8Array): void {
    const start = this.valueStart(at);
    const growth = value.length - (this.starts[at + 1]! - start);
    if (growth !== 0) {
      this.shift(at + 1, growth, this.used);
      for (let i = at + 1; i <= this.count; i++) this.starts[i]! += growth;
    }
    this.bytes.set(value, start);
  }

  remove(at: number): void {
    const size = this.starts[at + 1]! - this.starts[at]!;
    this.shift(at + 1, -size, this.used);
    this.starts.copyWithin(at, at + 1, this.count + 1);
    this.keyLengths.copyWithin(at, at + 1, this.count);
    this.count--;
    for (let i = at; i <= this.count; i++) this.starts[i]! -= size;
  }

  /** Moves the entries from `at` on to `other`, which is empty. */
  moveTo(other: TableLeaf, at: number): void {
    const start = this.starts[at]!;
    const moved = this.bytes.subarray(start, this.used);
    other.bytes = new Uint8Array(Math.max(256, moved.length * 2));
    other.bytes.set(moved);
    other.count = this.count - at;
    for (let i = 0; i <= other.count; i++) other.starts[i] = this.starts[at + i]! - start;
    other.keyLengths.set(this.keyLengths.subarray(at, this.count));
    this.count = at;
  }

  /** Where to split so that both halves have entries and about as many bytes. */
  middle(): number {
    const half = this.used / 2;
    let at = 1;
    while (at < this.count - 1 && this.starts[at]! < half) at++;
    return at;
  }

  /** Entries `[from, to)`, as views of one copy. */
  entries(from: number, to: number): TableEntry[] {
    const base = this.starts[from]!;
    const copy = this.bytes.slice(base, this.starts[to]!);
    const entries: TableEntry[] = [];
    for (let at = from; at < to; at++) {
      const start = this.starts[at]! - base;
      const value = start + this.keyLengths[at]!;
      entries.push({
        key: copy.subarray(start, value),
        value: copy.subarray(value, this.starts[at + 1]! - base),
      });
    }
    return entries;
  }

  /** Moves the bytes from entry `at` on by `distance`, into a larger buffer if need be. */
  private shift(at: number, distance: number, used: number): void {
    const start = this.starts[at]!;
    if (used + distance > this.bytes.length) {
      const larger = new Uint8Array((used + distance) * 2);
      larger.set(this.bytes.subarray(0, start));
      larger.set(this.bytes.subarray(start, used), start + distance);
      this.bytes = larger;
    } else this.bytes.copyWithin(start + distance, start, used);
  }
}
