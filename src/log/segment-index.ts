// Owns: the sparse index of one segment: offset -> position and timestamp -> position, in memory and as bytes. Pure.
// Invariants: entries ascend in offset and position. An index is a hint that can be rebuilt from the segment: its
// file carries a version, the size of log that it covers and a CRC, and whoever uses an entry checks that the batch
// it points at has the offset that it says.

import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { LOG_LIMITS } from './limits.ts';

const MAGIC = 0x4d52_4958; // "MRIX"
const VERSION = 1;
const HEADER_BYTES = 48;
const ENTRY_BYTES = 24;

/** Smaller than every timestamp. */
export const NO_TIMESTAMP = Number.NEGATIVE_INFINITY;

export interface IndexEntry {
  readonly offset: number;
  readonly position: number;
}

export class SegmentIndex {
  readonly baseOffset: number;
  /** Bytes of the segment that were walked. */
  coveredBytes = 0;
  /** Offset after the last batch walked. */
  coveredOffset: number;
  /** Largest timestamp in the bytes covered. */
  maxTimestamp = NO_TIMESTAMP;
  private readonly offsets: number[] = [];
  private readonly positions: number[] = [];
  /** Largest timestamp of all batches before the entry's. */
  private readonly before: number[] = [];

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset;
    this.coveredOffset = baseOffset;
  }

  /** Notes the batch of `size` bytes that begins at `coveredBytes`. */
  add(offset: number, nextOffset: number, size: number, maxTimestamp: number): void {
    assert(offset === this.coveredOffset, 'batches are indexed in order');
    const last = this.positions.length - 1;
    if (last < 0 || this.coveredBytes - this.positions[last]! >= LOG_LIMITS.indexIntervalBytes) {
      this.offsets.push(offset);
      this.positions.push(this.coveredBytes);
      this.before.push(this.maxTimestamp);
    }
    this.coveredBytes += size;
    this.coveredOffset = nextOffset;
    if (maxTimestamp > this.maxTimestamp) this.maxTimestamp = maxTimestamp;
  }

  /** The last entry at or before `offset`; the segment's beginning if there is none. */
  floor(offset: number): IndexEntry {
    return this.entry(lastAtMost(this.offsets, offset));
  }

  /** An entry such that no batch before it has a record at or after `timestamp`. */
  floorTimestamp(timestamp: number): IndexEntry {
    return this.entry(lastBelow(this.before, timestamp));
  }

  encode(): Buffer {
    const count = this.offsets.length;
    const bytes = Buffer.alloc(HEADER_BYTES + count * ENTRY_BYTES);
    bytes.writeUInt32BE(MAGIC, 0);
    bytes.writeUInt32BE(VERSION, 4);
    bytes.writeUInt32BE(count, 12);
    bytes.writeDoubleBE(this.baseOffset, 16);
    bytes.writeDoubleBE(this.coveredBytes, 24);
    bytes.writeDoubleBE(this.coveredOffset, 32);
    bytes.writeDoubleBE(this.maxTimestamp, 40);
    for (let i = 0; i < count; i++) {
      const at = HEADER_BYTES + i * ENTRY_BYTES;
      bytes.writeDoubleBE(this.offsets[i]!, at);
      bytes.writeDoubleBE(this.positions[i]!, at + 8);
      bytes.writeDoubleBE(this.before[i]!, at + 16);
    }
    bytes.writeUInt32BE(crc32c(bytes, 12), 8);
    return bytes;
  }

  /** Null if the bytes are not a whole index of this version for the segment: it is rebuilt then. */
  static decode(bytes: Buffer, baseOffset: number): SegmentIndex | null {
    if (bytes.length < HEADER_BYTES) return null;
    if (bytes.readUInt32BE(0) !== MAGIC || bytes.readUInt32BE(4) !== VERSION) return null;
    if (bytes.readUInt32BE(8) !== crc32c(bytes, 12)) return null;
    const count = bytes.readUInt32BE(12);
    if (bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return null;
    if (bytes.readDoubleBE(16) !== baseOffset) return null;
    const index = new SegmentIndex(baseOffset);
    index.coveredBytes = bytes.readDoubleBE(24);
    index.coveredOffset = bytes.readDoubleBE(32);
    index.maxTimestamp = bytes.readDoubleBE(40);
    for (let i = 0; i < count; i++) {
      const at = HEADER_BYTES + i * ENTRY_BYTES;
      index.offsets.push(bytes.readDoubleBE(at));
      index.positions.push(bytes.readDoubleBE(at + 8));
      index.before.push(bytes.readDoubleBE(at + 16));
    }
    return index;
  }

  private entry(index: number): IndexEntry {
    if (index < 0) return { offset: this.baseOffset, position: 0 };
    return { offset: this.offsets[index]!, position: this.positions[index]! };
  }
}

/** Position of the last element <= `wanted` in an ascending array, or -1. */
function lastAtMost(ascending: readonly number[], wanted: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Position of the last element < `wanted` in an ascending array, or -1. */
function lastBelow(ascending: readonly number[], wanted: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
