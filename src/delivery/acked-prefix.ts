// Owns: per partition, which admitted records are done, and the end of the contiguous done prefix: the position that at
// least once may store. Pure. Records are numbered in the order of their admission, because offsets may have gaps.
// Invariants: `position` never goes back; every record before `position` is done; the ring holds what was admitted
// from the first record that is not done, so its length is bounded by LIMITS of the caller (`span`).

import { assert } from '../base/assert.ts';

const FIRST_SIZE = 256;
/** Offsets are not negative: DONE minus an offset is. */
const DONE = -1;

export class AckedPrefix {
  /** Offset after the last record of the done prefix. */
  position: number;
  /** Number of the first record that is not done. */
  private base = 0;
  /** Number of the next record. */
  private next = 0;
  private mask = FIRST_SIZE - 1;
  /** By number: the offset to go on from once the record is done; DONE minus that after it was. */
  private ring = new Float64Array(FIRST_SIZE);

  constructor(position: number) {
    this.position = position;
  }

  /** Records admitted since the first that is not done. */
  get span(): number {
    return this.next - this.base;
  }

  /** Admits a record; `nextOffset` is the offset to go on from once it is done. Returns its number. */
  admit(nextOffset: number): number {
    if (this.next - this.base > this.mask) this.grow();
    const number = this.next++;
    this.ring[number & this.mask] = nextOffset;
    return number;
  }

  /** Marks a record done. Returns whether `position` moved. */
  finish(number: number): boolean {
    assert(number >= this.base && number < this.next, 'a record is done after it was admitted');
    const { ring, mask, next } = this;
    const nextOffset = ring[number & mask]!;
    assert(nextOffset >= 0, 'a record is done once');
    if (number !== this.base) {
      ring[number & mask] = DONE - nextOffset;
      return false;
    }
    let position = nextOffset;
    let base = number + 1;
    for (; base !== next && ring[base & mask]! < 0; base++) position = DONE - ring[base & mask]!;
    this.position = position;
    this.base = base;
    return true;
  }

  private grow(): void {
    const oldMask = this.mask;
    const size = (oldMask + 1) * 2;
    const ring = new Float64Array(size);
    for (let number = this.base; number !== this.next; number++) {
      ring[number & (size - 1)] = this.ring[number & oldMask]!;
    }
    this.ring = ring;
    this.mask = size - 1;
  }
}
