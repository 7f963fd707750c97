// Owns: the result of one read: a run of records of one partition with contiguous offsets, decoded when asked for.
// Pure. Invariant: the bytes were verified before; nothing is copied until a value is decoded.

import { isAsciiRange, readLatin1, readUtf8 } from './buffer-text.ts';
import type { StoredRecord } from './record.ts';
import { type CursorPlace, type OnMalformed, RecordCursor } from './record-cursor.ts';

/** Small values are decoded together up to so many bytes, what lies between them included. */
const TOGETHER_BYTES = 1_024;
const TOGETHER_RECORDS = 64;

export class RecordChunk {
  /** Offset of the first record; where it would be, in an empty chunk. */
  readonly firstOffset: number;
  readonly count: number;
  private readonly buffer: Buffer;
  private readonly place: CursorPlace;
  private readonly skip: number;
  private readonly onMalformed: OnMalformed;
  private last: RecordCursor | null = null;

  /** `count` records from `firstOffset` on, which is `skip` records behind `place` in `buffer`. */
  constructor(
    buffer: Buffer,
    place: CursorPlace,
    skip: number,
    firstOffset: number,
    count: number,
    onMalformed: OnMalformed,
  ) {
    this.buffer = buffer;
    this.place = place;
    this.skip = skip;
    this.firstOffset = firstOffset;
    this.count = count;
    this.onMalformed = onMalformed;
  }

  static empty(offset: number): RecordChunk {
    return new RecordChunk(Buffer.alloc(0), { batch: 0, record: 0, left: 0 }, 0, offset, 0, neverMalformed);
  }

  /** Where the next read goes on. */
  get nextOffset(): number {
    return this.firstOffset + this.count;
  }

  /** A new cursor before the first record. */
  cursor(): RecordCursor {
    this.last = new RecordCursor(this.buffer, this.place, this.skip, this.count, this.onMalformed);
    return this.last;
  }

  /** All records as objects. Keys and values are views of the read buffer. */
  records(): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (const cursor = this.cursor(); cursor.next(); ) records.push(cursor.record());
    return records;
  }

  /**
   * All values decoded as UTF-8; null where a record has none. The fastest way to read text.
   *
   * One call into the engine's decoder costs more than the characters of a small record, so small ASCII values are decoded together and
   * cut apart. A part keeps the whole alive in V8, hence the small `TOGETHER_BYTES`: whoever keeps a piece of one value keeps that much.
   */
  valueTexts(): (string | null)[] {
    const { buffer, count } = this;
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const texts: (string | null)[] = new Array(count);
    const starts = new Int32Array(TOGETHER_RECORDS);
    const sizes = new Int32Array(TOGETHER_RECORDS);
    const cursor = this.cursor();
    let begin = 0;
    let held = 0;
    for (let i = 0; i < count; i++) {
      cursor.next();
      const start = cursor.valueStart;
      const size = cursor.valueSize;
      if (held > 0 && (held === TOGETHER_RECORDS || start + size - starts[0]! > TOGETHER_BYTES)) {
        cutApart(buffer, view, starts, sizes, held, texts, begin);
        held = 0;
      }
      if (held === 0) begin = i;
      starts[held] = start;
      sizes[held++] = size;
    }
    if (held > 0) cutApart(buffer, view, starts, sizes, held, texts, begin);
    return texts;
  }

  /** The place behind the last record, if it was reached by a cursor already. */
  get endPlace(): CursorPlace | null {
    return this.last?.done === true ? this.last.place : null;
  }
}

function neverMalformed(): never {
  throw new Error('an empty chunk has no records');
}

/** Decodes the `held` values that lie near each other into `texts[begin …]`. */
function cutApart(
  buffer: Buffer,
  view: DataView,
  starts: Int32Array,
  sizes: Int32Array,
  held: number,
  texts: (string | null)[],
  begin: number,
): void {
  const first = starts[0]!;
  const end = starts[held - 1]! + Math.max(0, sizes[held - 1]!);
  const together = held > 1 ? readLatin1(buffer, first, end) : '';
  for (let i = 0; i < held; i++) {
    const size = sizes[i]!;
    const start = starts[i]!;
    if (size < 0) texts[begin + i] = null;
    else if (held > 1 && isAsciiRange(view, start, start + size)) {
      texts[begin + i] = together.substring(start - first, start - first + size);
    } else texts[begin + i] = readUtf8(buffer, start, start + size);
  }
}
