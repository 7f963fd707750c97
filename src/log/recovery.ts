// Owns: what a writer does to a partition before it writes: check what an interrupted writer left, cut a torn tail,
// rebuild index and producer table. Not here: the lock that makes this process the only writer.
//
// What may be cut: bytes of the last segment behind the `flushed` mark that are not whole batches and have no whole batch
// behind them. Nothing of them was acknowledged as flushed. Everything else that does not check out is MR_DATA_DAMAGED.
//
// Cost: only what lies behind the mark is read (nothing after an orderly close; the last segment if the mark was lost).
// What is kept from there is written again before it is flushed: if the writer before us died of a failed flush, the
// kernel may hold those pages as clean although they never reached the disk, and a flush alone would do nothing.

import type { Logger } from '../base/logger.ts';
import { type FileSystem, type OpenFile, readFully, writeFully } from '../files/file-system.ts';
import { findBatchBehind, scanBatches } from './batch-scan.ts';
import { LOG_LIMITS } from './limits.ts';
import { damaged } from './log-errors.ts';
import { readProducerSnapshot } from './producer-snapshot.ts';
import { ProducerTable } from './producer-state.ts';
import type { BatchHeader } from './record-batch-format.ts';
import { extendIndex, listSegments, readIndex, segmentPath, throwFault } from './segment-files.ts';
import type { SegmentIndex } from './segment-index.ts';
import type { LogPosition, Watermark } from './watermarks.ts';

export interface RecoveredPartition {
  /** Base offsets, ascending; the last one is being written. */
  readonly bases: number[];
  /** The last segment, open for writing. */
  readonly file: OpenFile;
  readonly index: SegmentIndex;
  readonly end: LogPosition;
  readonly producers: ProducerTable;
}

/** Throws MR_DATA_DAMAGED; rejects with system errors. */
export async function recoverPartition(
  files: FileSystem,
  folder: string,
  mark: Watermark | null,
  logger: Logger,
): Promise<RecoveredPartition> {
  const bases = await listSegments(files, folder);
  if (bases.length === 0) {
    if (mark !== null && mark.end.offset > 0) throw damaged(folder, 0, 'all its segment files are missing');
    bases.push(0);
  }
  const start = scanStart(folder, bases, mark);
  let place = start;
  for (const base of bases.filter((candidate) => candidate >= start.segment && candidate !== bases.at(-1))) {
    place = await checkClosedSegment(files, folder, base, place);
  }
  const last = bases.at(-1)!;
  const path = segmentPath(folder, last);
  if (last !== start.segment && last !== place.offset) throw damaged(path, 0, gap(place.offset));
  const file = await files.open(path, 'write');
  try {
    await files.flushFolder(folder);
    const from = last === start.segment ? start : { offset: last, segment: last, position: 0 };
    const end = await settleLastSegment(file, from, logger);
    const index = await readIndex(files, folder, last, end.position);
    await extendIndex(index, file, end.position);
    return { bases, file, index, end, producers: await recoverProducers(files, folder, bases, end) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function scanStart(folder: string, bases: readonly number[], mark: Watermark | null): LogPosition {
  const last = bases.at(-1)!;
  if (mark === null) return { offset: last, segment: last, position: 0 };
  if (bases.includes(mark.flushed.segment)) return mark.flushed;
  // An old mark whose segment retention has removed since is no use; a mark ahead of all files means that one is gone.
  if (mark.flushed.segment < last) return { offset: last, segment: last, position: 0 };
  throw damaged(segmentPath(folder, mark.flushed.segment), 0, 'the file is missing');
}

/** A segment that has a successor was flushed before that one was begun: it must be whole. */
async function checkClosedSegment(
  files: FileSystem,
  folder: string,
  base: number,
  place: LogPosition,
): Promise<LogPosition> {
  const path = segmentPath(folder, base);
  const begin = base === place.segment ? place : { offset: base, segment: base, position: 0 };
  if (begin.offset !== place.offset) throw damaged(path, 0, gap(place.offset));
  const file = await files.open(path, 'read');
  try {
    const size = await file.size();
    if (size < begin.position) throw damaged(path, size, 'the file is shorter than what was flushed');
    const end = await scanBatches(file, { ...begin, end: size, checksums: true }, () => true);
    throwFault(end, path);
    return { offset: end.offset, segment: base, position: end.position };
  } finally {
    await file.close();
  }
}

async function settleLastSegment(file: OpenFile, from: LogPosition, logger: Logger): Promise<LogPosition> {
  const size = await file.size();
  if (size < from.position) throw damaged(file.path, size, 'the file is shorter than what was flushed');
  const end = await scanBatches(file, { ...from, end: size, checksums: true }, () => true);
  if (end.fault !== null) {
    const behind = await findBatchBehind(file, end.position, end.offset, size);
    if (behind >= 0) {
      throw damaged(file.path, end.position, `${end.fault}, and whole records follow at byte ${behind}`);
    }
    logger.warn({ file: file.path, position: end.position, bytes: size - end.position }, 'torn tail cut off');
    await file.truncate(end.position);
  }
  await writeAgain(file, from.position, end.position);
  if (size !== from.position) await file.flush();
  return { offset: end.offset, segment: from.segment, position: end.position };
}

async function writeAgain(file: OpenFile, from: number, to: number): Promise<void> {
  const bytes = Buffer.allocUnsafeSlow(Math.max(1, Math.min(LOG_LIMITS.readBytes, to - from)));
  for (let at = from; at < to; at += bytes.length) {
    const length = Math.min(bytes.length, to - at);
    await readFully(file, bytes, 0, length, at);
    await writeFully(file, bytes, length, at);
  }
}

async function recoverProducers(
  files: FileSystem,
  folder: string,
  bases: readonly number[],
  end: LogPosition,
): Promise<ProducerTable> {
  const snapshot = await readProducerSnapshot(files, folder);
  const usable =
    snapshot !== null && bases.includes(snapshot.place.segment) && snapshot.place.offset <= end.offset;
  const table = usable ? snapshot.table : new ProducerTable();
  let place = usable ? snapshot.place : { offset: bases[0]!, segment: bases[0]!, position: 0 };
  const note = (header: BatchHeader): undefined => {
    if (header.producerId < 0) return;
    const { producerId, producerEpoch: epoch, baseSequence: sequence } = header;
    table.add({ producerId, epoch, sequence }, header.count, header.baseOffset);
    table.trim({ producerId, epoch, sequence }, header.nextOffset);
  };
  for (const base of bases) {
    if (base < place.segment) continue;
    const begin = base === place.segment ? place : { offset: base, segment: base, position: 0 };
    const file = await files.open(segmentPath(folder, base), 'read');
    try {
      const bytes = base === end.segment ? end.position : await file.size();
      const scanned = await scanBatches(file, { ...begin, end: bytes, checksums: false }, note);
      throwFault(scanned, file.path);
      place = { offset: scanned.offset, segment: base, position: scanned.position };
    } finally {
      await file.close();
    }
  }
  return table;
}

function gap(offset: number): string {
  return `the records from offset ${offset} to here are missing`;
}
