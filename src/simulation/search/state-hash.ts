// Owns: how a state is written down as numbers, and the fingerprint of what was written. Not here: which numbers describe
// a state (the system under search), where fingerprints are kept (state-table.ts).
// Invariant: equal sequences of numbers give equal fingerprints and equal exact keys; different sequences give different
// exact keys always, and different fingerprints except with the odds stated in `collisionOdds`.
//
// The fingerprint has 64 bits: two lanes of MurmurHash3's 32-bit mix with different seeds and multipliers, each fed with
// every number and with the count of them. Two lanes of 32 bits are used because 64-bit integers would be BigInts.

/** Collects one state after the other. Used for one state at a time. */
export class StateWriter {
  /** The fingerprint after `finish`. */
  lo = 0;
  hi = 0;
  private numbers = new Int32Array(256);
  private length = 0;

  begin(): void {
    this.length = 0;
  }

  /** A 32-bit integer. */
  int(value: number): void {
    if (this.length === this.numbers.length) this.grow();
    this.numbers[this.length++] = value;
  }

  /** A text, with its length in front, so that neighbouring texts cannot be mistaken for others. */
  text(value: string): void {
    this.int(value.length);
    for (let at = 0; at < value.length; at++) this.int(value.charCodeAt(at));
  }

  /** Computes `lo` and `hi`. */
  finish(): void {
    const { numbers, length } = this;
    let lo = 0x2f0b_4c47;
    let hi = 0x6a09_e667;
    for (let at = 0; at < length; at++) {
      const value = numbers[at]!;
      lo = mix(lo, value, 0xcc9e_2d51, 0x1b87_3593);
      hi = mix(hi, value, 0x85eb_ca6b, 0xc2b2_ae35);
    }
    this.lo = avalanche(lo ^ length);
    this.hi = avalanche(hi ^ Math.imul(length, 0x9e37_79b1));
  }

  /** All that was written, as one string. */
  exact(): string {
    return this.numbers.subarray(0, this.length).join(',');
  }

  private grow(): void {
    const larger = new Int32Array(this.numbers.length * 2);
    larger.set(this.numbers);
    this.numbers = larger;
  }
}

function mix(hash: number, value: number, first: number, second: number): number {
  let k = Math.imul(value, first);
  k = (k << 15) | (k >>> 17);
  const mixed = hash ^ Math.imul(k, second);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe654_6b64) | 0;
}

function avalanche(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}

/** The birthday bound: the odds that any two of `states` different states share a fingerprint of 64 bits. */
export function collisionOdds(states: number): number {
  return (states * (states - 1)) / 2 ** 65;
}
