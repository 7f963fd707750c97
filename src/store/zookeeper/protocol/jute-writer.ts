// Owns: writing jute's primitives, big-endian, and frames around them, one after the other into one buffer, so that
// many frames leave with one write to the socket. Not here: records.
// Invariants: bytes that `take` handed out are never written again; numbers that the field cannot hold are our own
// mistakes (assertions). Whoever writes looks at the length of a frame before it closes it.
//
// Source: BinaryOutputArchive of ZooKeeper 3.9. int 4 bytes, long 8, boolean 1, buffer and string a length (int, -1 for
// null) and the bytes (UTF-8), vector a length and its elements. Every frame has its length (int) in front.

import { assert } from '../../../base/assert.ts';

const SLAB_BYTES = 32_768;
/** Up to this many characters a loop is faster than the encoder. */
const ENCODE_BY_LOOP = 64;
/** The most bytes of UTF-8 that one UTF-16 unit can need. */
const UTF8_PER_UNIT = 3;
const INT_BYTES = 4;
const LONG_BYTES = 8;
const TWO_32 = 4_294_967_296;

export class JuteWriter {
  private bytes: Uint8Array;
  private view: DataView;
  /** What lies before was taken. */
  private start = 0;
  private at = 0;
  private readonly slabBytes: number;
  private readonly encoder = new TextEncoder();

  constructor(slabBytes = SLAB_BYTES) {
    this.slabBytes = slabBytes;
    this.bytes = new Uint8Array(slabBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Bytes written and not yet taken. */
  get length(): number {
    return this.at - this.start;
  }

  /** All that was written since the last time, as a view that stays valid. The writer goes on behind it. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(this.start, this.at);
    this.start = this.at;
    return taken;
  }

  /** Forgets what was written after `length` was this. */
  truncate(length: number): void {
    assert(length >= 0 && length <= this.length, `only what was written is forgotten, not back to ${length}`);
    this.at = this.start + length;
  }

  /** Begins a frame; give the answer to `closeFrame`, or to `truncate` to undo it. */
  openFrame(): number {
    const mark = this.length;
    this.int(0);
    return mark;
  }

  /** Ends a frame. Returns its bytes without the length in front. */
  closeFrame(mark: number): number {
    const size = this.length - mark - INT_BYTES;
    this.view.setInt32(this.start + mark, size);
    return size;
  }

  int(value: number): void {
    assert((value | 0) === value, `an int is written, not ${value}`);
    this.reserve(INT_BYTES);
    this.view.setInt32(this.at, value);
    this.at += INT_BYTES;
  }

  /** A safe integer, or any 64-bit one as a bigint. */
  long(value: number | bigint): void {
    this.reserve(LONG_BYTES);
    if (typeof value === 'bigint') {
      this.view.setBigInt64(this.at, value);
    } else {
      assert(Number.isSafeInteger(value), `a long is written, not ${value}`);
      this.view.setInt32(this.at, Math.floor(value / TWO_32));
      this.view.setInt32(this.at + INT_BYTES, value | 0);
    }
    this.at += LONG_BYTES;
  }

  bool(value: boolean): void {
    this.reserve(1);
    this.bytes[this.at++] = value ? 1 : 0;
  }

  buffer(data: Uint8Array | null): void {
    if (data === null) {
      this.int(-1);
      return;
    }
    this.int(data.length);
    this.raw(data);
  }

  /** Bytes without a length in front. */
  raw(data: Uint8Array): void {
    this.reserve(data.length);
    this.bytes.set(data, this.at);
    this.at += data.length;
  }

  string(text: string): void {
    this.reserve(INT_BYTES + text.length * UTF8_PER_UNIT);
    if (text.length <= ENCODE_BY_LOOP && this.ascii(text)) return;
    const body = this.at + INT_BYTES;
    const { written } = this.encoder.encodeInto(text, this.bytes.subarray(body));
    this.view.setInt32(this.at, written);
    this.at = body + written;
  }

  vector<T>(items: readonly T[], write: (writer: JuteWriter, item: T) => void): void {
    this.int(items.length);
    for (const item of items) write(this, item);
  }

  strings(items: readonly string[]): void {
    this.int(items.length);
    for (const item of items) this.string(item);
  }

  /** True if `text` was written; false, and nothing written, if it is not ASCII. */
  private ascii(text: string): boolean {
    const { bytes } = this;
    const body = this.at + INT_BYTES;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) return false;
      bytes[body + i] = unit;
    }
    this.view.setInt32(this.at, text.length);
    this.at = body + text.length;
    return true;
  }

  private reserve(size: number): void {
    if (this.at + size > this.bytes.length) this.nextSlab(size);
  }

  /** A new slab that holds what is not taken yet, and `size` bytes more. */
  private nextSlab(size: number): void {
    const held = this.length;
    const larger = new Uint8Array(Math.max(this.slabBytes, 2 * (held + size)));
    larger.set(this.bytes.subarray(this.start, this.at));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
    this.start = 0;
    this.at = held;
  }
}
