// Owns: reading jute's primitives out of bytes that nobody vouches for. Not here: records.
// Invariants: nothing outside of `[start, end)` is read; no input throws: bad input sets `failed`, which stays until
// `reset`, and from there on every read gives 0, false, '' or nothing. Nothing that was read refers to the input.
//
// Source: BinaryInputArchive of ZooKeeper 3.9 (see jute-writer.ts). Text that is not UTF-8 becomes U+FFFD, as in Java.

import { PROTOCOL_LIMITS } from './limits.ts';

/** Up to this many bytes a loop is faster than the decoder. */
const DECODE_BY_LOOP = 48;
const INT_BYTES = 4;
const LONG_BYTES = 8;
const TWO_32 = 4_294_967_296;
/** The limits of the high half of a safe integer. */
const HIGH_MAX = 0x1f_ffff;
const HIGH_MIN = -0x20_0000;

export class JuteReader {
  private bytes: Uint8Array;
  private view: DataView;
  private at: number;
  private end: number;
  private bad = false;
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(bytes: Uint8Array = new Uint8Array(0), start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.at = start;
    this.end = end;
  }

  /** Goes on with other bytes, as if new. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    this.at = start;
    this.end = end;
    this.bad = false;
  }

  get failed(): boolean {
    return this.bad;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** The input is not what was expected here. Returns 0, the value of every failed read. */
  fail(): 0 {
    this.bad = true;
    this.at = this.end;
    return 0;
  }

  int(): number {
    if (this.end - this.at < INT_BYTES) return this.fail();
    const value = this.view.getInt32(this.at);
    this.at += INT_BYTES;
    return value;
  }

  /** A long that must be a safe integer: a zxid or a time. */
  long(): number {
    if (this.end - this.at < LONG_BYTES) return this.fail();
    const high = this.view.getInt32(this.at);
    const low = this.view.getUint32(this.at + INT_BYTES);
    this.at += LONG_BYTES;
    if (high > HIGH_MAX || high < HIGH_MIN || (high === HIGH_MIN && low === 0)) return this.fail();
    return high * TWO_32 + low;
  }

  /** Any long: a session id of a real ZooKeeper has its highest bits set. */
  bigLong(): bigint {
    if (this.end - this.at < LONG_BYTES) return BigInt(this.fail());
    const { view, at } = this;
    this.at = at + LONG_BYTES;
    if (view.getInt32(at) === 0 && view.getInt32(at + INT_BYTES) === 0) return 0n;
    return view.getBigInt64(at);
  }

  bool(): boolean {
    if (this.at >= this.end) return this.fail() !== 0;
    return this.bytes[this.at++] !== 0;
  }

  /** A copy; null if the length is -1. */
  buffer(): Uint8Array | null {
    const length = this.length(PROTOCOL_LIMITS.replyBytes);
    if (length < 0) return null;
    const copy = new Uint8Array(length);
    copy.set(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return copy;
  }

  /** '' for null too: no record tells them apart. */
  string(): string {
    const length = this.length(PROTOCOL_LIMITS.replyBytes);
    if (length <= 0) return '';
    const start = this.at;
    this.at = start + length;
    if (length <= DECODE_BY_LOOP) {
      const text = this.ascii(start, this.at);
      if (text !== undefined) return text;
    }
    return this.decoder.decode(this.bytes.subarray(start, this.at));
  }

  /** Empty for null too. `least`: the bytes that the shortest element takes. */
  vector<T>(least: number, read: (reader: JuteReader) => T): T[] {
    const length = this.length(PROTOCOL_LIMITS.vectorLength, least);
    const items: T[] = [];
    for (let i = 0; i < length && !this.bad; i++) items.push(read(this));
    return items;
  }

  strings(): string[] {
    return this.vector(INT_BYTES, readString);
  }

  /** -1, or a number of things of `least` bytes each, no more than `limit` and no more than can follow. */
  private length(limit: number, least = 1): number {
    const value = this.int();
    if (this.bad || value === -1) return value;
    return value >= 0 && value <= limit && value * least <= this.end - this.at ? value : this.fail();
  }

  private ascii(start: number, end: number): string | undefined {
    const { bytes } = this;
    let text = '';
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte > 127) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

function readString(reader: JuteReader): string {
  return reader.string();
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
