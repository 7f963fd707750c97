// Owns: the memory of nodes: a record of 120 bytes each, in chunks, and the list of free records.
// Not here: what the fields mean to each other (znode-tree.ts), names and data (blob-slab.ts holds the bytes).
// Invariants: a record never moves; record 0 is the root and is never given back, so that 0 stands for "none" in links
// between siblings and children. Growing copies nothing.
//
// One object per node with boxed numbers would take some 400 bytes and be visited by each garbage collection.

import { assert } from '../../base/assert.ts';

/** Fields of a record by position in its chunk's view of doubles. */
export const NUMBER = {
  czxid: 0,
  mzxid: 1,
  pzxid: 2,
  ctime: 3,
  mtime: 4,
  /** Session of an ephemeral node, 0, or what stands for a container or a TTL (znode-kinds.ts). */
  owner: 5,
} as const;

/** Fields of a record by position in its chunk's view of 32-bit integers; the doubles take the first 12. */
export const WORD = {
  version: 12,
  /** Children ever created: what ZooKeeper keeps, not what it shows. */
  cversion: 13,
  aversion: 14,
  /** Number in the ACL cache. */
  acl: 15,
  parent: 16,
  firstChild: 17,
  nextSibling: 18,
  previousSibling: 19,
  children: 20,
  nameRef: 21,
  /** Length in UTF-16 units, negative if the name takes two bytes each. */
  nameUnits: 22,
  dataRef: 23,
  /** -1: no data at all, which ZooKeeper tells apart from no bytes. */
  dataLength: 24,
  /** Hash of the path, two independent halves. */
  pathLow: 25,
  pathHigh: 26,
  /** Hash of the data. */
  dataLow: 27,
  dataHigh: 28,
  /** 1 while the record is a node. */
  live: 29,
} as const;

const CHUNK_BITS = 11;
const CHUNK_RECORDS = 1 << CHUNK_BITS;
const RECORD_MASK = CHUNK_RECORDS - 1;
const RECORD_WORDS = 30;
const RECORD_NUMBERS = RECORD_WORDS / 2;
/** Slots are 31-bit numbers. */
const MAX_CHUNKS = 1 << (31 - CHUNK_BITS);

export class NodeSlab {
  private readonly words: Int32Array[] = [];
  private readonly numbers: Float64Array[] = [];
  /** The last free slot, the others threaded through `parent`; 0: none. */
  private free = 0;
  private end = 0;
  private live = 0;

  /** Nodes. */
  get size(): number {
    return this.live;
  }

  /** All slots are below. */
  get limit(): number {
    return this.end;
  }

  get bytes(): number {
    return this.words.length * CHUNK_RECORDS * RECORD_WORDS * 4;
  }

  /** A record of zeros, live. The first one is 0. */
  take(): number {
    const slot = this.free;
    if (slot === 0) {
      const next = this.end;
      this.place(next);
      return next;
    }
    this.free = this.word(slot, WORD.parent);
    this.setWord(slot, WORD.parent, 0);
    this.revive(slot);
    return slot;
  }

  /** Makes `slot` a live record of zeros. Slots between that were never taken are free only after `collectFree`. */
  place(slot: number): void {
    while (slot >= this.words.length << CHUNK_BITS) this.addChunk();
    if (slot >= this.end) this.end = slot + 1;
    this.revive(slot);
  }

  /** After `place`: makes all records below `limit` that hold no node available. */
  collectFree(): void {
    this.free = 0;
    for (let slot = this.end - 1; slot > 0; slot--) {
      if (this.isLive(slot)) continue;
      this.setWord(slot, WORD.parent, this.free);
      this.free = slot;
    }
  }

  give(slot: number): void {
    assert(slot !== 0, 'the root stays');
    const at = (slot & RECORD_MASK) * RECORD_WORDS;
    this.words[slot >>> CHUNK_BITS]!.fill(0, at, at + RECORD_WORDS);
    this.setWord(slot, WORD.parent, this.free);
    this.free = slot;
    this.live--;
  }

  isLive(slot: number): boolean {
    return slot < this.end && this.word(slot, WORD.live) === 1;
  }

  word(slot: number, field: number): number {
    return this.words[slot >>> CHUNK_BITS]![(slot & RECORD_MASK) * RECORD_WORDS + field]!;
  }

  setWord(slot: number, field: number, value: number): void {
    this.words[slot >>> CHUNK_BITS]![(slot & RECORD_MASK) * RECORD_WORDS + field] = value;
  }

  number(slot: number, field: number): number {
    return this.numbers[slot >>> CHUNK_BITS]![(slot & RECORD_MASK) * RECORD_NUMBERS + field]!;
  }

  setNumber(slot: number, field: number, value: number): void {
    this.numbers[slot >>> CHUNK_BITS]![(slot & RECORD_MASK) * RECORD_NUMBERS + field] = value;
  }

  private revive(slot: number): void {
    assert(this.word(slot, WORD.live) === 0, 'a record is taken once');
    this.setWord(slot, WORD.live, 1);
    this.live++;
  }

  private addChunk(): void {
    assert(this.words.length < MAX_CHUNKS, 'no more than 2^31 nodes are held');
    const buffer = new ArrayBuffer(CHUNK_RECORDS * RECORD_WORDS * 4);
    this.words.push(new Int32Array(buffer));
    this.numbers.push(new Float64Array(buffer));
  }
}
