// Owns: the set of states that were seen, numbered 0, 1, 2 … in the order of their discovery, each with the number of
// the state that it was reached from. Not here: the states themselves, and what follows from them.
// Invariant: a state is in the table once; a state's parent has a lower number.
//
// By fingerprint it costs 20 to 40 bytes a state: 12 for the fingerprint and the parent, the rest for the open-addressing index. The
// exact form keeps the full keys instead: it proves on small systems that the fingerprints lose nothing.

import type { StateWriter } from './state-hash.ts';

/** What `add` answers for a state that was known. */
export const KNOWN = -1;

/** The parent of an initial state. */
export const NO_PARENT = -1;

export interface StateTable {
  readonly size: number;
  /** The number of the state in `writer` (finished), or KNOWN if it was there already. */
  add(writer: StateWriter, parent: number): number;
  parentOf(state: number): number;
  /** Whether `writer` (finished) holds the state of this number. */
  is(state: number, writer: StateWriter): boolean;
}

const FIRST_CAPACITY = 1_024;

/** By 64-bit fingerprints, in typed arrays. */
export class FingerprintTable implements StateTable {
  size = 0;
  private lo = new Int32Array(FIRST_CAPACITY);
  private hi = new Int32Array(FIRST_CAPACITY);
  private parents = new Int32Array(FIRST_CAPACITY);
  /** State number + 1, 0 for an empty place. At most half full. */
  private index = new Int32Array(FIRST_CAPACITY * 2);

  add(writer: StateWriter, parent: number): number {
    const { lo, hi } = writer;
    const mask = this.index.length - 1;
    let place = lo & mask;
    for (;;) {
      const found = this.index[place]! - 1;
      if (found < 0) break;
      if (this.lo[found] === lo && this.hi[found] === hi) return KNOWN;
      place = (place + 1) & mask;
    }
    if (this.size === this.lo.length) {
      this.grow();
      return this.add(writer, parent);
    }
    this.lo[this.size] = lo;
    this.hi[this.size] = hi;
    this.parents[this.size] = parent;
    this.index[place] = this.size + 1;
    return this.size++;
  }

  parentOf(state: number): number {
    return this.parents[state]!;
  }

  is(state: number, writer: StateWriter): boolean {
    return this.lo[state] === writer.lo && this.hi[state] === writer.hi;
  }

  private grow(): void {
    this.lo = doubled(this.lo);
    this.hi = doubled(this.hi);
    this.parents = doubled(this.parents);
    const index = new Int32Array(this.index.length * 2);
    const mask = index.length - 1;
    for (let state = 0; state < this.size; state++) {
      let place = this.lo[state]! & mask;
      while (index[place] !== 0) place = (place + 1) & mask;
      index[place] = state + 1;
    }
    this.index = index;
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** By the full keys. For calibration and for small systems. */
export class ExactTable implements StateTable {
  private readonly numbers = new Map<string, number>();
  private readonly keys: string[] = [];
  private readonly parents: number[] = [];

  get size(): number {
    return this.keys.length;
  }

  add(writer: StateWriter, parent: number): number {
    const key = writer.exact();
    if (this.numbers.has(key)) return KNOWN;
    const number = this.keys.length;
    this.numbers.set(key, number);
    this.keys.push(key);
    this.parents.push(parent);
    return number;
  }

  parentOf(state: number): number {
    return this.parents[state]!;
  }

  is(state: number, writer: StateWriter): boolean {
    return this.keys[state] === writer.exact();
  }
}
