// Owns: names of nodes as bytes in the slab, and the hash of a path. Not here: which paths are valid (paths.ts).
// Invariants: a name takes one byte per UTF-16 unit if all its units are below 256, two otherwise; the hash of a path is
// the hash of its parent continued by a slash and the name, so a child's hash needs only its parent's record.

import type { BlobSlab } from './blob-slab.ts';
import { type NodeSlab, WORD } from './node-slab.ts';

const SLASH = 0x2f;

/** Two independent 32-bit hashes of a path. */
export class PathHash {
  low = 0;
  high = 0;

  /** Starts at the root's hash. */
  begin(): void {
    this.low = 0x2545f491;
    this.high = 0x6c078965;
  }

  append(text: string): void {
    let { low, high } = this;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      low = Math.imul(low ^ unit, 0x9e3779b1);
      low ^= low >>> 15;
      high = Math.imul(high ^ unit, 0x85ebca77);
      high ^= high >>> 13;
    }
    this.low = low;
    this.high = high;
  }
}

export class NodeNames {
  private readonly nodes: NodeSlab;
  private readonly blobs: BlobSlab;

  constructor(nodes: NodeSlab, blobs: BlobSlab) {
    this.nodes = nodes;
    this.blobs = blobs;
  }

  /** Keeps `name` as that of `slot`. */
  store(slot: number, name: string): void {
    const { length } = name;
    let isNarrow = true;
    for (let at = 0; at < length && isNarrow; at++) isNarrow = name.charCodeAt(at) < 256;
    const ref = this.blobs.reserve(isNarrow ? length : length * 2);
    const page = this.blobs.pageOf(ref);
    let at = this.blobs.offset(ref);
    for (let unit = 0; unit < length; unit++) {
      const code = name.charCodeAt(unit);
      page[at++] = code;
      if (!isNarrow) page[at++] = code >>> 8;
    }
    this.nodes.setWord(slot, WORD.nameRef, ref);
    this.nodes.setWord(slot, WORD.nameUnits, isNarrow ? length : -length);
  }

  nameOf(slot: number): string {
    const ref = this.nodes.word(slot, WORD.nameRef) >>> 0;
    const units = this.nodes.word(slot, WORD.nameUnits);
    if (units === 0) return '';
    const page = this.blobs.pageOf(ref);
    const start = this.blobs.offset(ref);
    if (units > 0) return narrowText(page, start, start + units);
    let name = '';
    for (let at = start; at < start - units * 2; at += 2) {
      name += String.fromCharCode(page[at]! | (page[at + 1]! << 8));
    }
    return name;
  }

  pathOf(slot: number): string {
    if (slot === 0) return '/';
    let path = '';
    for (let at = slot; at !== 0; at = this.nodes.word(at, WORD.parent)) path = `/${this.nameOf(at)}${path}`;
    return path;
  }

  /** True if `path` is spelled as the path of `slot`, which is not the root. */
  isPathOf(slot: number, path: string): boolean {
    let end = path.length;
    for (let at = slot; at !== 0; at = this.nodes.word(at, WORD.parent)) {
      const units = this.nodes.word(at, WORD.nameUnits);
      const start = end - Math.abs(units);
      if (start < 1 || path.charCodeAt(start - 1) !== SLASH) return false;
      if (!this.isNameOf(at, units, path, start)) return false;
      end = start - 1;
    }
    return end === 0;
  }

  private isNameOf(slot: number, units: number, path: string, start: number): boolean {
    const ref = this.nodes.word(slot, WORD.nameRef) >>> 0;
    const page = this.blobs.pageOf(ref);
    const offset = this.blobs.offset(ref);
    if (units > 0) {
      for (let at = 0; at < units; at++) if (page[offset + at] !== path.charCodeAt(start + at)) return false;
      return true;
    }
    for (let at = 0; at < -units; at++) {
      const low = offset + at * 2;
      if ((page[low]! | (page[low + 1]! << 8)) !== path.charCodeAt(start + at)) return false;
    }
    return true;
  }
}

/** Longest piece that is handed to `apply` as arguments. */
const PIECE = 1_024;

/** The text whose units are the bytes `[start, end)`. */
export function narrowText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += PIECE) {
    const piece = bytes.subarray(at, Math.min(end, at + PIECE));
    text += String.fromCharCode.apply(null, piece as unknown as number[]);
  }
  return text;
}
