// Owns: cutting what a client sends into frames. Not here: what is in them.
// Invariant: no more is kept than one frame of the longest allowed and one chunk of the socket; a chunk that holds whole
// frames is not copied.

const LENGTH_BYTES = 4;

export class FrameSplitter {
  /** Bytes of the longest frame that is accepted. */
  limit: number;
  private chunk: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;
  /** The beginning of a frame whose rest has not come, with its length in front. */
  private partial: Uint8Array = new Uint8Array(0);
  private filled = 0;
  private bad = false;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** A length that no frame has came. */
  get broken(): boolean {
    return this.bad;
  }

  /** Bytes that were pushed and not yet handed out, of the last chunk. */
  get remaining(): number {
    return this.chunk.length - this.at;
  }

  /** What `next` has not handed out before stays. */
  push(bytes: Uint8Array): void {
    if (this.remaining > 0) {
      const joined = new Uint8Array(this.remaining + bytes.length);
      joined.set(this.chunk.subarray(this.at));
      joined.set(bytes, this.remaining);
      this.take(joined);
    } else this.take(bytes);
  }

  /** The first four bytes that came, before any frame was asked for; undefined if there are not so many. */
  peek(): number | undefined {
    return this.remaining < LENGTH_BYTES ? undefined : this.view.getInt32(this.at);
  }

  /** A frame without its length, valid until the next `push`; undefined if none is whole. */
  next(): Uint8Array | undefined {
    if (this.bad) return undefined;
    if (this.partial.length > 0) return this.fill();
    const length = this.peek();
    if (length === undefined) return undefined;
    if (length < 0 || length > this.limit) {
      this.bad = true;
      return undefined;
    }
    const whole = LENGTH_BYTES + length;
    if (this.remaining >= whole) {
      const frame = this.chunk.subarray(this.at + LENGTH_BYTES, this.at + whole);
      this.at += whole;
      return frame;
    }
    this.partial = new Uint8Array(whole);
    this.filled = 0;
    return this.fill();
  }

  private fill(): Uint8Array | undefined {
    const { partial } = this;
    const size = Math.min(partial.length - this.filled, this.remaining);
    partial.set(this.chunk.subarray(this.at, this.at + size), this.filled);
    this.filled += size;
    this.at += size;
    if (this.filled < partial.length) return undefined;
    this.partial = new Uint8Array(0);
    return partial.subarray(LENGTH_BYTES);
  }

  private take(bytes: Uint8Array): void {
    this.chunk = bytes;
    this.at = 0;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
