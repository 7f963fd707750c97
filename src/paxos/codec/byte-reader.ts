// Owns: reading numbers and bytes one after the other, out of bytes that nobody vouches for. Not here: what they mean.
// Invariants: nothing outside of `[start, end)` is read; bad input throws nothing: it sets `failed`, which stays, and
// from there on every read returns 0, false or no bytes. Whoever decodes looks at `failed` once, at the end, and in
// loops. Only the spelling that ByteWriter uses is accepted, so what was decoded encodes to the same bytes again.

const VARINT_BYTES = 8;

export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private at: number;
  private bad = false;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get failed(): boolean {
    return this.bad;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** True if everything was understood and nothing is left over. */
  get complete(): boolean {
    return !this.bad && this.at === this.end;
  }

  /** The input is not what was expected here. Returns 0, the value of every failed read. */
  fail(): 0 {
    this.bad = true;
    this.at = this.end;
    return 0;
  }

  u8(): number {
    return this.at < this.end ? this.bytes[this.at++]! : this.fail();
  }

  /** 0 or 1. */
  flag(): boolean {
    const value = this.u8();
    if (value > 1) this.fail();
    return value === 1;
  }

  u32(): number {
    if (this.end - this.at < 4) return this.fail();
    const { bytes, at } = this;
    this.at = at + 4;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  /** An integer from 0 to 2^53 - 1. */
  varint(): number {
    if (this.at < this.end) {
      const first = this.bytes[this.at]!;
      if (first < 128) {
        this.at++;
        return first;
      }
    }
    return this.longVarint();
  }

  /** An integer from 1 to 2^53 - 1. */
  positive(): number {
    return this.varint() || this.fail();
  }

  /** An integer from -2^52 to 2^52 - 1. */
  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -((value - 1) / 2) - 1;
  }

  /** An integer from -1 to 2^53 - 2. */
  indexOrNone(): number {
    return this.varint() - 1;
  }

  /** A number of things of which each takes a byte or more: no more than `limit`, and no more than can follow. */
  count(limit: number): number {
    const value = this.varint();
    return value <= limit && value <= this.remaining ? value : this.fail();
  }

  /** A view of the next `length` bytes: they are not copied. */
  raw(length: number): Uint8Array {
    const { bytes, at } = this;
    if (length > this.end - at) {
      this.fail();
      return new Uint8Array(0);
    }
    this.at = at + length;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
  }

  private longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES && this.at < this.end; i++) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) {
        const isShortest = byte !== 0 || i === 0;
        return isShortest && value <= Number.MAX_SAFE_INTEGER ? value : this.fail();
      }
      scale *= 128;
    }
    return this.fail();
  }
}
