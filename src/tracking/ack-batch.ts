// Owns: combining acks. XORs are noted here during a turn and reach the acker at its end, successive ones into one tree as
// one, and then the end of a tree is reported. Not here: the ack values (acker.ts), sets of trees (anchors.ts).
// Invariants: a tree is reported once, after it was removed, and never from within `add`; the listener may call
// everything here again; a set that is noted has a reference.
//
// Noting instead of applying keeps the end of a tree, which is a long way through delivery, out of the innermost loop:
// with it inlined there, V8 runs out of registers and the loop takes half as long again.

import { ACK_DONE, ACK_STALE, type Acker } from './acker.ts';
import { type AnchorSets, NO_TREE } from './anchors.ts';

/** Words of a note, and how many notes there is room for at first. A turn notes at most one per tuple that it executes. */
const NOTE_WORDS = 5;
const FIRST_NOTES = 256;

export interface TreeListener {
  /** All edges of a tree are acked. The slot may be reused from now on. */
  treeDone(slot: number, owner: number): void;
  /** A tree was failed through `fail`. Time-outs come from `Acker.advance` and are not reported here. */
  treeFailed(slot: number, owner: number): void;
}

export class AckBatch {
  /** XORs that met a tree which had ended before: acks after a failure or a time-out. */
  stale = 0;
  private readonly acker: Acker;
  private readonly anchors: AnchorSets;
  private readonly listener: TreeListener;
  /** NOTE_WORDS per note: handle, root id, XOR. */
  private notes = new Int32Array(FIRST_NOTES * NOTE_WORDS);
  private used = 0;

  constructor(acker: Acker, anchors: AnchorSets, listener: TreeListener) {
    this.acker = acker;
    this.anchors = anchors;
    this.listener = listener;
  }

  /**
   * XORs `lo`, `hi` into the tree of a tuple. `handle` is a slot with its root id, or a set or NO_TREE with root
   * id 0. Edges that a tuple emitted must be added not later than its own ack, in the same call or in an earlier one.
   */
  add(handle: number, rootLo: number, rootHi: number, lo: number, hi: number): void {
    let used = this.used;
    const { notes } = this;
    if (used > 0) {
      const last = used - NOTE_WORDS;
      if (notes[last] === handle && notes[last + 1] === rootLo && notes[last + 2] === rootHi) {
        notes[last + 3]! ^= lo;
        notes[last + 4]! ^= hi;
        return;
      }
    }
    notes[used] = handle;
    notes[used + 1] = rootLo;
    notes[used + 2] = rootHi;
    notes[used + 3] = lo;
    notes[used + 4] = hi;
    used += NOTE_WORDS;
    this.used = used;
    if (used === notes.length || handle < NO_TREE) this.afterNote(handle);
  }

  /**
   * Hands what was noted to the acker, also what the listener notes meanwhile. Call it at the end of a turn, before
   * `Acker.advance` and before sleeping.
   */
  flush(): void {
    // The listener may make the notes grow, so they are read anew each time.
    for (let at = 0; at < this.used; at += NOTE_WORDS) {
      const { notes } = this;
      const handle = notes[at]!;
      // What is applied may not be added to any more: a listener's ack of the same tree needs a note of its own.
      notes[at] = NO_TREE;
      if (handle >= 0) this.applyOne(handle, notes[at + 1]!, notes[at + 2]!, notes[at + 3]!, notes[at + 4]!);
      else if (handle !== NO_TREE) this.applySet(handle, notes[at + 3]!, notes[at + 4]!);
    }
    this.used = 0;
  }

  /** Fails the tree or trees of a tuple. Returns how many were pending until then. */
  fail(handle: number, rootLo: number, rootHi: number): number {
    if (handle >= NO_TREE) return this.failOne(handle, rootLo, rootHi);
    const { anchors } = this;
    let failed = 0;
    anchors.retain(handle);
    for (let cell = anchors.firstTree(handle); cell >= 0; cell = anchors.nextTree(cell)) {
      failed += this.failOne(anchors.slotOf(cell), anchors.rootLoOf(cell), anchors.rootHiOf(cell));
    }
    anchors.release(handle);
    return failed;
  }

  /** Sets a new deadline for the tree or trees of a tuple. Returns how many were pending. */
  extend(handle: number, rootLo: number, rootHi: number, deadlineMs: number): number {
    const { acker, anchors } = this;
    if (handle >= NO_TREE) return acker.extend(handle, rootLo, rootHi, deadlineMs) ? 1 : 0;
    let extended = 0;
    for (let cell = anchors.firstTree(handle); cell >= 0; cell = anchors.nextTree(cell)) {
      const slot = anchors.slotOf(cell);
      if (acker.extend(slot, anchors.rootLoOf(cell), anchors.rootHiOf(cell), deadlineMs)) extended++;
    }
    return extended;
  }

  private afterNote(handle: number): void {
    if (handle < NO_TREE) this.anchors.retain(handle);
    if (this.used < this.notes.length) return;
    const grown = new Int32Array(this.notes.length * 2);
    grown.set(this.notes);
    this.notes = grown;
  }

  private applyOne(slot: number, rootLo: number, rootHi: number, lo: number, hi: number): void {
    const result = this.acker.xor(slot, rootLo, rootHi, lo, hi);
    if (result === ACK_DONE) this.listener.treeDone(slot, this.acker.endedOwner);
    else if (result === ACK_STALE) this.stale++;
  }

  private applySet(handle: number, lo: number, hi: number): void {
    const { anchors } = this;
    for (let cell = anchors.firstTree(handle); cell >= 0; cell = anchors.nextTree(cell)) {
      this.applyOne(anchors.slotOf(cell), anchors.rootLoOf(cell), anchors.rootHiOf(cell), lo, hi);
    }
    anchors.release(handle);
  }

  private failOne(slot: number, rootLo: number, rootHi: number): number {
    if (!this.acker.fail(slot, rootLo, rootHi)) return 0;
    this.listener.treeFailed(slot, this.acker.endedOwner);
    return 1;
  }
}
