// Owns: encoding records into RecordBatch v2 bytes in one growing buffer that holds batch after batch. Pure: no I/O, no clock.
// Invariants: between `begin` and `end` exactly one batch is open; a call that throws leaves the buffer as it was
// before the call.
//
// Speed: nothing is allocated per record. A string is taken for ASCII first (its UTF-8 size is then its length, so
// the varint lengths in front of it are known) and the record is encoded again, with measured sizes, in the case that it was not.

import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { MillraceError } from '../base/errors.ts';
import { writeUtf8 } from './buffer-text.ts';
import { LOG_LIMITS } from './limits.ts';
import type { AppendRecord, ProducerStamp } from './record.ts';
import {
  BATCH,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_OVERHEAD,
  BATCH_MAGIC,
  NO_PRODUCER,
  writeInt64,
} from './record-batch-format.ts';
import { isInt32, varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts';

type Bytes = Uint8Array | string | null | undefined;

/** Most bytes of a record besides its key, value and headers. */
const RECORD_OVERHEAD = 48;
/** The varint -1. */
const NULL_SIZE = 1;
/** Most bytes of a header besides its key and value. */
const HEADER_OVERHEAD = 10;

export class RecordBatchWriter {
  /** The bytes; `length` of them are used. Replaced when it grows. */
  buffer: Buffer;
  length = 0;
  private batchStart = -1;
  private count = 0;
  private baseTimestamp = 0;
  private maxTimestamp = 0;
  private readonly maxRecordBytes: number;

  constructor(capacity: number, maxRecordBytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    this.maxRecordBytes = maxRecordBytes;
  }

  /** Forgets everything that was encoded; the buffer is used again. */
  reset(): void {
    this.length = 0;
    this.batchStart = -1;
    this.count = 0;
  }

  get open(): boolean {
    return this.batchStart >= 0;
  }

  /** Bytes of the open batch so far. */
  get batchBytes(): number {
    return this.length - this.batchStart;
  }

  /** Opens a batch whose first record has `baseOffset`. */
  begin(baseOffset: number, producer: ProducerStamp | null): void {
    assert(this.batchStart < 0, 'a batch is begun only after the one before has ended');
    this.reserve(BATCH_HEADER_BYTES);
    const { buffer, length: start } = this;
    writeInt64(buffer, start + BATCH.baseOffset, baseOffset);
    buffer.writeInt32BE(0, start + BATCH.leaderEpoch);
    buffer.writeInt8(BATCH_MAGIC, start + BATCH.magic);
    buffer.writeInt16BE(0, start + BATCH.attributes);
    writeInt64(buffer, start + BATCH.producerId, producer?.producerId ?? NO_PRODUCER);
    buffer.writeInt16BE(producer?.epoch ?? -1, start + BATCH.producerEpoch);
    buffer.writeInt32BE(producer?.sequence ?? -1, start + BATCH.baseSequence);
    this.batchStart = start;
    this.length = start + BATCH_HEADER_BYTES;
    this.count = 0;
  }

  /**
   * Adds all records to the open batch or, when one of them is refused, none. `now` is the timestamp of records
   * without one. Throws MR_RECORD_TOO_LARGE.
   */
  add(records: readonly AppendRecord[], now: number): void {
    const { length, count, baseTimestamp, maxTimestamp } = this;
    try {
      for (const record of records) this.addOne(record, record.timestamp ?? now);
      if (this.batchBytes > LOG_LIMITS.maxAppendBytes) throw appendTooLarge(this.batchBytes);
    } catch (error) {
      this.length = length;
      this.count = count;
      this.baseTimestamp = baseTimestamp;
      this.maxTimestamp = maxTimestamp;
      throw error;
    }
  }

  /** Drops the open batch. */
  cancel(): void {
    this.length = this.batchStart;
    this.batchStart = -1;
  }

  /** Fills in the header of the open batch and its checksum. Returns the largest timestamp in it. */
  end(): number {
    const { buffer, batchStart: start, length } = this;
    assert(start >= 0 && this.count > 0, 'a batch that ends has records');
    buffer.writeInt32BE(length - start - BATCH_LENGTH_OVERHEAD, start + BATCH.length);
    buffer.writeInt32BE(this.count - 1, start + BATCH.lastOffsetDelta);
    writeInt64(buffer, start + BATCH.baseTimestamp, this.baseTimestamp);
    writeInt64(buffer, start + BATCH.maxTimestamp, this.maxTimestamp);
    buffer.writeInt32BE(this.count, start + BATCH.count);
    buffer.writeUInt32BE(crc32c(buffer, start + BATCH.attributes, length), start + BATCH.crc);
    this.batchStart = -1;
    return this.maxTimestamp;
  }

  private addOne(record: AppendRecord, timestamp: number): void {
    // All records of an append without timestamps of their own have the same one.
    if (this.count === 0 || timestamp !== this.maxTimestamp) this.noteTimestamp(timestamp);
    const start = this.length;
    if (!this.encode(record, timestamp, false)) {
      this.length = start;
      const exact = this.encode(record, timestamp, true);
      assert(exact, 'measured string sizes are right');
    }
    if (this.length - start > this.maxRecordBytes) {
      const size = payloadSize(record);
      if (size > this.maxRecordBytes) throw tooLarge(size, this.maxRecordBytes);
    }
    this.count++;
  }

  private noteTimestamp(timestamp: number): void {
    if (!Number.isSafeInteger(timestamp)) throw badTimestamp(timestamp);
    if (this.count === 0) {
      this.baseTimestamp = timestamp;
      this.maxTimestamp = timestamp;
    } else if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
  }

  /** Encodes one record. False if a string had another size in UTF-8 than was written in front of it. */
  private encode(record: AppendRecord, timestamp: number, measured: boolean): boolean {
    const { key, value, headers } = record;
    const delta = timestamp - this.baseTimestamp;
    if (
      (key === null || key === undefined) &&
      headers === undefined &&
      value !== null &&
      value !== undefined &&
      isInt32(delta)
    ) {
      return this.encodePlain(value, delta, measured);
    }
    const keySize = sizeOf(key, measured);
    const valueSize = sizeOf(value, measured);
    const headersSize = headers === undefined || headers.length === 0 ? 1 : sizeOfHeaders(headers);
    // A string is written with at most three bytes per UTF-16 unit, also when it was taken for ASCII.
    const room = 3 * (keySize + valueSize) + headersSize + RECORD_OVERHEAD;
    if (this.length + room > this.buffer.length) this.reserve(room);
    const body =
      1 +
      varlongSize(delta) +
      varintSize(this.count) +
      varintSize(keySize) +
      Math.max(keySize, 0) +
      varintSize(valueSize) +
      Math.max(valueSize, 0) +
      headersSize;
    const buffer = this.buffer;
    let at = writeVarint(buffer, this.length, body);
    buffer[at++] = 0;
    at = writeVarlong(buffer, at, delta);
    at = writeVarint(buffer, at, this.count);
    at = writeVarint(buffer, at, keySize);
    if (keySize > 0 && writeBytes(buffer, at, key!) !== keySize) return false;
    if (keySize > 0) at += keySize;
    at = writeVarint(buffer, at, valueSize);
    if (valueSize > 0 && writeBytes(buffer, at, value!) !== valueSize) return false;
    if (valueSize > 0) at += valueSize;
    if (headers === undefined || headers.length === 0) buffer[at++] = 0;
    else at = writeHeaders(buffer, at, headers);
    this.length = at;
    return true;
  }

  /** As `encode`, for a record of nothing but a value: most are, and it takes half the time without the other cases. */
  private encodePlain(value: Uint8Array | string, delta: number, measured: boolean): boolean {
    const size = typeof value === 'string' && measured ? Buffer.byteLength(value) : value.length;
    const room = 3 * size + RECORD_OVERHEAD;
    if (this.length + room > this.buffer.length) this.reserve(room);
    const { buffer, count } = this;
    const body = 3 + varintSize(delta) + varintSize(count) + varintSize(size) + size;
    let at = writeVarint(buffer, this.length, body);
    buffer[at++] = 0;
    at = writeVarint(buffer, at, delta);
    at = writeVarint(buffer, at, count);
    buffer[at++] = NULL_SIZE;
    at = writeVarint(buffer, at, size);
    if (typeof value !== 'string') buffer.set(value, at);
    else if (writeUtf8(buffer, value, at) !== size) return false;
    at += size;
    buffer[at++] = 0;
    this.length = at;
    return true;
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}

function sizeOf(bytes: Bytes, measured: boolean): number {
  if (bytes === null || bytes === undefined) return -1;
  if (typeof bytes !== 'string') return bytes.length;
  return measured ? Buffer.byteLength(bytes) : bytes.length;
}

/** Returns how many bytes were written. */
function writeBytes(buffer: Buffer, at: number, bytes: Uint8Array | string): number {
  if (typeof bytes === 'string') return writeUtf8(buffer, bytes, at);
  buffer.set(bytes, at);
  return bytes.length;
}

function sizeOfHeaders(headers: NonNullable<AppendRecord['headers']>): number {
  let size = varintSize(headers.length);
  for (const { key, value } of headers) {
    const keySize = Buffer.byteLength(key);
    const valueSize = sizeOf(value, true);
    size += varintSize(keySize) + keySize + varintSize(valueSize) + Math.max(0, valueSize);
  }
  return size;
}

function writeHeaders(buffer: Buffer, start: number, headers: NonNullable<AppendRecord['headers']>): number {
  let at = writeVarint(buffer, start, headers.length);
  for (const { key, value } of headers) {
    at = writeVarint(buffer, at, Buffer.byteLength(key));
    at += writeBytes(buffer, at, key);
    at = writeVarint(buffer, at, sizeOf(value, true));
    if (value !== null) at += writeBytes(buffer, at, value);
  }
  return at;
}

function payloadSize(record: AppendRecord): number {
  let size = Math.max(0, sizeOf(record.key, true)) + Math.max(0, sizeOf(record.value, true));
  for (const { key, value } of record.headers ?? []) {
    size += Buffer.byteLength(key) + Math.max(0, sizeOf(value, true)) + HEADER_OVERHEAD;
  }
  return size;
}

/**
 * The error that appending this record alone would end with, or null. `bytes` is at least what it takes in a batch: cheap to
 * know, because strings are measured only where their length leaves a doubt.
 */
export function examineRecord(
  record: AppendRecord,
  maxRecordBytes: number,
): { readonly refused: MillraceError | null; readonly bytes: number } {
  if (record.timestamp !== undefined && !Number.isSafeInteger(record.timestamp)) {
    return { refused: badTimestamp(record.timestamp), bytes: 0 };
  }
  let bytes = RECORD_OVERHEAD + mostBytes(record.key) + mostBytes(record.value);
  for (const { key, value } of record.headers ?? []) {
    bytes += HEADER_OVERHEAD + mostBytes(key) + mostBytes(value);
  }
  if (bytes <= maxRecordBytes) return { refused: null, bytes };
  const size = payloadSize(record);
  return { refused: size > maxRecordBytes ? tooLarge(size, maxRecordBytes) : null, bytes };
}

/** A UTF-16 unit makes at most three bytes of UTF-8. */
function mostBytes(bytes: Bytes): number {
  if (bytes === null || bytes === undefined) return 0;
  return typeof bytes === 'string' ? 3 * bytes.length : bytes.length;
}

function tooLarge(size: number, limit: number): MillraceError {
  return new MillraceError('MR_RECORD_TOO_LARGE', 'A record is larger than its topic allows.', {
    expected: `at most ${limit} bytes of key, value and headers`,
    got: `${size} bytes`,
    next: 'make the record smaller, or create the topic with a larger maxRecordBytes',
  });
}

function appendTooLarge(size: number): MillraceError {
  return new MillraceError('MR_RECORD_TOO_LARGE', 'The records of one append are too large together.', {
    expected: `at most ${LOG_LIMITS.maxAppendBytes} bytes`,
    got: `${size} bytes`,
    next: 'append them in several calls',
  });
}

function badTimestamp(timestamp: number): MillraceError {
  return new MillraceError('MR_USAGE', 'A record has a timestamp that is none.', {
    expected: 'an integer, milliseconds since 1970-01-01 UTC',
    got: String(timestamp),
    next: 'leave the timestamp out, or round it',
  });
}
