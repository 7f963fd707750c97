// Owns: the table of pending tuple trees and their ack values (Storm's acker). Not here: its memory (tree-slab.ts),
// its time-outs (timing-wheel.ts), who is told of the end of a tree (ack-batch.ts, runtime).
// Invariants: a tree ends once, as done, failed or timed out, and its handle is stale from then on; no operation
// allocates, except to grow by a chunk; cost does not depend on the size of a tree or on how many are pending.
//
// A tree's handle is its slot and its 64-bit root id in two signed halves. The root id in the slot tells a live
// handle from a stale one, so that no look-up by hash is needed.
//
// "Storm @Twitter" (SIGMOD 2014), "Processing Semantics in Storm": every edge id is XORed into the root's ack value once when the tuple is emitted
// and once when it is acked; the value is zero when all are done, and by chance with probability 2^-64.

import { assert } from '../base/assert.ts';
import { TimingWheel } from './timing-wheel.ts';
import { SLAB, TreeSlab } from './tree-slab.ts';

const { CHUNK_BITS, SLOT_MASK, TREE_WORDS, ROOT_LO, ROOT_HI, ACK_LO, ACK_HI, OWNER } = SLAB;

/** The tree has edges that are not acked. */
export const ACK_PENDING = 0;
/** That was the last one; the tree is removed. */
export const ACK_DONE = 1;
/** There is no such tree (any more): it was done, failed or timed out before. */
export const ACK_STALE = 2;

export type TimeoutListener = (slot: number, rootLo: number, rootHi: number, owner: number) => void;

export class Acker {
  /** The owner of the tree that ended last, whichever way. */
  endedOwner = -1;
  private readonly slab: TreeSlab;
  private readonly chunks: (Int32Array | undefined)[];
  private readonly wheel: TimingWheel;

  /** `nowMs`: the time on the clock whose deadlines are given to `open`. */
  constructor(nowMs: number) {
    this.slab = new TreeSlab((index, words) => this.wheel.drop(index, words));
    this.chunks = this.slab.chunks;
    this.wheel = new TimingWheel(this.chunks, nowMs);
  }

  /**
   * Starts a tree and returns its slot. The root id must not be 0. `owner` is any 32-bit integer that the caller
   * wants back at the end. Deadlines are in milliseconds; Infinity means never.
   *
   * The ack value starts as the root id, which stands for "the spout has not told its edges yet": acks may arrive
   * before the init. The init is `xor(slot, root, root ^ edge1 ^ edge2 …)`; a spout that uses the root id as the
   * id of one of its edges leaves both out, and with one edge needs no init at all.
   */
  open(rootLo: number, rootHi: number, owner: number, deadlineMs: number): number {
    assert((rootLo | rootHi) !== 0, 'a root id is not 0');
    const slot = this.slab.take();
    const words = this.slab.current;
    const at = (slot & SLOT_MASK) * TREE_WORDS;
    words[at + ROOT_LO] = rootLo;
    words[at + ROOT_HI] = rootHi;
    words[at + ACK_LO] = rootLo;
    words[at + ACK_HI] = rootHi;
    words[at + OWNER] = owner;
    this.wheel.schedule(slot, words, at, deadlineMs);
    return slot;
  }

  /**
   * XORs edge ids (created, acked, or any number of both combined) into the ack value of a tree. Returns ACK_PENDING,
   * ACK_STALE, or ACK_DONE if the value is now zero; then `endedOwner` is its owner.
   */
  xor(slot: number, rootLo: number, rootHi: number, lo: number, hi: number): number {
    const words = this.chunks[slot >>> CHUNK_BITS];
    if (words === undefined) return ACK_STALE;
    const at = (slot & SLOT_MASK) * TREE_WORDS;
    if (words[at + ROOT_LO] !== rootLo || words[at + ROOT_HI] !== rootHi) return ACK_STALE;
    const ackLo = words[at + ACK_LO]! ^ lo;
    const ackHi = words[at + ACK_HI]! ^ hi;
    if ((ackLo | ackHi) === 0) {
      this.remove(slot, words, at);
      return ACK_DONE;
    }
    words[at + ACK_LO] = ackLo;
    words[at + ACK_HI] = ackHi;
    return ACK_PENDING;
  }

  /** Ends a tree as failed. False if the handle is stale; otherwise `endedOwner` is its owner. */
  fail(slot: number, rootLo: number, rootHi: number): boolean {
    if (!this.isPending(slot, rootLo, rootHi)) return false;
    this.remove(slot, this.chunks[slot >>> CHUNK_BITS]!, (slot & SLOT_MASK) * TREE_WORDS);
    return true;
  }

  /** Replaces the deadline of a tree, by an earlier or a later one. False if the handle is stale. */
  extend(slot: number, rootLo: number, rootHi: number, deadlineMs: number): boolean {
    if (!this.isPending(slot, rootLo, rootHi)) return false;
    const words = this.chunks[slot >>> CHUNK_BITS]!;
    const at = (slot & SLOT_MASK) * TREE_WORDS;
    this.wheel.schedule(slot, words, at, deadlineMs);
    return true;
  }

  isPending(slot: number, rootLo: number, rootHi: number): boolean {
    const words = this.chunks[slot >>> CHUNK_BITS];
    if (words === undefined || (rootLo | rootHi) === 0) return false;
    const at = (slot & SLOT_MASK) * TREE_WORDS;
    return words[at + ROOT_LO] === rootLo && words[at + ROOT_HI] === rootHi;
  }

  /** The owner of a pending tree. */
  owner(slot: number): number {
    const words = this.chunks[slot >>> CHUNK_BITS];
    assert(words !== undefined, 'the owner is asked of a pending tree only');
    return words[(slot & SLOT_MASK) * TREE_WORDS + OWNER]!;
  }

  /**
   * Ends every tree whose deadline has passed (never early, at most TICK_MS late) and calls `onTimeout` after each
   * is removed. It may open, fail and extend other trees; a tree that it opens is not due in the same call. Returns
   * how many timed out. If `onTimeout` throws, the remaining ones are due at the next call.
   */
  advance(nowMs: number, onTimeout: TimeoutListener): number {
    this.wheel.turn(nowMs);
    let fired = 0;
    for (let slot = this.wheel.firstDue(); slot >= 0; slot = this.wheel.firstDue()) {
      const words = this.chunks[slot >>> CHUNK_BITS]!;
      const at = (slot & SLOT_MASK) * TREE_WORDS;
      const rootLo = words[at + ROOT_LO]!;
      const rootHi = words[at + ROOT_HI]!;
      this.remove(slot, words, at);
      fired++;
      onTimeout(slot, rootLo, rootHi, this.endedOwner);
    }
    return fired;
  }

  /** The earliest time at which `advance` has something to do, in ms; Infinity if no tree is pending. */
  nextDeadlineMs(): number {
    return this.wheel.nextMs();
  }

  /** Trees pending. */
  get size(): number {
    return this.slab.size;
  }

  /** Trees that fit without allocating. */
  get capacity(): number {
    return this.slab.capacity;
  }

  /** Bytes of typed arrays held. */
  bytes(): number {
    return this.slab.bytes() + this.wheel.bytes();
  }

  private remove(slot: number, words: Int32Array, at: number): void {
    this.endedOwner = words[at + OWNER]!;
    this.slab.give(slot, words, at);
  }
}
