// Owns: per partition, which admitted records are done, and the end of the contiguous done prefix: the position that at
// least once may store. Pure. Records are numbered in the order of their admission, because offsets may have gaps.
// Invariants: `position` never goes back; every record before `position` is done; the ring holds what was admitted
// from the first record that is not done, so its length is bounded by LIMITS of the caller (`span`).

import { assert } from '../base/assert.ts';

const FIRST_SIZE = 256;

export class AckedPrefix {
  /** Offset after the last record of the done prefix. */
  position: number;
  /** Number of the first record that is not done. */
  private base = 0;
  /** Number of the next record. */
  private next = 0;
  private mask = FIRST_SIZE - 1;
  private done = new Uint8Array(FIRST_SIZE);
  private nextOffsets = new Float64Array(FIRST_SIZE);

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
    const index = number & this.mask;
    this.done[index] = 0;
    this.nextOffsets[index] = nextOffset;
    return number;
  }

  /** Marks a record done. Returns whether `position` moved. */
  finish(number: number): boolean {
    assert(number >= this.base && number < this.next, 'a record is done once, after it was admitted');
    this.done[number & this.mask] = 1;
    if (number !== this.base) return false;
    const { done, mask } = this;
    let base = this.base;
    while (base !== this.next && done[base & mask] === 1) base++;
    this.position = this.nextOffsets[(base - 1) & mask]!;
    this.base = base;
    return true;
  }

  private grow(): void {
    const oldMask = this.mask;
    const size = (oldMask + 1) * 2;
    const done = new Uint8Array(size);
    const nextOffsets = new Float64Array(size);
    for (let number = this.base; number !== this.next; number++) {
      done[number & (size - 1)] = this.done[number & oldMask]!;
      nextOffsets[number & (size - 1)] = this.nextOffsets[number & oldMask]!;
    }
    this.done = done;
    this.nextOffsets = nextOffsets;
    this.mask = size - 1;
  }
}
