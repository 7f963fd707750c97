// Owns: the names of segment files, listing them, and getting the index of one (from its file, or rebuilt).

import { systemCodeOf } from '../base/errors.ts';
import type { FileSystem, OpenFile } from '../files/file-system.ts';
import { type ScanEnd, scanBatches } from './batch-scan.ts';
import { damaged } from './log-errors.ts';
import { SegmentIndex } from './segment-index.ts';

const NAME = /^(\d{20})\.log$/;

export function segmentPath(folder: string, base: number): string {
  return `${folder}/${digits(base)}.log`;
}

export function indexName(base: number): string {
  return `${digits(base)}.index`;
}

function digits(base: number): string {
  return String(base).padStart(20, '0');
}

/** Base offsets of the segments in a partition's folder, ascending. */
export async function listSegments(files: FileSystem, folder: string): Promise<number[]> {
  const bases: number[] = [];
  for (const name of await files.list(folder)) {
    const match = NAME.exec(name);
    if (match !== null) bases.push(Number(match[1]));
  }
  return bases.sort((a, b) => a - b);
}

/** The base of the segment that `offset` is in: the last one that is not above it, or -1. */
export function segmentOf(bases: readonly number[], offset: number): number {
  let found = -1;
  for (const base of bases) if (base <= offset) found = base;
  return found;
}

/** The index stored for a segment, if there is a whole one that covers no more than `bytes` of log. */
export async function readIndex(
  files: FileSystem,
  folder: string,
  base: number,
  bytes: number,
): Promise<SegmentIndex> {
  try {
    const index = SegmentIndex.decode(await files.readWhole(`${folder}/${indexName(base)}`), base);
    if (index !== null && index.coveredBytes <= bytes) return index;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
  return new SegmentIndex(base);
}

/** Brings an index up to `bytes` of its segment by walking batch headers. Throws MR_DATA_DAMAGED. */
export async function extendIndex(index: SegmentIndex, file: OpenFile, bytes: number): Promise<void> {
  if (index.coveredBytes >= bytes) return;
  const end = await scanBatches(
    file,
    { position: index.coveredBytes, offset: index.coveredOffset, end: bytes, checksums: false },
    (header) => void index.add(header.baseOffset, header.nextOffset, header.size, header.maxTimestamp),
  );
  throwFault(end, file.path);
}

/** For bytes that must be whole. */
export function throwFault(end: ScanEnd, path: string): void {
  if (end.fault !== null) throw damaged(path, end.position, end.fault);
}
