// Owns: finding a node by the hash of its path. Not here: paths (the caller compares them), nodes (node-slab.ts).
// Invariant: every slot that was inserted and not removed is in exactly one page, reachable without a gap from its place.
//
// Extendible hashing (Fagin, Nievergelt, Pippenger and Strong, 1979): a directory of small pages; a full page is split
// alone, so no insert ever waits for a table of a million entries to be hashed again. In a page: open addressing, and
// removal by moving back what follows (Knuth, volume 3, section 6.4, algorithm R), so there are no tombstones.

import { assert } from '../../base/assert.ts';

const PAGE_SLOTS = 512;
/** A page is full from here on, in eighths of its slots. */
const FULL_EIGHTHS = 6;
/** Bits of the hash that the directory may use. A page that could only be split further grows instead. */
const MAX_DEPTH = 20;

interface Page {
  /** Pairs: hash, slot + 1. */
  pairs: Int32Array;
  mask: number;
  count: number;
  /** All hashes of the page agree in this many low bits. */
  depth: number;
}

export class PathIndex {
  private directory: Page[] = [makePage(0, PAGE_SLOTS)];
  private depth = 0;
  private readonly isAt: (slot: number, path: string) => boolean;

  /** `isAt`: true if the node in `slot` has that path. */
  constructor(isAt: (slot: number, path: string) => boolean) {
    this.isAt = isAt;
  }

  /** The slot of the node at `path`, or -1. `hash`: of the path, well mixed. */
  find(hash: number, path: string): number {
    const page = this.pageOf(hash);
    const { pairs, mask } = page;
    for (let at = home(hash, mask); ; at = (at + 1) & mask) {
      const slot = pairs[at * 2 + 1]!;
      if (slot === 0) return -1;
      if (pairs[at * 2] === hash && this.isAt(slot - 1, path)) return slot - 1;
    }
  }

  insert(hash: number, slot: number): void {
    let page = this.pageOf(hash);
    while (page.count * 8 >= (page.mask + 1) * FULL_EIGHTHS) {
      this.makeRoom(page, hash);
      page = this.pageOf(hash);
    }
    put(page, hash, slot + 1);
  }

  remove(hash: number, slot: number): void {
    const page = this.pageOf(hash);
    const { pairs, mask } = page;
    let hole = home(hash, mask);
    while (pairs[hole * 2] !== hash || pairs[hole * 2 + 1] !== slot + 1) {
      assert(pairs[hole * 2 + 1] !== 0, 'what is removed from the index is in it');
      hole = (hole + 1) & mask;
    }
    for (let at = (hole + 1) & mask; pairs[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const wanted = home(pairs[at * 2]!, mask);
      // Stays if its place lies cyclically behind the hole: it can be reached without passing the hole.
      if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
      pairs[hole * 2] = pairs[at * 2]!;
      pairs[hole * 2 + 1] = pairs[at * 2 + 1]!;
      hole = at;
    }
    pairs[hole * 2] = 0;
    pairs[hole * 2 + 1] = 0;
    page.count--;
  }

  private pageOf(hash: number): Page {
    return this.directory[hash & (this.directory.length - 1)]!;
  }

  private makeRoom(page: Page, hash: number): void {
    if (page.depth >= MAX_DEPTH) {
      moveTo(page, [makePage(page.depth, (page.mask + 1) * 2)]);
      return;
    }
    if (page.depth === this.depth) {
      this.directory = this.directory.concat(this.directory);
      this.depth++;
    }
    const bit = 1 << page.depth;
    const other = makePage(page.depth + 1, PAGE_SLOTS);
    const same = makePage(page.depth + 1, PAGE_SLOTS);
    moveTo(page, [same, other]);
    const first = hash & (bit - 1);
    for (let at = first | bit; at < this.directory.length; at += bit * 2) this.directory[at] = other;
  }
}

/** Distributes the pairs of `page` over the targets; `page` takes over the first one's place. */
function moveTo(page: Page, targets: readonly Page[]): void {
  const { pairs, depth } = page;
  for (let at = 0; at < pairs.length; at += 2) {
    if (pairs[at + 1] === 0) continue;
    const upper = targets.length === 2 ? (pairs[at]! >>> depth) & 1 : 0;
    put(targets[upper]!, pairs[at]!, pairs[at + 1]!);
  }
  Object.assign(page, targets[0]);
}

function makePage(depth: number, slots: number): Page {
  return { pairs: new Int32Array(slots * 2), mask: slots - 1, count: 0, depth };
}

function put(page: Page, hash: number, slotPlusOne: number): void {
  const { pairs, mask } = page;
  let at = home(hash, mask);
  while (pairs[at * 2 + 1] !== 0) at = (at + 1) & mask;
  pairs[at * 2] = hash;
  pairs[at * 2 + 1] = slotPlusOne;
  page.count++;
}

/** Where in its page a hash wants to be: by the high bits, because the low ones chose the page. */
function home(hash: number, mask: number): number {
  return (hash >>> 12) & mask;
}
