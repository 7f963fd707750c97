// Owns: what stands around the bytes of a frame and of a disk record, so that damage is seen. Not here: what is inside.
// Invariant: the first eight bytes are the same in all versions, so that whoever does not know a version can pass over it.
//
//   0   length   u32  bytes of the body
//   4   magic    u8   what this is
//   5   version  u8   of the body
//   6   check    u16  the low half of CRC-32C of the bytes 0 … 5
//   8   crc      u32  CRC-32C of the bytes 0 … 5, then the body
//   12  body
//
// The length has a check of its own because it is used before the body is there: a damaged one would make a reader
// wait for bytes that never come. The check sees up to three flipped bits of the eight bytes. The CRC includes the
// length and version once more, so what slips through the 16 bits of the check meets the 32 of the CRC.

import { crc32c } from '../../base/crc32c.ts';
import type { ByteWriter } from './byte-writer.ts';

export const ENVELOPE_BYTES = 12;

const LENGTH_AT = 0;
const MAGIC_AT = 4;
const VERSION_AT = 5;
const CHECK_AT = 6;
const CRC_AT = 8;
/** The bytes that the check covers. */
const CHECKED_BYTES = 6;

/** Begins an envelope in an empty writer; `closeEnvelope` fills in the numbers when the body is written. */
export function openEnvelope(writer: ByteWriter, magic: number, version: number): void {
  writer.u32(0);
  writer.u8(magic);
  writer.u8(version);
  writer.u16(0);
  writer.u32(0);
}

/** Ends what `openEnvelope` began: the whole of it, as a view of the writer's buffer. */
export function closeEnvelope(writer: ByteWriter): Uint8Array {
  writer.setU32(LENGTH_AT, writer.length - ENVELOPE_BYTES);
  const bytes = writer.finish();
  const head = crc32c(bytes, 0, CHECKED_BYTES);
  writer.setU16(CHECK_AT, head & 0xffff);
  writer.setU32(CRC_AT, crc32c(bytes, ENVELOPE_BYTES, bytes.length, head));
  return bytes;
}

/** True if the bytes at `at` (there are `ENVELOPE_BYTES` of them or more) begin an envelope and its length can be trusted. */
export function isEnvelope(bytes: Uint8Array, at: number, magic: number): boolean {
  const check = bytes[at + CHECK_AT]! | (bytes[at + CHECK_AT + 1]! << 8);
  return bytes[at + MAGIC_AT] === magic && (crc32c(bytes, at, at + CHECKED_BYTES) & 0xffff) === check;
}

/** The bytes of the whole envelope at `at`, as its head says. */
export function envelopeSize(bytes: Uint8Array, at: number): number {
  return ENVELOPE_BYTES + readU32(bytes, at + LENGTH_AT);
}

export function envelopeVersion(bytes: Uint8Array, at: number): number {
  return bytes[at + VERSION_AT]!;
}

/** True if the envelope `[at, end)` is as it was closed. */
export function isIntact(bytes: Uint8Array, at: number, end: number): boolean {
  const head = crc32c(bytes, at, at + CHECKED_BYTES);
  return crc32c(bytes, at + ENVELOPE_BYTES, end, head) === readU32(bytes, at + CRC_AT);
}

function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
