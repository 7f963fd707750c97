// Owns: the bytes around the content of checkpoint files. A file is a file header and then frames; one or more frames
// make a record, the last of them marked. Little endian.
//
//   file header, 24 bytes                     frame header, 24 bytes
//    0  magic "MRCHKPT" and 'J' or 'S'         0  payload length
//    8  format version                         4  CRC32C of the payload
//   12  base sequence, 64 bits                 8  sequence, 64 bits
//   20  CRC32C of bytes 0 to 19               16  1 on the last frame of a record, else 0
//                                             20  CRC32C of bytes 0 to 19
//
// The header has a checksum of its own because the length is trusted before the payload can be checked: a flipped bit in
// a length must not make the rest of the file look like a torn tail.

import { crc32c } from '../base/crc32c.ts';

export const FORMAT_VERSION = 1;
export const FILE_HEADER_BYTES = 24;
export const FRAME_HEADER_BYTES = 24;

/** A frame is closed when its payload has reached this. */
export const FRAME_TARGET_BYTES = 262_144;
/** Longest text (an encoded key or value, a name) in a checkpoint. */
export const MAX_TEXT_BYTES = 16_777_216;
/** No frame is longer: the target, and one entry of two texts and its lengths on top. */
export const MAX_FRAME_BYTES = FRAME_TARGET_BYTES + 4 * MAX_TEXT_BYTES;

export type FileKind = 'journal' | 'snapshot';

const MAGIC: Record<FileKind, string> = { journal: 'MRCHKPTJ', snapshot: 'MRCHKPTS' };
const TWO_32 = 4_294_967_296;

export interface FileHeader {
  readonly version: number;
  /** Sequence of the last record that is not in the file but before it. */
  readonly base: number;
}

export function encodeFileHeader(kind: FileKind, base: number): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  bytes.write(MAGIC[kind], 0, 'latin1');
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  writeSequence(bytes, base, 12);
  bytes.writeUInt32LE(crc32c(bytes, 0, 20), 20);
  return bytes;
}

/** null if the bytes are no such header. The version is told even where the rest is of a format not known here. */
export function decodeFileHeader(kind: FileKind, bytes: Buffer): FileHeader | null {
  if (bytes.length < FILE_HEADER_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC[kind]) return null;
  const version = bytes.readUInt32LE(8);
  if (version === FORMAT_VERSION && crc32c(bytes, 0, 20) !== bytes.readUInt32LE(20)) return null;
  return { version, base: readSequence(bytes, 12) };
}

export interface FrameHeader {
  readonly length: number;
  readonly payloadCrc: number;
  readonly sequence: number;
  readonly last: boolean;
}

/** Fills in the header of a frame that lies at the start of `bytes` and whose payload ends at `end`. */
export function sealFrame(bytes: Buffer, end: number, sequence: number, last: boolean): void {
  bytes.writeUInt32LE(end - FRAME_HEADER_BYTES, 0);
  bytes.writeUInt32LE(crc32c(bytes, FRAME_HEADER_BYTES, end), 4);
  writeSequence(bytes, sequence, 8);
  bytes.writeUInt32LE(last ? 1 : 0, 16);
  bytes.writeUInt32LE(crc32c(bytes, 0, 20), 20);
}

/** null if there is no valid frame header at `at`, where at least FRAME_HEADER_BYTES bytes have to be. */
export function decodeFrameHeader(bytes: Buffer, at: number): FrameHeader | null {
  const length = bytes.readUInt32LE(at);
  const flags = bytes.readUInt32LE(at + 16);
  // Cheap tests first: this also runs at each byte of a torn tail.
  if (length > MAX_FRAME_BYTES || flags > 1) return null;
  if (crc32c(bytes, at, at + 20) !== bytes.readUInt32LE(at + 20)) return null;
  return {
    length,
    payloadCrc: bytes.readUInt32LE(at + 4),
    sequence: readSequence(bytes, at + 8),
    last: flags === 1,
  };
}

function writeSequence(bytes: Buffer, sequence: number, at: number): void {
  bytes.writeUInt32LE(sequence % TWO_32, at);
  bytes.writeUInt32LE(Math.floor(sequence / TWO_32), at + 4);
}

function readSequence(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * TWO_32 + bytes.readUInt32LE(at);
}
