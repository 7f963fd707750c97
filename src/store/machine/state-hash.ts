// Owns: the hash of the machine's state: a 64-bit hash of each part (a node, a session, a lane, a table's entry) and
// their sum. Not here: what a part consists of (the owners of the parts).
// Invariants: the sum does not depend on the order in which parts were added, so equal states have equal hashes whatever
// their history; each part's bytes name the part, so that two parts cannot be exchanged unseen.
//
// A part is hashed by two 32-bit chains of MurmurHash3's mixing step (Austin Appleby) with different constants. It finds
// mistakes and damage, not a forger: whoever can write to the log can write whatever he likes anyway.

const TWO_32 = 4_294_967_296;

/** The hash of one part. Used again and again: `begin`, then what the part consists of, then `finish`. */
export class PartHash {
  /** The two halves, after `finish`. */
  low = 0;
  high = 0;
  private words = 0;

  begin(kind: number): void {
    this.low = kind | 0;
    this.high = ~kind;
    this.words = 0;
  }

  int(word: number): void {
    const low = this.low ^ rotate15(Math.imul(word, 0xcc9e2d51) | 0);
    const high = this.high ^ rotate15(Math.imul(word, 0x239b961b) | 0);
    this.low = (Math.imul((low << 13) | (low >>> 19), 5) + 0xe6546b64) | 0;
    this.high = (Math.imul((high << 17) | (high >>> 15), 9) + 0x38495ab5) | 0;
    this.words++;
  }

  /** An integer, safe or not. */
  number(value: number): void {
    this.int((value % TWO_32) | 0);
    this.int(Math.floor(value / TWO_32) | 0);
  }

  bytes(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.int(end - start);
    let at = start;
    for (; at + 4 <= end; at += 4) {
      this.int(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    }
    if (at === end) return;
    let word = 0;
    for (let shift = 0; at < end; at++, shift += 8) word |= bytes[at]! << shift;
    this.int(word);
  }

  text(text: string): void {
    this.int(text.length);
    for (let at = 0; at < text.length; at++) this.int(text.charCodeAt(at));
  }

  finish(): void {
    this.low = avalanche(this.low ^ this.words);
    this.high = avalanche(this.high ^ this.low ^ this.words);
  }
}

/** The sum over all parts. */
export class StateHash {
  low = 0;
  high = 0;

  add(part: { readonly low: number; readonly high: number }): void {
    this.low = (this.low + part.low) | 0;
    this.high = (this.high + part.high) | 0;
  }

  remove(part: { readonly low: number; readonly high: number }): void {
    this.low = (this.low - part.low) | 0;
    this.high = (this.high - part.high) | 0;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex(this.high) + hex(this.low);
  }
}

function rotate15(word: number): number {
  return Math.imul((word << 15) | (word >>> 17), 0x1b873593);
}

/** MurmurHash3's finalizer: each bit of the input moves each bit of the output. */
export function avalanche(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
