// Owns: combining acks. Successive XORs into one tree are added up here and reach the acker once, and the end of a tree is
// reported. Not here: the ack values (acker.ts), sets of trees (anchors.ts).
// Invariants: at most one tree (or set) has XORs waiting; a tree is reported once, after it was removed; the
// listener may call everything here again.

import { ACK_DONE, ACK_STALE, type Acker } from './acker.ts';
import { type AnchorSets, NO_TREE } from './anchors.ts';

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
  private handle = NO_TREE;
  private rootLo = 0;
  private rootHi = 0;
  private lo = 0;
  private hi = 0;

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
    if (handle === this.handle && rootLo === this.rootLo && rootHi === this.rootHi) {
      this.lo ^= lo;
      this.hi ^= hi;
    } else this.change(handle, rootLo, rootHi, lo, hi);
  }

  /** Hands what waits to the acker, also what the listener adds meanwhile. Call it at the end of a turn, before `Acker.advance` and before sleeping. */
  flush(): void {
    while (this.handle !== NO_TREE) this.change(NO_TREE, 0, 0, 0, 0);
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

  private change(handle: number, rootLo: number, rootHi: number, lo: number, hi: number): void {
    const oldHandle = this.handle;
    const oldRootLo = this.rootLo;
    const oldRootHi = this.rootHi;
    const oldLo = this.lo;
    const oldHi = this.hi;
    // The new tree is in place before the listener hears of the old one, for the listener may call `add`.
    this.handle = handle;
    this.rootLo = rootLo;
    this.rootHi = rootHi;
    this.lo = lo;
    this.hi = hi;
    if (handle < NO_TREE) this.anchors.retain(handle);
    if (oldHandle >= 0) this.applyOne(oldHandle, oldRootLo, oldRootHi, oldLo, oldHi);
    else if (oldHandle !== NO_TREE) this.applySet(oldHandle, oldLo, oldHi);
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
