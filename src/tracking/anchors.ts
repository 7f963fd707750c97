// Owns: sets of trees, for tuples that are anchored to several (joins, windows). A tuple then carries one negative
// handle where others carry a slot. Not here: the trees (acker.ts).
// Invariants: the trees of a set are unique, because an edge id that is XORed into one root twice cancels itself
// out; a set with one tree is never made (its handle is the slot itself); a set lives while its count of
// references is above 0; freed memory is reused before more is taken.
//
// Storm's rule: an edge anchored to several roots is XORed once into the ack value of each of them, when it is
// emitted and when it is acked. XOR the new edge into the set, not into each parent tuple: two parents can be in
// one tree.

import { MillraceError } from '../base/errors.ts';
import type { Acker } from './acker.ts';

/** The handle of a tuple that belongs to no tree. */
export const NO_TREE = -1;

/** Most memory cells of all sets of a lane: one per set and one per tree in it, 16 bytes each. */
export const MAX_ANCHOR_CELLS = 1 << 20;

/** Words of a cell. The first cell of a set: references, trees, unused, first tree. The others: slot, root, next. */
const CELL_WORDS = 4;
const REFERENCES = 0;
const TREES = 1;
const SLOT = 0;
const ROOT_LO = 1;
const ROOT_HI = 2;
const NEXT = 3;
const END = -1;
const FIRST_CELLS = 64;
const MAX_STAMP = 0x7fff_ffff;
/** Fibonacci hashing: 2^32 divided by the golden ratio; the upper bits of the product are the spread ones. */
const SPREAD = 0x9e37_79b1;
const SPREAD_SHIFT = 10;

export class AnchorSets {
  /** The root id that belongs to the handle which `end` returned; 0 for a set and for NO_TREE. */
  rootLo = 0;
  rootHi = 0;
  private cells = new Int32Array(FIRST_CELLS * CELL_WORDS);
  private freshCells = 0;
  private freeCell = END;
  private usedCells = 0;
  /** The set being made: its first tree, last tree and how many. */
  private first = END;
  private last = END;
  private trees = 0;
  /** Open-addressing table from slot to cell of the set being made: stamp and cell per place. */
  private index = new Int32Array(2 * FIRST_CELLS);
  /** Places with another stamp are empty, so that nothing has to be cleared between two sets. */
  private stamp = 1;

  /** Cells in use. */
  get size(): number {
    return this.usedCells;
  }

  /** Starts a set; it is finished by `end`. One at a time. */
  begin(): void {
    this.discard();
  }

  /**
   * Adds the tree or the trees of a tuple's handle. Trees that are in already or have ended are left out. Throws
   * MR_TOO_MANY_ANCHORS past MAX_ANCHOR_CELLS; nothing of the set is kept then.
   */
  add(acker: Acker, handle: number, rootLo: number, rootHi: number): void {
    if (handle >= 0) this.addTree(acker, handle, rootLo, rootHi);
    else if (handle !== NO_TREE) {
      for (let cell = this.firstTree(handle); cell >= 0; cell = this.nextTree(cell)) {
        this.addTree(acker, this.slotOf(cell), this.rootLoOf(cell), this.rootHiOf(cell));
      }
    }
  }

  /**
   * Finishes the set. Returns its handle, with one reference that is the caller's; the slot if there is one tree
   * (its root id is then in `rootLo` and `rootHi`); NO_TREE if there is none.
   */
  end(): number {
    this.rootLo = 0;
    this.rootHi = 0;
    if (this.trees < 2) {
      let slot = NO_TREE;
      if (this.trees === 1) {
        slot = this.slotOf(this.first);
        this.rootLo = this.rootLoOf(this.first);
        this.rootHi = this.rootHiOf(this.first);
      }
      this.discard();
      return slot;
    }
    const set = this.takeCell();
    this.cells[set * CELL_WORDS + REFERENCES] = 1;
    this.cells[set * CELL_WORDS + TREES] = this.trees;
    this.cells[set * CELL_WORDS + NEXT] = this.first;
    this.first = END;
    this.discard();
    return -2 - set;
  }

  /** One more reference to a set; does nothing for a slot or NO_TREE. */
  retain(handle: number): void {
    if (handle < NO_TREE) this.cells[(-2 - handle) * CELL_WORDS + REFERENCES]!++;
  }

  /** One reference less; the last one frees the set. Does nothing for a slot or NO_TREE. */
  release(handle: number): void {
    if (handle >= NO_TREE) return;
    const set = -2 - handle;
    const references = this.cells[set * CELL_WORDS + REFERENCES]! - 1;
    this.cells[set * CELL_WORDS + REFERENCES] = references;
    if (references > 0) return;
    this.freeTrees(this.cells[set * CELL_WORDS + NEXT]!);
    this.freeOne(set);
  }

  /** Trees in a set. */
  count(handle: number): number {
    return this.cells[(-2 - handle) * CELL_WORDS + TREES]!;
  }

  /** Whether a tuple with this handle and root belongs to a tree: names the holders of a tree that timed out. */
  belongs(handle: number, rootLo: number, rootHi: number, slot: number, ofLo: number, ofHi: number): boolean {
    if (handle >= NO_TREE) return handle === slot && rootLo === ofLo && rootHi === ofHi;
    for (let cell = this.firstTree(handle); cell >= 0; cell = this.nextTree(cell)) {
      if (this.slotOf(cell) === slot && this.rootLoOf(cell) === ofLo && this.rootHiOf(cell) === ofHi)
        return true;
    }
    return false;
  }

  /** First tree of a set, for a walk with `nextTree` that ends below 0. */
  firstTree(handle: number): number {
    return this.cells[(-2 - handle) * CELL_WORDS + NEXT]!;
  }

  nextTree(cell: number): number {
    return this.cells[cell * CELL_WORDS + NEXT]!;
  }

  slotOf(cell: number): number {
    return this.cells[cell * CELL_WORDS + SLOT]!;
  }

  rootLoOf(cell: number): number {
    return this.cells[cell * CELL_WORDS + ROOT_LO]!;
  }

  rootHiOf(cell: number): number {
    return this.cells[cell * CELL_WORDS + ROOT_HI]!;
  }

  /** Bytes of typed arrays held. */
  bytes(): number {
    return this.cells.byteLength + this.index.byteLength;
  }

  private addTree(acker: Acker, slot: number, rootLo: number, rootHi: number): void {
    if (!acker.isPending(slot, rootLo, rootHi)) return;
    // A slot holds one pending tree, so that slots tell the trees of a set apart.
    const place = this.placeOf(slot);
    if (this.index[place] === this.stamp) return;
    const cell = this.takeCell();
    this.cells[cell * CELL_WORDS + SLOT] = slot;
    this.cells[cell * CELL_WORDS + ROOT_LO] = rootLo;
    this.cells[cell * CELL_WORDS + ROOT_HI] = rootHi;
    this.cells[cell * CELL_WORDS + NEXT] = END;
    if (this.trees === 0) this.first = cell;
    else this.cells[this.last * CELL_WORDS + NEXT] = cell;
    this.last = cell;
    this.trees++;
    this.index[place] = this.stamp;
    this.index[place + 1] = cell;
    if (this.trees * 4 > this.index.length) this.growIndex();
  }

  private discard(): void {
    this.freeTrees(this.first);
    this.first = END;
    this.trees = 0;
    if (this.stamp < MAX_STAMP) this.stamp++;
    else {
      this.index.fill(0);
      this.stamp = 1;
    }
  }

  /** Where in the table a slot is, or would go. */
  private placeOf(slot: number): number {
    const mask = this.index.length - 1;
    let place = ((Math.imul(slot, SPREAD) >>> SPREAD_SHIFT) << 1) & mask;
    while (this.index[place] === this.stamp && this.slotOf(this.index[place + 1]!) !== slot) {
      place = (place + 2) & mask;
    }
    return place;
  }

  private growIndex(): void {
    this.index = new Int32Array(this.index.length * 2);
    for (let cell = this.first; cell >= 0; cell = this.nextTree(cell)) {
      const place = this.placeOf(this.slotOf(cell));
      this.index[place] = this.stamp;
      this.index[place + 1] = cell;
    }
  }

  private takeCell(): number {
    if (this.usedCells === MAX_ANCHOR_CELLS) {
      this.discard();
      throw tooManyAnchors();
    }
    this.usedCells++;
    if (this.freeCell >= 0) {
      const cell = this.freeCell;
      this.freeCell = this.nextTree(cell);
      return cell;
    }
    if (this.freshCells * CELL_WORDS === this.cells.length) {
      const grown = new Int32Array(this.cells.length * 2);
      grown.set(this.cells);
      this.cells = grown;
    }
    return this.freshCells++;
  }

  private freeTrees(first: number): void {
    for (let cell = first; cell >= 0; ) {
      const next = this.nextTree(cell);
      this.freeOne(cell);
      cell = next;
    }
  }

  private freeOne(cell: number): void {
    this.cells[cell * CELL_WORDS + NEXT] = this.freeCell;
    this.freeCell = cell;
    this.usedCells--;
  }
}

function tooManyAnchors(): MillraceError {
  return new MillraceError(
    'MR_TOO_MANY_ANCHORS',
    'Tuples of this lane are anchored to too many tuples at once.',
    {
      expected: `at most ${MAX_ANCHOR_CELLS} anchors of tuples with several that are not acked`,
      got: 'one more',
      next: 'Make the window smaller, or ack its inputs when they are stored and emit its result without anchors.',
    },
  );
}
