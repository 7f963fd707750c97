// Owns: cutting the bytes of a connection into frames. Not here: what is in them.
// Invariants: at most one unfinished frame is held, of a length that was allowed; no frame is empty of its length.

export type OnFrame = (bytes: Uint8Array, start: number, end: number) => void;

const LENGTH_BYTES = 4;

export class FrameCutter {
  private readonly onFrame: OnFrame;
  private readonly onBadLength: (length: number) => void;
  private limit: number;
  private readonly head = new Uint8Array(LENGTH_BYTES);
  private headSize = 0;
  /** The frame that is not complete, or nothing. */
  private body: Uint8Array | undefined;
  private bodySize = 0;
  private stopped = false;

  /** `limit`: bytes of a frame. A longer or negative length is told once; nothing is read after it. */
  constructor(limit: number, onFrame: OnFrame, onBadLength: (length: number) => void) {
    this.limit = limit;
    this.onFrame = onFrame;
    this.onBadLength = onBadLength;
  }

  setLimit(limit: number): void {
    this.limit = limit;
  }

  stop(): void {
    this.stopped = true;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.stopped) {
      at = this.body === undefined ? this.readHead(chunk, at) : this.readBody(chunk, at, this.body);
    }
  }

  /** A frame that lies in the chunk as a whole is handed out from there. */
  private readHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (this.headSize < LENGTH_BYTES && at < chunk.length) this.head[this.headSize++] = chunk[at++]!;
    if (this.headSize < LENGTH_BYTES) return at;
    this.headSize = 0;
    const [a = 0, b = 0, c = 0, d = 0] = this.head;
    const length = (a << 24) | (b << 16) | (c << 8) | d;
    if (length < 0 || length > this.limit) {
      this.stopped = true;
      this.onBadLength(length);
      return at;
    }
    if (chunk.length - at >= length) {
      this.onFrame(chunk, at, at + length);
      return at + length;
    }
    this.body = new Uint8Array(length);
    this.bodySize = 0;
    return at;
  }

  private readBody(chunk: Uint8Array, at: number, body: Uint8Array): number {
    const part = chunk.subarray(at, at + body.length - this.bodySize);
    body.set(part, this.bodySize);
    this.bodySize += part.length;
    if (this.bodySize === body.length) {
      this.body = undefined;
      this.onFrame(body, 0, body.length);
    }
    return at + part.length;
  }
}
