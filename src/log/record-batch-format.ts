// Owns: the fixed header of Kafka's RecordBatch, magic 2 (KIP-98; Kafka documentation, "Message Format"): positions,
// reading, and the checks that a header can be given without its records. Pure: no I/O.
//
//   0 baseOffset i64 | 8 batchLength i32 | 12 partitionLeaderEpoch i32 | 16 magic i8 | 17 crc u32 | 21 attributes i16
//   23 lastOffsetDelta i32 | 27 baseTimestamp i64 | 35 maxTimestamp i64 | 43 producerId i64 | 51 producerEpoch i16
//   53 baseSequence i32 | 57 records i32 | 61 records …
//
// The CRC covers everything from `attributes` on, not the first 21 bytes. A reader of a log file gets those safe by
// other means: the base offset must follow the batch before, the epoch must be 0, and a wrong length or magic moves
// or breaks the CRC.

import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';

export const BATCH_HEADER_BYTES = 61;
export const BATCH_MAGIC = 2;
/** Bytes before those that `batchLength` counts. */
export const BATCH_LENGTH_OVERHEAD = 12;
/** A record takes at least: length, attributes, timestamp delta, offset delta, key length, value length, header count. */
export const MIN_RECORD_BYTES = 7;
export const NO_PRODUCER = -1;

export const BATCH = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
} as const;

/** Attribute bits that a plain batch may not have: compression (0–2), transactional (4), control (5). */
const UNSUPPORTED_ATTRIBUTES = 0b110111;

/** A header read from a buffer. Reused: `read` overwrites it. */
export class BatchHeader {
  baseOffset = 0;
  /** Whole batch, header included. */
  size = 0;
  leaderEpoch = 0;
  magic = 0;
  crc = 0;
  attributes = 0;
  lastOffsetDelta = 0;
  baseTimestamp = 0;
  maxTimestamp = 0;
  producerId = NO_PRODUCER;
  producerEpoch = -1;
  baseSequence = -1;
  count = 0;

  /** Reads `BATCH_HEADER_BYTES` bytes at `at`. */
  read(buffer: Buffer, at: number): this {
    this.baseOffset = readInt64(buffer, at + BATCH.baseOffset);
    this.size = buffer.readInt32BE(at + BATCH.length) + BATCH_LENGTH_OVERHEAD;
    this.leaderEpoch = buffer.readInt32BE(at + BATCH.leaderEpoch);
    this.magic = buffer.readInt8(at + BATCH.magic);
    this.crc = buffer.readUInt32BE(at + BATCH.crc);
    this.attributes = buffer.readInt16BE(at + BATCH.attributes);
    this.lastOffsetDelta = buffer.readInt32BE(at + BATCH.lastOffsetDelta);
    this.baseTimestamp = readInt64(buffer, at + BATCH.baseTimestamp);
    this.maxTimestamp = readInt64(buffer, at + BATCH.maxTimestamp);
    this.producerId = readInt64(buffer, at + BATCH.producerId);
    this.producerEpoch = buffer.readInt16BE(at + BATCH.producerEpoch);
    this.baseSequence = buffer.readInt32BE(at + BATCH.baseSequence);
    this.count = buffer.readInt32BE(at + BATCH.count);
    return this;
  }

  /** The offset after this batch. */
  get nextOffset(): number {
    return this.baseOffset + this.lastOffsetDelta + 1;
  }

  /** What is wrong with this header as the batch that starts at `expectedOffset` in one of our files, or null. */
  fault(expectedOffset: number): string | null {
    if (this.magic !== BATCH_MAGIC) return `magic ${this.magic} instead of ${BATCH_MAGIC}`;
    if (this.baseOffset !== expectedOffset) {
      return `base offset ${this.baseOffset} instead of ${expectedOffset}`;
    }
    if (this.leaderEpoch !== 0) return `leader epoch ${this.leaderEpoch} instead of 0`;
    if (this.count < 1 || this.lastOffsetDelta !== this.count - 1) return `record count ${this.count}`;
    if (this.size < BATCH_HEADER_BYTES + this.count * MIN_RECORD_BYTES) return `batch size ${this.size}`;
    if ((this.attributes & UNSUPPORTED_ATTRIBUTES) !== 0) return `attributes ${this.attributes}`;
    return null;
  }
}

/** True if the checksum of the batch of `size` bytes at `at` holds. */
export function batchChecksumHolds(buffer: Buffer, at: number, size: number): boolean {
  return crc32c(buffer, at + BATCH.attributes, at + size) === buffer.readUInt32BE(at + BATCH.crc);
}

/** A signed 64-bit integer as a number; unsafe ones come out rounded and fail the checks that follow. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 4_294_967_296 + buffer.readUInt32BE(at + 4);
}

/** Writes a safe integer as a signed 64-bit integer. */
export function writeInt64(buffer: Buffer, at: number, value: number): void {
  assert(Number.isSafeInteger(value), `64-bit fields hold safe integers, got ${value}`);
  const high = Math.floor(value / 4_294_967_296);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 4_294_967_296, at + 4);
}
