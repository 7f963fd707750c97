// Owns: the memory of pending tuple trees: slots in chunks of a fixed size, the words of a slot, free lists.
// Not here: what the words mean to acks (acker.ts) and to time-outs (timing-wheel.ts).
// Invariants: growing and shrinking copy nothing and touch no slot; a slot that holds no tree has root id 0 (which
// no tree has), so a stale handle never matches; a chunk other than the current one is attached only while it holds
// a tree.

import { assert } from '../base/assert.ts';

/**
 * Where things are in a slab. Others take what they need by `const { … } = SLAB`: a module's own constants are folded
 * into the compiled code by V8, imported bindings are read again at each use (measured: 9 instead of 12 ns per XOR).
 */
export const SLAB = {
  /** Slots of a chunk, as power of two. 4,096 are 97 KiB: allocating them takes microseconds, which is never felt. */
  CHUNK_BITS: 12,
  /** The part of a slot that is its position in the chunk. */
  SLOT_MASK: (1 << 12) - 1,
  /** 32-bit words of a tree: 20 bytes of payload and the tick of its deadline. */
  TREE_WORDS: 6,
  ROOT_LO: 0,
  ROOT_HI: 1,
  /** Threads free slots too, as position in the chunk + 1. */
  ACK_LO: 2,
  ACK_HI: 3,
  OWNER: 4,
  DEADLINE: 5,
  /** Slots that the timing wheel handles together, as power of two. */
  BLOCK_BITS: 6,
  /** Where the words of a chunk's blocks start, and how many each has. They are 0 when a chunk is attached. */
  BLOCKS: 6 << 12,
  BLOCK_WORDS: 3,
} as const;

const { CHUNK_BITS, SLOT_MASK, TREE_WORDS, ROOT_LO, ROOT_HI, ACK_LO } = SLAB;

const CHUNK_SLOTS = 1 << CHUNK_BITS;

/** Words at the end of a chunk: first free slot + 1, slots ever used, slots in use. All start at 0. */
const FREE_HEAD = SLAB.BLOCKS + (CHUNK_SLOTS >> SLAB.BLOCK_BITS) * SLAB.BLOCK_WORDS;
const FRESH = FREE_HEAD + 1;
const USED = FREE_HEAD + 2;
const CHUNK_WORDS = FREE_HEAD + 3;

/** Chunks of one slab: 67 million trees, 1.5 GiB. */
const MAX_CHUNKS = 1 << 14;
/** Most trees that one slab holds. Whoever lets users set a limit on pending trees checks it against this. */
export const MAX_TREES = MAX_CHUNKS * CHUNK_SLOTS;
/** Empty chunks kept for reuse whatever the load (1.6 MB), and besides them one for every so many attached ones. */
const SPARE_CHUNKS = 16;
const ATTACHED_PER_SPARE = 4;

export class TreeSlab {
  /** Trees in the slab. */
  size = 0;
  /** Words by `slot >>> CHUNK_BITS`. The array is never replaced, so that others may hold it. */
  readonly chunks: (Int32Array | undefined)[] = [];
  /** The chunk that new trees go to until it is full. */
  current: Int32Array;
  private currentIndex = 0;
  private attached = 1;
  private readonly spares: Int32Array[] = [];
  /** One bit for every attached chunk, except the current one, that has a free slot. */
  private readonly roomy = new Int32Array(MAX_CHUNKS / 32);
  /** No word of `roomy` below this one has a bit. */
  private lowestRoomy = 0;

  private readonly beforeDetach: (index: number, words: Int32Array) => void;

  /** `beforeDetach` is told of every chunk that leaves; it clears the words of its blocks. */
  constructor(beforeDetach: (index: number, words: Int32Array) => void) {
    this.beforeDetach = beforeDetach;
    this.current = new Int32Array(CHUNK_WORDS);
    this.chunks.push(this.current);
  }

  /** Takes a free slot, from the lowest chunk that has room once the current one is full. */
  take(): number {
    if (this.current[USED] === CHUNK_SLOTS) this.changeCurrent();
    const words = this.current;
    words[USED]!++;
    this.size++;
    const head = words[FREE_HEAD]!;
    if (head === 0) return (this.currentIndex << CHUNK_BITS) | words[FRESH]!++;
    words[FREE_HEAD] = words[(head - 1) * TREE_WORDS + ACK_LO]!;
    return (this.currentIndex << CHUNK_BITS) | (head - 1);
  }

  /** Gives back a slot. `words` and `at` are its chunk and position. */
  give(slot: number, words: Int32Array, at: number): void {
    words[at + ROOT_LO] = 0;
    words[at + ROOT_HI] = 0;
    words[at + ACK_LO] = words[FREE_HEAD]!;
    words[FREE_HEAD] = (slot & SLOT_MASK) + 1;
    const used = words[USED]! - 1;
    words[USED] = used;
    this.size--;
    if (used === 0 || used === CHUNK_SLOTS - 1) this.fillChanged(slot >>> CHUNK_BITS, used);
  }

  /** Slots that exist without allocating, spare chunks included. */
  get capacity(): number {
    return (this.attached + this.spares.length) * CHUNK_SLOTS;
  }

  /** Bytes of typed arrays held. */
  bytes(): number {
    return (this.attached + this.spares.length) * CHUNK_WORDS * 4 + this.roomy.byteLength;
  }

  private fillChanged(index: number, used: number): void {
    if (index === this.currentIndex) return;
    const word = index >>> 5;
    if (used > 0) {
      this.roomy[word]! |= 1 << index;
      if (word < this.lowestRoomy) this.lowestRoomy = word;
      return;
    }
    this.roomy[word]! &= ~(1 << index);
    this.detach(index);
  }

  private detach(index: number): void {
    const words = this.chunks[index]!;
    this.beforeDetach(index, words);
    this.chunks[index] = undefined;
    this.attached--;
    while (this.chunks.at(-1) === undefined) this.chunks.pop();
    const keep = SPARE_CHUNKS + Math.floor(this.attached / ATTACHED_PER_SPARE);
    if (this.spares.length < keep) {
      words[FREE_HEAD] = 0;
      words[FRESH] = 0;
      this.spares.push(words);
    } else if (this.spares.length > keep) this.spares.pop();
  }

  private changeCurrent(): void {
    const roomy = this.takeRoomy();
    this.currentIndex = roomy >= 0 ? roomy : this.attach();
    this.current = this.chunks[this.currentIndex]!;
  }

  private takeRoomy(): number {
    for (let word = this.lowestRoomy; word << 5 < this.chunks.length; word++) {
      const bits = this.roomy[word]!;
      if (bits === 0) continue;
      const bit = 31 - Math.clz32(bits & -bits);
      this.roomy[word] = bits & ~(1 << bit);
      this.lowestRoomy = word;
      return (word << 5) | bit;
    }
    this.lowestRoomy = this.chunks.length >>> 5;
    return -1;
  }

  private attach(): number {
    const words = this.spares.pop() ?? new Int32Array(CHUNK_WORDS);
    const hole = this.chunks.indexOf(undefined);
    const index = hole >= 0 ? hole : this.chunks.length;
    assert(index < MAX_CHUNKS, `no more than ${MAX_TREES} tuple trees are pending in one acker`);
    this.chunks[index] = words;
    this.attached++;
    return index;
  }
}
