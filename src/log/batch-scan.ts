// Owns: walking the batches of one segment file with checks, and telling a torn tail from damage. Reads only.
// Not here: what is done about either.

import { type OpenFile, readFully } from '../files/file-system.ts';
import { LOG_LIMITS } from './limits.ts';
import {
  BATCH,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  BatchHeader,
  batchChecksumHolds,
  MIN_RECORD_BYTES,
} from './record-batch-format.ts';

export interface ScanStart {
  /** Where a batch begins. */
  readonly position: number;
  /** Its base offset. */
  readonly offset: number;
  /** Bytes of the file to look at. */
  readonly end: number;
  /** Whether checksums are verified, or only headers. */
  readonly checksums: boolean;
}

export interface ScanEnd {
  /** Where the batches that are whole and in order end. */
  readonly position: number;
  /** The offset after them. */
  readonly offset: number;
  /** What is wrong with the bytes at `position`; null if the scan reached `end`. */
  readonly fault: string | null;
}

/** Called per batch. Returns false to stop behind this one. The header is reused. */
export type VisitBatch = (header: BatchHeader, position: number) => boolean | undefined;

/** Walks whole batches from `start` on. Rejects only with what `file` rejects with. */
export async function scanBatches(file: OpenFile, start: ScanStart, visit: VisitBatch): Promise<ScanEnd> {
  const header = new BatchHeader();
  let { position, offset } = start;
  let window = Buffer.allocUnsafeSlow(Math.max(1, Math.min(LOG_LIMITS.readBytes, start.end - position)));
  let windowStart = position;
  let windowSize = 0;
  const load = async (bytes: number): Promise<boolean> => {
    if (position + bytes <= windowStart + windowSize) return true;
    if (bytes > window.length) window = Buffer.allocUnsafeSlow(bytes);
    windowStart = position;
    windowSize = await readFully(file, window, 0, Math.min(window.length, start.end - position), position);
    return bytes <= windowSize;
  };
  const stop = (fault: string | null): ScanEnd => ({ position, offset, fault });

  while (position < start.end) {
    if (start.end - position < BATCH_HEADER_BYTES) return stop('the file ends inside a batch header');
    if (!(await load(BATCH_HEADER_BYTES))) return stop('the file ends inside a batch header');
    const fault = header.read(window, position - windowStart).fault(offset);
    if (fault !== null) return stop(fault);
    if (header.size > start.end - position) return stop('the file ends inside a batch');
    if (start.checksums) {
      if (!(await load(header.size))) return stop('the file ends inside a batch');
      if (!batchChecksumHolds(window, position - windowStart, header.size)) return stop('checksum mismatch');
    }
    const at = position;
    position += header.size;
    offset = header.nextOffset;
    if (visit(header, at) === false) break;
  }
  return stop(null);
}

/**
 * Position of a valid batch behind `from`, or -1. Bytes that end an interrupted write have none, so a batch behind a
 * bad place means that something in the middle was damaged, and that nothing may be cut.
 *
 * A batch that is only somebody's value (a topic that carries batches) must not be taken for one: its base offset has to be one that the
 * log could have reached over the bytes between.
 */
export async function findBatchBehind(
  file: OpenFile,
  from: number,
  offset: number,
  end: number,
): Promise<number> {
  const bytes = Buffer.allocUnsafeSlow(end - from);
  const length = await readFully(file, bytes, 0, bytes.length, from);
  const header = new BatchHeader();
  for (let at = 1; at + BATCH_HEADER_BYTES <= length; at++) {
    if (bytes[at + BATCH.magic] !== BATCH_MAGIC) continue;
    header.read(bytes, at);
    const reachable = offset + Math.ceil(at / MIN_RECORD_BYTES);
    if (header.baseOffset <= offset || header.baseOffset > reachable) continue;
    if (header.fault(header.baseOffset) !== null || header.size > length - at) continue;
    if (batchChecksumHolds(bytes, at, header.size)) return from + at;
  }
  return -1;
}
