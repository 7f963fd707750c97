// Owns: reading the records of verified RecordBatch v2 bytes one after the other, without an object per record. Pure: no I/O.
// Invariants: `next` is called before anything is read; what `keyBytes`, `valueBytes` and `headers` return are views of
// the buffer. Batches lie one behind the other without a gap and their checksums were checked before.

import { readUtf8 } from './buffer-text.ts';
import type { LogHeader, StoredRecord } from './record.ts';
import { BATCH_HEADER_BYTES, BatchHeader } from './record-batch-format.ts';

/** Called for a record that breaks the format although its checksum holds. Must throw. */
export type OnMalformed = (position: number, why: string) => never;

/** A place between two records. */
export interface CursorPlace {
  /** Position of the batch that the next record belongs to, if `left` is not 0. */
  readonly batch: number;
  /** Position of the next record, or of the next batch if `left` is 0. */
  readonly record: number;
  /** Records of the batch from here on. */
  readonly left: number;
}

export class RecordCursor {
  /** Size of the value in bytes; -1 for null. */
  valueSize = -1;
  /** Size of the key in bytes; -1 for null. */
  keySize = -1;
  private readonly buffer: Buffer;
  private readonly onMalformed: OnMalformed;
  private readonly header = new BatchHeader();
  /** Where the next varint is read. */
  private at: number;
  /** Where the next record (or, with `left` 0, the next batch) begins. */
  private following: number;
  /** Records of this batch that were not visited yet. */
  private left = 0;
  private delta = -1;
  private base = 0;
  private timestampDelta = 0;
  private keyStart = 0;
  /** Where the value begins in the buffer. */
  valueStart = 0;
  private headersStart = 0;
  private toVisit: number;

  private batch: number;

  /** Reads `count` records from `place` on, after passing over `skip` of them. */
  constructor(buffer: Buffer, place: CursorPlace, skip: number, count: number, onMalformed: OnMalformed) {
    this.buffer = buffer;
    this.batch = place.batch;
    this.at = place.record;
    this.following = place.record;
    this.left = place.left;
    this.onMalformed = onMalformed;
    if (place.left > 0) {
      this.header.read(buffer, place.batch);
      this.base = this.header.baseOffset;
      this.delta = this.header.count - place.left - 1;
    }
    for (let i = 0; i < skip; i++) this.enter();
    this.toVisit = count;
  }

  /** Goes to the next record. False if there is none. */
  next(): boolean {
    if (this.toVisit === 0) return false;
    this.toVisit--;
    this.enter();
    const start = this.at;
    if (this.buffer[this.at++] !== 0) this.onMalformed(start, 'record attributes are not 0');
    this.timestampDelta = this.readVarlong();
    if (this.readVarint() !== this.delta) this.onMalformed(start, 'offset delta out of order');
    this.keySize = this.readVarint();
    this.keyStart = this.at;
    if (this.keySize > 0) this.at += this.keySize;
    this.valueSize = this.readVarint();
    this.valueStart = this.at;
    if (this.valueSize > 0) this.at += this.valueSize;
    this.headersStart = this.at;
    if (this.at >= this.following) this.onMalformed(start, 'fields run past the end of the record');
    return true;
  }

  get offset(): number {
    return this.base + this.delta;
  }

  /** Milliseconds since 1970. */
  get timestamp(): number {
    return this.header.baseTimestamp + this.timestampDelta;
  }

  /** The key as a view; null if the record has none. */
  keyBytes(): Uint8Array | null {
    return this.keySize < 0 ? null : this.buffer.subarray(this.keyStart, this.keyStart + this.keySize);
  }

  /** The key decoded as UTF-8. */
  keyText(): string | null {
    return this.keySize < 0 ? null : readUtf8(this.buffer, this.keyStart, this.keyStart + this.keySize);
  }

  /** The value as a view; null if the record has none. */
  valueBytes(): Uint8Array | null {
    return this.valueSize < 0
      ? null
      : this.buffer.subarray(this.valueStart, this.valueStart + this.valueSize);
  }

  /** The value decoded as UTF-8. */
  valueText(): string | null {
    if (this.valueSize < 0) return null;
    return readUtf8(this.buffer, this.valueStart, this.valueStart + this.valueSize);
  }

  headers(): LogHeader[] {
    this.at = this.headersStart;
    const count = this.readVarint();
    const headers: LogHeader[] = [];
    for (let i = 0; i < count; i++) {
      const keyEnd = this.readVarint() + this.at;
      const key = readUtf8(this.buffer, this.at, keyEnd);
      this.at = keyEnd;
      const size = this.readVarint();
      headers.push({ key, value: size < 0 ? null : this.buffer.subarray(this.at, this.at + size) });
      if (size > 0) this.at += size;
      if (this.at > this.following)
        this.onMalformed(this.headersStart, 'headers run past the end of the record');
    }
    return headers;
  }

  /** The whole record as an object. */
  record(): StoredRecord {
    return {
      offset: this.offset,
      timestamp: this.timestamp,
      key: this.keyBytes(),
      value: this.valueBytes(),
      headers: this.headers(),
    };
  }

  /** For a cursor that goes on from here. */
  get place(): CursorPlace {
    return { batch: this.batch, record: this.following, left: this.left };
  }

  /** True if all records were visited. */
  get done(): boolean {
    return this.toVisit === 0;
  }

  /** Steps to the body of the next record, into the next batch if this one is done. */
  private enter(): void {
    this.at = this.following;
    if (this.left === 0) {
      this.batch = this.at;
      this.header.read(this.buffer, this.at);
      this.at += BATCH_HEADER_BYTES;
      this.left = this.header.count;
      this.base = this.header.baseOffset;
      this.delta = -1;
    }
    this.left--;
    this.delta++;
    const length = this.readVarint();
    this.following = this.at + length;
    if (length <= 0 || this.following > this.buffer.length)
      this.onMalformed(this.at, `record length ${length}`);
  }

  private readVarint(): number {
    const buffer = this.buffer;
    let byte = buffer[this.at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let raw = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = buffer[this.at++]!;
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1);
    }
    return this.onMalformed(this.at, 'an integer of more than five bytes');
  }

  private readVarlong(): number {
    const first = this.buffer[this.at]!;
    if (first < 0x80) {
      this.at++;
      return (first >>> 1) ^ -(first & 1);
    }
    let low = 0;
    let high = 0;
    // Four groups of 7 bits go to `low`, the rest to `high`: both stay below 2^53 in sum for all that we write.
    for (let group = 0; group < 10; group++) {
      const byte = this.buffer[this.at++]!;
      if (group < 4) low |= (byte & 0x7f) << (7 * group);
      else high += (byte & 0x7f) * 2 ** (7 * (group - 4));
      if (byte < 0x80) return unzigzag(low, high);
    }
    return this.onMalformed(this.at, 'an integer of more than ten bytes');
  }
}

/** `low` holds the lowest 28 bits of the zigzag value, `high` the others. */
function unzigzag(low: number, high: number): number {
  const half = high * 134_217_728 + (low >>> 1);
  return (low & 1) === 0 ? half : -half - 1;
}
