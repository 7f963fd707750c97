// Owns: reading one segment: a look at its beginning, and all of its flushes in order. Not here: how segments follow each
// other (recovery.ts).

import { systemCodeOf } from '../../base/errors.ts';
import { type FileSystem, type OpenFile, readFully } from '../../files/file-system.ts';
import type { DamagePlace } from './disk-errors.ts';
import { checkHeader, HEADER_BYTES, type Owner } from './file-header.ts';
import {
  checkFlush,
  decodePreamble,
  type FlushHeader,
  lastSequenceBehind,
  MAX_HARD_STATE_BYTES,
  type Preamble,
} from './flush-format.ts';
import { BLOCK_BYTES, SECTOR_BYTES } from './sectors.ts';

/** Enough for a file's header and its first flush, which is nothing but a preamble. */
const PEEK_BYTES = HEADER_BYTES + 2 * MAX_HARD_STATE_BYTES;
/** What stands for bytes that the disk cannot read. Not zeros: those are what was never written. */
const UNREADABLE = 0xff;

export interface SegmentStart {
  readonly number: number;
  readonly file: string;
  readonly bytes: number;
  /** The size that it was made with, 0 if its header cannot be read. */
  readonly madeBytes: number;
  /** Undefined if no flush has begun it, or its beginning is damaged. */
  readonly begun: { readonly sequence: number; readonly preamble: Preamble } | undefined;
  readonly damage: DamagePlace | undefined;
}

/** Looks at the beginning of a segment. Throws MR_DATA_FORMAT or MR_STORE_FOLDER. */
export async function peekSegment(
  fs: FileSystem,
  file: string,
  number: number,
  owner: Owner,
): Promise<SegmentStart> {
  const { bytes, segment } = await reading(fs, file, PEEK_BYTES, new SegmentMemory());
  const header = checkHeader(segment, file, 'segment', owner);
  const start = { number, file, bytes, madeBytes: header.size ?? 0, begun: undefined };
  if (header.damage !== undefined) return { ...start, damage: header.damage };
  if (header.number !== number)
    return {
      ...start,
      damage: { file, offset: 0, why: `it is segment ${header.number} under a wrong name` },
    };
  const first = checkFlush(segment, HEADER_BYTES, number);
  if (first.kind === 'incomplete') return { ...start, damage: cutShort(start) };
  if (first.kind === 'damaged') return { ...start, damage: { file, offset: first.offset, why: first.why } };
  const found = decodePreamble(first.data);
  if (found === undefined)
    return {
      ...start,
      damage: { file, offset: HEADER_BYTES, why: 'its first flush does not tell where the log was' },
    };
  const { sequence } = first.header;
  return { ...start, begun: { sequence, preamble: found.preamble }, damage: undefined };
}

function cutShort({
  file,
  bytes,
  madeBytes,
}: Pick<SegmentStart, 'file' | 'bytes' | 'madeBytes'>): DamagePlace | undefined {
  if (bytes >= madeBytes) return undefined;
  return { file, offset: bytes, why: `the file was cut: it was made with ${madeBytes} bytes` };
}

export interface WholeFlush {
  readonly header: FlushHeader;
  readonly data: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export interface SegmentEnd {
  /** Behind the last whole flush. */
  readonly offset: number;
  /** What is wrong there; undefined if it looks as a crash or nothing at all may have left it. */
  readonly damage: DamagePlace | undefined;
  /** The highest sequence of a flush that begins at the end, torn or not, or behind it; 0 if none does. */
  readonly highest: number;
  /** The same for those that begin behind it only: they prove that what should stand at the end was durable. */
  readonly proven: number;
}

/** Room for one segment, used for one after the other. */
export class SegmentMemory {
  private bytes = Buffer.alloc(0);

  ofSize(size: number): Buffer {
    if (size > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(size);
    return this.bytes.subarray(0, size);
  }
}

/** Gives each whole flush to `visit`, until one is not whole or `visit` answers false. */
export async function scanSegment(
  fs: FileSystem,
  start: SegmentStart,
  memory: SegmentMemory,
  visit: (flush: WholeFlush) => boolean | Promise<boolean>,
): Promise<SegmentEnd> {
  const { file, number } = start;
  const { segment } = await reading(fs, file, Number.POSITIVE_INFINITY, memory);
  let offset = HEADER_BYTES;
  let damage: DamagePlace | undefined;
  for (;;) {
    const check = checkFlush(segment, offset, number);
    if (check.kind === 'incomplete') {
      if (offset + BLOCK_BYTES > segment.length) damage = cutShort(start);
      break;
    }
    if (check.kind === 'damaged') {
      damage = { file, offset: check.offset, why: check.why };
      break;
    }
    const { header, data, end } = check;
    if (!(await visit({ header, data, from: offset, to: end }))) break;
    offset = end;
  }
  const proven = lastSequenceBehind(segment, offset + BLOCK_BYTES, number);
  return { offset, damage, highest: Math.max(proven, lastSequenceBehind(segment, offset, number)), proven };
}

async function reading(
  fs: FileSystem,
  file: string,
  limit: number,
  memory: SegmentMemory,
): Promise<{ bytes: number; segment: Buffer }> {
  const open = await fs.open(file, 'read');
  try {
    const bytes = await open.size();
    const segment = memory.ofSize(Math.min(bytes, limit));
    return { bytes, segment: segment.subarray(0, await readTolerantly(open, segment)) };
  } finally {
    await open.close();
  }
}

/** A block that the disk refuses to read is damage like any other, and no reason not to read the rest. */
async function readTolerantly(file: OpenFile, target: Buffer): Promise<number> {
  try {
    return await readFully(file, target, 0, target.length, 0);
  } catch (error) {
    if (systemCodeOf(error) !== 'EIO') throw error;
  }
  for (let at = 0; at < target.length; at += SECTOR_BYTES) {
    const length = Math.min(SECTOR_BYTES, target.length - at);
    try {
      await readFully(file, target, at, length, at);
    } catch (error) {
      if (systemCodeOf(error) !== 'EIO') throw error;
      target.fill(UNREADABLE, at, at + length);
    }
  }
  return target.length;
}
