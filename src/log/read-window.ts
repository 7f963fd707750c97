// Owns: a verified piece of a segment in memory: whole batches, checksums checked, and where each begins. Not here: files' names and order.
// Invariant: everything in a window lies below the watermark, so what does not check out is damage, not "not there yet".

import { type OpenFile, readFully } from '../files/file-system.ts';
import { LOG_LIMITS } from './limits.ts';
import { damaged } from './log-errors.ts';
import { BATCH_HEADER_BYTES, BatchHeader, batchChecksumHolds } from './record-batch-format.ts';
import { RecordChunk } from './record-chunk.ts';
import type { CursorPlace } from './record-cursor.ts';

export class ReadWindow {
  readonly segment: number;
  /** Position in the segment behind the last batch. */
  readonly endPosition: number;
  readonly firstOffset: number;
  /** Offset behind the last batch. */
  readonly endOffset: number;
  private readonly path: string;
  private readonly buffer: Buffer;
  private readonly start: number;
  /** Per batch: its position in the buffer and its base offset. */
  private readonly positions: readonly number[];
  private readonly offsets: readonly number[];
  private lastChunk: RecordChunk | null = null;

  private constructor(
    path: string,
    segment: number,
    buffer: Buffer,
    start: number,
    firstOffset: number,
    walked: Walked,
  ) {
    this.path = path;
    this.segment = segment;
    this.buffer = buffer;
    this.start = start;
    this.firstOffset = firstOffset;
    this.positions = walked.positions;
    this.offsets = walked.offsets;
    this.endPosition = start + walked.size;
    this.endOffset = walked.endOffset;
  }

  /**
   * Loads about `bytes` of `file` from `position`, where the batch with base offset `offset` begins, at least one
   * batch, nothing behind `end`. Throws MR_DATA_DAMAGED.
   */
  static async load(
    file: OpenFile,
    segment: number,
    position: number,
    offset: number,
    end: number,
    bytes: number,
  ): Promise<ReadWindow> {
    let wanted = Math.min(bytes, end - position);
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(wanted);
      const got = await readFully(file, buffer, 0, wanted, position);
      if (got < wanted)
        throw damaged(file.path, position + got, 'the file is shorter than what was acknowledged');
      const walked = walk(buffer, offset, end - position, position, file.path);
      if (walked.positions.length > 0) {
        return new ReadWindow(file.path, segment, buffer, position, offset, walked);
      }
      wanted = walked.needed;
    }
  }

  holds(offset: number): boolean {
    return offset >= this.firstOffset && offset < this.endOffset;
  }

  /** At most `maxRecords` records from `from` on, of as many batches as fit into `maxBytes` (at least one). */
  chunk(from: number, maxRecords: number, maxBytes: number): RecordChunk {
    const { offsets, positions } = this;
    let first = offsets.length - 1;
    while (offsets[first]! > from) first--;
    let last = first;
    const limit = positions[first]! + maxBytes;
    while (last + 1 < offsets.length && this.positionAfter(last + 1) <= limit) last++;
    const until = last + 1 < offsets.length ? offsets[last + 1]! : this.endOffset;
    const count = Math.min(maxRecords, until - from);
    let place: CursorPlace = { batch: positions[first]!, record: positions[first]!, left: 0 };
    let skip = from - offsets[first]!;
    const known = this.lastChunk?.nextOffset === from ? this.lastChunk.endPlace : null;
    if (known !== null && known.left > 0) {
      place = known;
      skip = 0;
    }
    const chunk = new RecordChunk(this.buffer, place, skip, from, count, (position, why) => {
      throw damaged(this.path, this.start + position, why);
    });
    this.lastChunk = chunk;
    return chunk;
  }

  private positionAfter(batch: number): number {
    return this.positions[batch + 1] ?? this.endPosition - this.start;
  }
}

interface Walked {
  readonly positions: number[];
  readonly offsets: number[];
  readonly endOffset: number;
  /** Bytes of whole batches. */
  readonly size: number;
  /** Bytes that the first batch needs, if it is not whole. */
  readonly needed: number;
}

/** `available` is what the segment holds from the window's beginning on; the window may have less of it. */
function walk(buffer: Buffer, firstOffset: number, available: number, start: number, path: string): Walked {
  const header = new BatchHeader();
  const positions: number[] = [];
  const offsets: number[] = [];
  let offset = firstOffset;
  let at = 0;
  let needed = 0;
  while (at < available) {
    needed = BATCH_HEADER_BYTES;
    if (available - at < needed) throw damaged(path, start + at, 'the file ends inside a batch header');
    if (buffer.length - at < needed) break;
    const fault = header.read(buffer, at).fault(offset);
    if (fault !== null) throw damaged(path, start + at, fault);
    needed = header.size;
    if (available - at < needed) throw damaged(path, start + at, 'the file ends inside a batch');
    if (buffer.length - at < needed) break;
    if (!batchChecksumHolds(buffer, at, needed)) throw damaged(path, start + at, 'checksum mismatch');
    positions.push(at);
    offsets.push(offset);
    at += needed;
    offset = header.nextOffset;
  }
  return {
    positions,
    offsets,
    endOffset: offset,
    size: at,
    needed: Math.max(needed, LOG_LIMITS.indexIntervalBytes),
  };
}
