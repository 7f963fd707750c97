// Owns: the sectors that the write-ahead log is made of, and telling what each of them is after a crash. Not here: what
// they say together (flush-format.ts).
//
// A disk that loses power in a write keeps each sector of it, or what was there before: any subset may be new. (512 bytes
// are what every disk writes as a whole; most write 4,096.) So each sector says for itself what it is:
//
//     0  504 bytes of a flush
//   504  number of the segment, u32; its top bit marks the first sector of a flush
//   508  CRC-32C of the bytes 0 … 507, begun with the sector's index in the file
//
// From that follow four states, for the segment with number `n`:
//   new      the number is `n`, the CRC fits
//   first    the same, and a flush begins here
//   old      all zeros, or whole with a lower number: what lay here before this segment did. Numbers are never used again
//            and a place is written once per number, so an old sector was never overwritten durably
//   damaged  anything else. No crash leaves such a sector behind: a bit has changed
//
// Therefore a write that was torn has an old sector, and one that was complete and then damaged has none. That is all that
// physics allows to know about the last write before a crash; about those before it, later writes testify too.
//
// The number salts the CRC: records of a segment that was used before are never taken for new ones. The index does the
// same for sectors that a disk has put in a wrong place.

import { crc32c } from '../../base/crc32c.ts';

export const SECTOR_BYTES = 512;
export const SECTOR_DATA_BYTES = 504;
/** Flushes begin and end here, so that no write touches a page or physical sector that holds acknowledged bytes. */
export const BLOCK_BYTES = 4_096;
export const SECTORS_PER_BLOCK = BLOCK_BYTES / SECTOR_BYTES;
/** Highest number of a segment. */
export const MAX_SEGMENT_NUMBER = 0x7fff_ffff;

const NUMBER_AT = 504;
const CRC_AT = 508;
const FIRST = 0x8000_0000;

export type SectorState = 'new' | 'first' | 'old' | 'damaged';

/** The bytes on the disk of a flush of `dataBytes`. */
export function bytesOnDisk(dataBytes: number): number {
  return Math.ceil(dataBytes / (SECTORS_PER_BLOCK * SECTOR_DATA_BYTES)) * BLOCK_BYTES;
}

/**
 * Spreads `data[0 … length)` over the sectors of `target`, which is the part of segment `number` from byte `position` on.
 * Gives the bytes filled: whole blocks.
 */
export function writeSectors(
  target: Buffer,
  data: Uint8Array,
  length: number,
  number: number,
  position: number,
): number {
  const size = bytesOnDisk(length);
  let index = position / SECTOR_BYTES;
  let from = 0;
  for (let at = 0; at < size; at += SECTOR_BYTES, from += SECTOR_DATA_BYTES) {
    const part = Math.max(0, Math.min(SECTOR_DATA_BYTES, length - from));
    if (part > 0) target.set(data.subarray(from, from + part), at);
    if (part < SECTOR_DATA_BYTES) target.fill(0, at + part, at + SECTOR_DATA_BYTES);
    target.writeUInt32LE((at === 0 ? number | FIRST : number) >>> 0, at + NUMBER_AT);
    target.writeUInt32LE(crc32c(target, at, at + CRC_AT, index++), at + CRC_AT);
  }
  return size;
}

/** Gathers `length` bytes of a flush whose sectors begin at `from`. */
export function readSectors(source: Buffer, from: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  for (let at = from, done = 0; done < length; at += SECTOR_BYTES, done += SECTOR_DATA_BYTES) {
    const part = Math.min(SECTOR_DATA_BYTES, length - done);
    data.set(source.subarray(at, at + part), done);
  }
  return data;
}

/** What the sector at `at` of segment `number` is. `segment` holds the file from its beginning. */
export function sectorState(segment: Buffer, at: number, number: number): SectorState {
  const mark = segment.readUInt32LE(at + NUMBER_AT);
  const written = mark & MAX_SEGMENT_NUMBER;
  if (written === 0) return isZero(segment, at) ? 'old' : 'damaged';
  if (written > number) return 'damaged';
  if (crc32c(segment, at, at + CRC_AT, at / SECTOR_BYTES) !== segment.readUInt32LE(at + CRC_AT))
    return 'damaged';
  if (written < number) return 'old';
  return mark >= FIRST ? 'first' : 'new';
}

function isZero(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + SECTOR_BYTES; i++) if (bytes[i] !== 0) return false;
  return true;
}
