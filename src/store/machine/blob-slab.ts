// Owns: the memory of small byte strings (names and data of nodes): pages of one size class each, free lists.
// Not here: what they are, how long they are (node-slab.ts keeps the lengths).
// Invariants: a blob lies in one page and never moves; a page without blobs is given back, except one for each class,
// so that a class that goes up and down around a page's edge does not allocate.
//
// A Uint8Array of its own costs V8 about 100 bytes and one object for the garbage collector to visit; a million nodes
// would be two million of them. Here they are 64 KiB pages that hold no pointer.

import { assert } from '../../base/assert.ts';

const PAGE_BYTES = 65_536;
const GRANULE_BITS = 3;
/** A reference is a page number and an offset in granules of 8 bytes. */
const OFFSET_BITS = 16 - GRANULE_BITS;
const OFFSET_MASK = (1 << OFFSET_BITS) - 1;
const MAX_PAGES = 1 << (32 - OFFSET_BITS);
/** Classes go in steps of 8 bytes up to here; from here on each doubling has 8 classes. */
const FINE_BYTES = 128;
/** Longer blobs get a page of their own length. */
const LARGEST_SHARED = 16_384;

interface Page {
  readonly bytes: Uint8Array;
  readonly number: number;
  /** Bytes of each place, or 0 for a page that is one long blob. */
  readonly placeBytes: number;
  readonly places: number;
  /** Places handed out at least once. */
  fresh: number;
  used: number;
  /** The first free place + 1; the others are threaded through the places themselves. */
  free: number;
  /** Where the page is in the list of roomy pages of its class, or -1. */
  listedAt: number;
}

export class BlobSlab {
  private readonly pages: (Page | undefined)[] = [undefined];
  private readonly freeNumbers: number[] = [];
  /** By class: the pages that have room. */
  private readonly roomy: Page[][] = [];
  private heldBytes = 0;

  /** Bytes of all pages. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** Keeps a copy. The reference is 0 for no bytes. */
  store(data: Uint8Array): number {
    const ref = this.reserve(data.length);
    if (ref !== 0) this.pages[ref >>> OFFSET_BITS]!.bytes.set(data, this.offset(ref));
    return ref;
  }

  /** Room for `length` bytes, which hold anything. */
  reserve(length: number): number {
    if (length === 0) return 0;
    if (length > LARGEST_SHARED) return (this.addPage(length, 0, 1).number << OFFSET_BITS) >>> 0;
    const page = this.roomyPage(length);
    page.used++;
    let place = page.free - 1;
    if (place >= 0) page.free = readWord(page.bytes, place * page.placeBytes);
    else place = page.fresh++;
    if (page.used === page.places) this.unlist(page);
    return ((page.number << OFFSET_BITS) | ((place * page.placeBytes) >>> GRANULE_BITS)) >>> 0;
  }

  free(ref: number): void {
    if (ref === 0) return;
    const page = this.pages[ref >>> OFFSET_BITS];
    assert(page !== undefined, 'a blob is freed once');
    if (page.placeBytes === 0) {
      this.dropPage(page);
      return;
    }
    const offset = this.offset(ref);
    writeWord(page.bytes, offset, page.free);
    page.free = offset / page.placeBytes + 1;
    page.used--;
    if (page.listedAt < 0) this.list(page);
    if (page.used > 0 || this.roomy[classOf(page.placeBytes)]!.length === 1) return;
    this.unlist(page);
    this.dropPage(page);
  }

  /** The page in which the blob lies. Valid until the blob is freed. */
  pageOf(ref: number): Uint8Array {
    return this.pages[ref >>> OFFSET_BITS]!.bytes;
  }

  /** Where in its page the blob starts. */
  offset(ref: number): number {
    return (ref & OFFSET_MASK) << GRANULE_BITS;
  }

  /** A copy. */
  read(ref: number, length: number): Uint8Array {
    if (ref === 0) return new Uint8Array(0);
    const offset = this.offset(ref);
    return this.pageOf(ref).slice(offset, offset + length);
  }

  private roomyPage(length: number): Page {
    const size = classOf(length);
    while (this.roomy.length <= size) this.roomy.push([]);
    const page = this.roomy[size]!.at(-1);
    if (page !== undefined) return page;
    const placeBytes = sizeOfClass(size);
    const added = this.addPage(PAGE_BYTES, placeBytes, Math.floor(PAGE_BYTES / placeBytes));
    this.list(added);
    return added;
  }

  private list(page: Page): void {
    const roomy = this.roomy[classOf(page.placeBytes)]!;
    page.listedAt = roomy.length;
    roomy.push(page);
  }

  private unlist(page: Page): void {
    const roomy = this.roomy[classOf(page.placeBytes)]!;
    const last = roomy.pop()!;
    if (last !== page) {
      roomy[page.listedAt] = last;
      last.listedAt = page.listedAt;
    }
    page.listedAt = -1;
  }

  private addPage(bytes: number, placeBytes: number, places: number): Page {
    const number = this.freeNumbers.pop() ?? this.pages.length;
    assert(number < MAX_PAGES, `no more than ${MAX_PAGES} pages of names and data are held`);
    const page: Page = {
      bytes: new Uint8Array(bytes),
      number,
      placeBytes,
      places,
      fresh: 0,
      used: 0,
      free: 0,
      listedAt: -1,
    };
    this.pages[number] = page;
    this.heldBytes += bytes;
    return page;
  }

  private dropPage(page: Page): void {
    this.pages[page.number] = undefined;
    this.freeNumbers.push(page.number);
    this.heldBytes -= page.bytes.length;
  }
}

/** The number of the smallest class that holds `length` bytes. */
function classOf(length: number): number {
  if (length <= FINE_BYTES) return (length - 1) >>> GRANULE_BITS;
  const doubling = 31 - Math.clz32((length - 1) >>> 7);
  const step = 16 << doubling;
  return 16 + 8 * doubling + Math.ceil((length - (FINE_BYTES << doubling)) / step) - 1;
}

/** Bytes of a place of class `size`: a multiple of the granule. */
function sizeOfClass(size: number): number {
  if (size < 16) return (size + 1) << GRANULE_BITS;
  const doubling = (size - 16) >>> 3;
  return (FINE_BYTES << doubling) + (16 << doubling) * (((size - 16) & 7) + 1);
}

function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}
