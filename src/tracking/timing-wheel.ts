// Owns: the time-outs of tuple trees: a timing wheel (Varghese and Lauck, SOSP 1987, scheme 6). Not here: what
// happens to a tree that is due (acker.ts).
// Invariants: a tree is never due early, and at most one tick late; a block that holds a tree with a deadline is in
// the wheel, not later than at the earliest deadline in it; list 0 holds the blocks to look at now, list
// 1 + (tick & mask) those for `tick`, for the ticks in (cursor, cursor + BUCKETS].
//
// What turns in the wheel is not the tree but the block of 64 slots. A tree carries its deadline (4 bytes instead of
// two links of 4), and its block stays where its earliest deadline once was: a later deadline moves nothing, and a
// tree that ends touches no list at all. When the block's tick comes, its 64 slots are looked through and it moves to the
// deadline that is the earliest by then. In a steady stream that happens once per time-out and block. Deadlines
// beyond the wheel wait in its last bucket and go round again, so there is no second wheel and no cascade.

import { assert } from '../base/assert.ts';
import { SLAB } from './tree-slab.ts';

const { CHUNK_BITS, SLOT_MASK, TREE_WORDS, ROOT_LO, ROOT_HI, DEADLINE, BLOCK_BITS, BLOCKS, BLOCK_WORDS } =
  SLAB;

/** Milliseconds of a tick. A power of two, so that dividing by it is exact and rounding cannot make a tree early. */
export const TICK_MS = 32;
const TICKS_PER_MS = 1 / 32;
/** 1,024 ticks are 32 s: one round for the default time-out. */
const BUCKETS = 1 << 10;
const MASK = BUCKETS - 1;

const BLOCK_SLOTS = 1 << BLOCK_BITS;
const CHUNK_BLOCK_BITS = CHUNK_BITS - BLOCK_BITS;
const CHUNK_BLOCKS = 1 << CHUNK_BLOCK_BITS;
/** Words of a block: the tick it waits for (0: not in the wheel) and its neighbours in the list. */
const TICK = 0;
const NEXT = 1;
const PREV = 2;

const DUE = 0;
const EMPTY = -1;
/** Deadlines from here on (2.2 years) count as never. */
const NEVER = 0x7fff_ffff;
/** After this many ticks (1.1 years) tick 0 is moved, so that deadlines keep fitting into 31 bits. */
const REBASE = 1 << 30;

export class TimingWheel {
  private readonly chunks: (Int32Array | undefined)[];
  /** First and last block per list. A first block's PREV and a last block's NEXT hold ~list. */
  private readonly ends = new Int32Array(2 * (BUCKETS + 1)).fill(EMPTY);
  /** Tick 0 of this wheel on the clock, so that ticks fit 31 bits. */
  private origin: number;
  /** Every tick up to this one has been looked at. */
  private cursor = 0;
  /** No list holds a block for a tick in (cursor, hint). */
  private hint = 1;
  /** Blocks in the wheel. */
  private waiting = 0;
  /** How far the first due block has been looked through. */
  private scanned = EMPTY;
  private scanFrom = 0;

  /** The deadline scheduled last, and its tick on the clock. */
  private lastDeadlineMs = Number.NaN;
  private lastTick = 0;

  constructor(chunks: (Int32Array | undefined)[], nowMs: number) {
    this.chunks = chunks;
    this.origin = Math.floor(nowMs * TICKS_PER_MS);
  }

  /** Sets the deadline of a slot. One that has passed is due at the next tick. */
  schedule(slot: number, words: Int32Array, at: number, deadlineMs: number): void {
    // Trees that are opened in one pass have the same deadline.
    if (deadlineMs !== this.lastDeadlineMs) {
      this.lastDeadlineMs = deadlineMs;
      this.lastTick = Math.ceil(deadlineMs * TICKS_PER_MS);
    }
    let tick = this.lastTick - this.origin;
    if (tick <= this.cursor) tick = this.cursor + 1;
    else if (!(tick < NEVER)) tick = never(deadlineMs);
    words[at + DEADLINE] = tick;
    const block = BLOCKS + ((slot & SLOT_MASK) >>> BLOCK_BITS) * BLOCK_WORDS;
    const waitsFor = words[block + TICK]!;
    if (waitsFor === 0 || tick < waitsFor) this.place(slot >>> BLOCK_BITS, words, block, tick);
  }

  /** Takes the blocks of a chunk that leaves the slab out of the wheel. */
  drop(index: number, words: Int32Array): void {
    for (let i = 0; i < CHUNK_BLOCKS; i++) {
      const block = (index << CHUNK_BLOCK_BITS) | i;
      this.place(block, words, blockAt(block), NEVER);
    }
  }

  /**
   * Moves the wheel to `nowMs` and gathers the blocks to look at; a time before the last one is ignored. At most one
   * pass over the buckets, however far the clock jumped, and none over the ticks before the first occupied one.
   */
  turn(nowMs: number): void {
    const target = Math.floor(nowMs * TICKS_PER_MS) - this.origin;
    if (target <= this.cursor) return;
    assert(target < Number.POSITIVE_INFINITY, 'the clock shows a finite time');
    if (this.waiting > 0) {
      const last = Math.min(target, this.cursor + BUCKETS);
      for (let tick = Math.max(this.hint, this.cursor + 1); tick <= last; tick++) this.moveToDue(tick);
    }
    this.cursor = target;
    if (this.hint <= target) this.hint = target + 1;
    this.scanned = EMPTY;
    if (target >= REBASE) this.rebase();
  }

  /** A slot whose deadline has passed, -1 if there is none. The caller ends its tree before it asks again. */
  firstDue(): number {
    for (let block = this.ends[2 * DUE]!; block >= 0; block = this.ends[2 * DUE]!) {
      if (block !== this.scanned) {
        this.scanned = block;
        this.scanFrom = 0;
      }
      const words = this.chunks[block >>> CHUNK_BLOCK_BITS]!;
      const slot = this.scan(words, block);
      if (slot >= 0) return slot;
      this.scanned = EMPTY;
      this.place(block, words, blockAt(block), earliestIn(words, block));
    }
    return EMPTY;
  }

  /** When a tree will next be due, in ms; Infinity if none ever will. Constant time on average. */
  nextMs(): number {
    if (this.ends[2 * DUE]! >= 0) return (this.origin + this.cursor) * TICK_MS;
    while (this.waiting > 0) {
      const block = this.ends[listOf(this.hint)]!;
      if (block < 0) {
        this.hint++;
        continue;
      }
      const words = this.chunks[block >>> CHUNK_BLOCK_BITS]!;
      const earliest = earliestIn(words, block);
      const isLast = this.hint === this.cursor + BUCKETS;
      if (earliest === this.hint || (isLast && earliest < NEVER)) return (this.origin + this.hint) * TICK_MS;
      this.place(block, words, blockAt(block), earliest);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Bytes of typed arrays held. */
  bytes(): number {
    return this.ends.byteLength;
  }

  /** The next slot of a block that is due, from where the last look ended. */
  private scan(words: Int32Array, block: number): number {
    const firstSlot = block << BLOCK_BITS;
    let at = ((firstSlot & SLOT_MASK) + this.scanFrom) * TREE_WORDS;
    for (let i = this.scanFrom; i < BLOCK_SLOTS; i++, at += TREE_WORDS) {
      if (words[at + DEADLINE]! <= this.cursor && (words[at + ROOT_LO]! | words[at + ROOT_HI]!) !== 0) {
        this.scanFrom = i + 1;
        return firstSlot + i;
      }
    }
    return EMPTY;
  }

  /** Puts a block where `tick` belongs, out of where it was; nowhere if that is NEVER. */
  private place(block: number, words: Int32Array, at: number, tick: number): void {
    if (words[at + TICK] !== 0) this.unlink(words, at);
    words[at + TICK] = 0;
    if (tick === NEVER) return;
    const reached = Math.min(tick, this.cursor + BUCKETS);
    if (this.waiting === 0 || reached < this.hint) this.hint = reached;
    words[at + TICK] = reached;
    this.append(listOf(reached), block, words, at);
  }

  private append(list: number, block: number, words: Int32Array, at: number): void {
    const last = this.ends[list + 1]!;
    words[at + NEXT] = ~list;
    if (last < 0) {
      words[at + PREV] = ~list;
      this.ends[list] = block;
    } else {
      words[at + PREV] = last;
      this.link(last, NEXT, block);
    }
    this.ends[list + 1] = block;
    this.waiting++;
  }

  private unlink(words: Int32Array, at: number): void {
    const next = words[at + NEXT]!;
    const prev = words[at + PREV]!;
    if (prev < 0) this.ends[~prev] = next < 0 ? EMPTY : next;
    else this.link(prev, NEXT, next);
    if (next < 0) this.ends[~next + 1] = prev < 0 ? EMPTY : prev;
    else this.link(next, PREV, prev);
    this.waiting--;
  }

  /** Splices the list of a tick to the end of the due ones, in constant time. */
  private moveToDue(tick: number): void {
    const list = listOf(tick);
    const first = this.ends[list]!;
    if (first < 0) return;
    const last = this.ends[list + 1]!;
    const dueLast = this.ends[2 * DUE + 1]!;
    if (dueLast < 0) this.ends[2 * DUE] = first;
    else this.link(dueLast, NEXT, first);
    this.link(first, PREV, dueLast < 0 ? ~DUE : dueLast);
    this.link(last, NEXT, ~DUE);
    this.ends[2 * DUE + 1] = last;
    this.ends[list] = EMPTY;
    this.ends[list + 1] = EMPTY;
  }

  /** Moves tick 0 by whole rounds, so that every block stays in its list. Touches every slot, once in 1.1 years. */
  private rebase(): void {
    const shift = this.cursor - (this.cursor % BUCKETS);
    this.origin += shift;
    this.cursor -= shift;
    this.hint = Math.max(1, this.hint - shift);
    for (const words of this.chunks) {
      if (words === undefined) continue;
      for (let at = DEADLINE; at < BLOCKS; at += TREE_WORDS) {
        if (words[at] !== NEVER) words[at] = Math.max(0, words[at]! - shift);
      }
      for (let block = 0; block < CHUNK_BLOCKS; block++) {
        const at = blockAt(block) + TICK;
        if (words[at] !== 0) words[at] = Math.max(1, words[at]! - shift);
      }
    }
  }

  private link(block: number, word: number, value: number): void {
    this.chunks[block >>> CHUNK_BLOCK_BITS]![blockAt(block) + word] = value;
  }
}

/** Where the two ends of a tick's list are. */
function listOf(tick: number): number {
  return 2 * (1 + (tick & MASK));
}

function blockAt(block: number): number {
  return BLOCKS + (block & (CHUNK_BLOCKS - 1)) * BLOCK_WORDS;
}

/** The earliest deadline among the trees of a block; NEVER if there is none. */
function earliestIn(words: Int32Array, block: number): number {
  let earliest = NEVER;
  let at = ((block << BLOCK_BITS) & SLOT_MASK) * TREE_WORDS;
  for (let i = 0; i < BLOCK_SLOTS; i++, at += TREE_WORDS) {
    const deadline = words[at + DEADLINE]!;
    if (deadline < earliest && (words[at + ROOT_LO]! | words[at + ROOT_HI]!) !== 0) earliest = deadline;
  }
  return earliest;
}

function never(deadlineMs: number): number {
  assert(!Number.isNaN(deadlineMs), 'a deadline is a number');
  return NEVER;
}
