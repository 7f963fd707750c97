// Owns: cutting a stream of bytes, which comes in chunks of any size, into frames. Not here: what a frame is (frame.ts).
// Invariants: no input makes it throw; it holds at most one frame (`maxBytes` of its format); every frame is either handed out
// as a message or counted as dropped, once.
//
// A frame whose head is sound but whose body is not is passed over by its length. If the head itself is not sound, it
// is not known where the next frame begins. To look for the next bytes that resemble a head would be guesswork (entries
// may hold bytes that look like frames, even on purpose), so the reader gives the stream up: `broken` tells the owner to
// close the link and connect again, which costs messages, and those may be lost. TCP keeps order and completeness within
// one connection, so this happens if bytes were damaged or the other end is something else altogether.

import { assert } from '../../base/assert.ts';
import type { Message } from '../message.ts';
import { ENVELOPE_BYTES, envelopeSize, isEnvelope } from './envelope.ts';
import { type ClusterId, type DropReason, decodeFrame, FRAME_MAGIC, MAX_FRAME_BYTES } from './frame.ts';

type Opened<T> = { readonly message: T } | { readonly dropped: DropReason };

/** What the frames of a stream are. */
export interface FrameFormat<T> {
  readonly magic: number;
  readonly maxBytes: number;
  /** Opens the whole frame `bytes[start..end)`. Throws nothing. */
  open(bytes: Uint8Array, start: number, end: number): Opened<T>;
}

/** Frames of the consensus core's messages. */
export function messageFrames(cluster: ClusterId): FrameFormat<Message> {
  return {
    magic: FRAME_MAGIC,
    maxBytes: MAX_FRAME_BYTES,
    open: (bytes, start, end) => decodeFrame(bytes, cluster, start, end),
  };
}

export class FrameReader<T> {
  private readonly format: FrameFormat<T>;
  private readonly counts: Record<DropReason, number> = {
    checksum: 0,
    version: 0,
    'other-cluster': 0,
    malformed: 0,
    'too-long': 0,
  };
  /** What was pushed last, read up to `at`. */
  private chunk: Uint8Array = new Uint8Array(0);
  private at = 0;
  /** The beginning of a frame that earlier chunks held. */
  private held: Uint8Array = new Uint8Array(0);
  private heldSize = 0;
  private gaveUp = false;

  constructor(format: FrameFormat<T>) {
    this.format = format;
  }

  /** True if nothing more can be read from this stream: close the link. */
  get broken(): boolean {
    return this.gaveUp;
  }

  /** Frames dropped so far, by reason. */
  get dropped(): Readonly<Record<DropReason, number>> {
    return this.counts;
  }

  /** Bytes of an unfinished frame that are held in memory. At the end of a stream, more than 0 means a cut frame. */
  get heldBytes(): number {
    return this.heldSize;
  }

  /** The next bytes of the stream. They must not be changed afterwards: entries are views of them. Call `next` until it is undefined. */
  push(chunk: Uint8Array): void {
    assert(this.at === this.chunk.length, 'a chunk is read to its end before the next one is pushed');
    if (this.gaveUp) return;
    this.chunk = chunk;
    this.at = 0;
  }

  /** The next frame, or undefined if the rest of it has not arrived. */
  next(): Opened<T> | undefined {
    if (this.gaveUp) return undefined;
    const result = this.heldSize === 0 ? this.nextInChunk() : this.nextHeld();
    if (result !== undefined && 'dropped' in result) this.counts[result.dropped]++;
    return result;
  }

  /** The usual case: the frame lies in one chunk, and is not copied. */
  private nextInChunk(): Opened<T> | undefined {
    const { chunk, at } = this;
    const left = chunk.length - at;
    if (left < ENVELOPE_BYTES) return this.hold(ENVELOPE_BYTES);
    const refusal = this.refusalOf(chunk, at);
    if (refusal !== undefined) return this.giveUp(refusal);
    const size = envelopeSize(chunk, at);
    if (left < size) return this.hold(size);
    this.at = at + size;
    return this.format.open(chunk, at, at + size);
  }

  /** A frame that began in an earlier chunk: its head first, then, the size being known, all of it. */
  private nextHeld(): Opened<T> | undefined {
    if (this.heldSize < ENVELOPE_BYTES) {
      this.hold(ENVELOPE_BYTES);
      if (this.heldSize < ENVELOPE_BYTES) return undefined;
    }
    const refusal = this.refusalOf(this.held, 0);
    if (refusal !== undefined) return this.giveUp(refusal);
    const size = envelopeSize(this.held, 0);
    this.hold(size);
    if (this.heldSize < size) return undefined;
    const frame = this.held;
    this.held = new Uint8Array(0);
    this.heldSize = 0;
    return this.format.open(frame, 0, size);
  }

  /** Moves bytes from the chunk to those held, until `size` are held or the chunk is empty. */
  private hold(size: number): undefined {
    const taken = Math.min(size - this.heldSize, this.chunk.length - this.at);
    if (taken === 0) return;
    const needed = this.heldSize + taken;
    if (needed > this.held.length) {
      // Doubled, so that many small chunks are not copied over and over; not `size` at once, which nobody has sent yet.
      const larger = new Uint8Array(Math.min(size, Math.max(needed, 2 * this.held.length)));
      larger.set(this.held.subarray(0, this.heldSize));
      this.held = larger;
    }
    this.held.set(this.chunk.subarray(this.at, this.at + taken), this.heldSize);
    this.heldSize = needed;
    this.at += taken;
  }

  private giveUp(dropped: DropReason): Opened<T> {
    this.gaveUp = true;
    this.chunk = new Uint8Array(0);
    this.at = 0;
    this.held = new Uint8Array(0);
    this.heldSize = 0;
    return { dropped };
  }

  /** Why the length in the head at `at` is not to be followed, or undefined. */
  private refusalOf(bytes: Uint8Array, at: number): DropReason | undefined {
    if (!isEnvelope(bytes, at, this.format.magic)) return 'malformed';
    return envelopeSize(bytes, at) > this.format.maxBytes ? 'too-long' : undefined;
  }
}
