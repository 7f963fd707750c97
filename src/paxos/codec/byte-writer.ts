// Owns: writing numbers and bytes one after the other into a buffer that grows. Not here: what they mean.
// Invariants: a number that the format cannot hold, and a length over the limit, are our own mistakes (assertions), so
// that nothing is ever written that a reader would refuse. One value has one spelling: varints are as short as can be.
//
// Varints are LEB128 (DWARF 5, section 7.6) of integers from 0 to 2^53 - 1: seven bits a byte, low bits first, the top
// bit set in all bytes but the last. Fixed-width numbers are little-endian.

import { assert } from '../../base/assert.ts';

/** The longest varint: 8 × 7 bits hold 53. */
const VARINT_BYTES = 8;
const MIN_CAPACITY = 16;
/** Below this many bytes a loop is faster than a call of `TypedArray.set`. */
const COPY_BY_LOOP = 16;

export class ByteWriter {
  private buffer: Uint8Array;
  private view: DataView;
  private size = 0;
  private readonly limit: number;

  /** `capacity`: a guess of the bytes that will be needed. `limit`: more are refused by an assertion. */
  constructor(capacity: number, limit: number) {
    this.buffer = new Uint8Array(Math.max(MIN_CAPACITY, capacity));
    this.view = new DataView(this.buffer.buffer);
    this.limit = limit;
  }

  /** The number of bytes written. */
  get length(): number {
    return this.size;
  }

  /** What was written, as a view. Nothing may be appended afterwards; `setU16` and `setU32` still change it. */
  finish(): Uint8Array {
    assert(this.size <= this.limit, `at most ${this.limit} bytes are written, not ${this.size}`);
    return this.buffer.subarray(0, this.size);
  }

  u8(value: number): void {
    assert((value & 0xff) === value, `a byte is written, not ${value}`);
    this.reserve(1);
    this.buffer[this.size++] = value;
  }

  u16(value: number): void {
    assert((value & 0xffff) === value, `16 bits are written, not ${value}`);
    this.reserve(2);
    this.view.setUint16(this.size, value, true);
    this.size += 2;
  }

  u32(value: number): void {
    this.reserve(4);
    this.size += 4;
    this.setU32(this.size - 4, value);
  }

  /** Overwrites four bytes that were written before. */
  setU32(at: number, value: number): void {
    assert(value >>> 0 === value, `32 bits are written, not ${value}`);
    assert(at + 4 <= this.size, 'only what was written is overwritten');
    this.view.setUint32(at, value, true);
  }

  /** Overwrites two bytes that were written before. */
  setU16(at: number, value: number): void {
    assert((value & 0xffff) === value, `16 bits are written, not ${value}`);
    assert(at + 2 <= this.size, 'only what was written is overwritten');
    this.view.setUint16(at, value, true);
  }

  flag(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  /** An integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.reserve(VARINT_BYTES);
    if ((value & 127) === value) {
      this.buffer[this.size++] = value;
      return;
    }
    assert(
      Number.isSafeInteger(value) && value >= 0,
      `an integer from 0 to 2^53 - 1 is written, not ${value}`,
    );
    const { buffer } = this;
    let at = this.size;
    let rest = value;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) buffer[at++] = (rest & 127) | 128;
    buffer[at++] = rest;
    this.size = at;
  }

  /** An integer from -2^52 to 2^52 - 1, small ones of either sign in one byte ("zigzag"). */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** An integer from -1 to 2^53 - 2, where -1 stands for "none". */
  indexOrNone(value: number): void {
    this.varint(value + 1);
  }

  raw(data: Uint8Array): void {
    const { length } = data;
    this.reserve(length);
    const { buffer, size } = this;
    if (length < COPY_BY_LOOP) for (let i = 0; i < length; i++) buffer[size + i] = data[i]!;
    else buffer.set(data, size);
    this.size = size + length;
  }

  /** Makes room for `bytes` more. */
  private reserve(bytes: number): void {
    const needed = this.size + bytes;
    if (needed > this.buffer.length) this.grow(needed);
  }

  private grow(needed: number): void {
    // A varint asks for its longest form; what it does not use is no reason to refuse it. `finish` looks at the sum.
    assert(needed <= this.limit + VARINT_BYTES, `at most ${this.limit} bytes are written, not ${needed}`);
    const larger = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
    larger.set(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }
}
