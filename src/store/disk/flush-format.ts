// Owns: the bytes of one flush of the write-ahead log, and what can be said about the place where one should be.
// Not here: the sectors that the bytes lie in (sectors.ts), what the records mean (replay.ts).
//
//    0  magic "MRFL", u32                     The first flush of a segment begins with a preamble: an envelope
//    4  flags, u32: 1 preamble, 2 closing     (paxos/codec) that tells what the log was before this flush.
//    8  sequence, u64: 1, 2, 3 …
//   16  bytes from 24 on, u32                 Records are what encodeWrite gives, one after the other. Each is an
//   20  number of records, u32                envelope with its own length and CRC.
//   24  preamble, records

import { ByteReader } from '../../paxos/codec/byte-reader.ts';
import { ByteWriter } from '../../paxos/codec/byte-writer.ts';
import {
  closeEnvelope,
  ENVELOPE_BYTES,
  envelopeSize,
  isEnvelope,
  isIntact,
  openEnvelope,
} from '../../paxos/codec/envelope.ts';
import { readHardState, writeHardState } from '../../paxos/codec/record-codec.ts';
import type { HardState } from '../../paxos/effects.ts';
import { readU64, writeU64 } from './file-header.ts';
import { BLOCK_BYTES, bytesOnDisk, readSectors, SECTOR_BYTES, sectorState } from './sectors.ts';

export const FLUSH_HEADER_BYTES = 24;
const FLUSH_MAGIC = 0x4c46524d;
const HAS_PREAMBLE = 1;
const IS_CLOSING = 2;

const PREAMBLE_MAGIC = 0xa9;
const PREAMBLE_VERSION = 1;
const PREAMBLE_GUESS_BYTES = 512;
/** Known replicas, retired ids and all. */
export const MAX_HARD_STATE_BYTES = 65_536;

/** What the log was before the first flush of a segment. With it a segment can be read without those before it. */
export interface Preamble {
  /** The sequence of the last flush that belongs to the log; flushes of earlier segments above it are void. */
  readonly previous: number;
  /** Entries in the log. */
  readonly length: number;
  readonly decided: number;
  readonly hard: HardState;
}

export interface FlushHeader {
  readonly sequence: number;
  readonly hasPreamble: boolean;
  /** Written by an orderly end. */
  readonly isClosing: boolean;
  readonly records: number;
}

/** What stands where a flush should. */
export type FlushCheck =
  /** All of it is there; `end` is where the next one begins. */
  | { readonly kind: 'whole'; readonly header: FlushHeader; readonly data: Uint8Array; readonly end: number }
  /** Nothing, or not all of it: it was never complete, unless a disk has lost what it had acknowledged. */
  | { readonly kind: 'incomplete' }
  /** It was complete, or may have been, and is not what was written. */
  | { readonly kind: 'damaged'; readonly offset: number; readonly why: string };

/** Fills in the header of a flush; `data[24 … 24 + bytes)` is there already. */
export function writeFlushHeader(data: Buffer, header: FlushHeader, bytes: number): void {
  data.writeUInt32LE(FLUSH_MAGIC, 0);
  data.writeUInt32LE((header.hasPreamble ? HAS_PREAMBLE : 0) | (header.isClosing ? IS_CLOSING : 0), 4);
  writeU64(data, header.sequence, 8);
  data.writeUInt32LE(bytes, 16);
  data.writeUInt32LE(header.records, 20);
}

function readFlushHeader(data: Buffer): { header: FlushHeader; bytes: number } | undefined {
  if (data.readUInt32LE(0) !== FLUSH_MAGIC) return undefined;
  const flags = data.readUInt32LE(4);
  const header = {
    sequence: readU64(data, 8),
    hasPreamble: (flags & HAS_PREAMBLE) !== 0,
    isClosing: (flags & IS_CLOSING) !== 0,
    records: data.readUInt32LE(20),
  };
  return { header, bytes: data.readUInt32LE(16) };
}

/** Looks at `position` of segment `number`, whose file `segment` holds. */
export function checkFlush(segment: Buffer, position: number, number: number): FlushCheck {
  if (position + BLOCK_BYTES > segment.length) return { kind: 'incomplete' };
  const head = sectorState(segment, position, number);
  if (head !== 'first') {
    // Every flush fills whole blocks, so this much of it is known although its length is not.
    if (head === 'old' || hasOldSector(segment, position, position + BLOCK_BYTES, number))
      return { kind: 'incomplete' };
    return { kind: 'damaged', offset: position, why: 'the first sector of a flush is not what was written' };
  }
  const found = readFlushHeader(segment.subarray(position, position + SECTOR_BYTES));
  if (found === undefined)
    return { kind: 'damaged', offset: position, why: 'a flush does not begin as one does' };
  const { header, bytes } = found;
  const end = position + bytesOnDisk(FLUSH_HEADER_BYTES + bytes);
  if (end > segment.length)
    return { kind: 'damaged', offset: segment.length, why: 'the file was cut inside of a flush' };
  let broken = -1;
  for (let at = position + SECTOR_BYTES; at < end; at += SECTOR_BYTES) {
    const state = sectorState(segment, at, number);
    if (state === 'old') return { kind: 'incomplete' };
    if (state !== 'new' && broken < 0) broken = at;
  }
  if (broken >= 0)
    return {
      kind: 'damaged',
      offset: broken,
      why: `a sector of flush ${header.sequence} is not what was written`,
    };
  const data = readSectors(segment, position, FLUSH_HEADER_BYTES + bytes).subarray(FLUSH_HEADER_BYTES);
  return { kind: 'whole', header, data, end };
}

function hasOldSector(segment: Buffer, from: number, to: number, number: number): boolean {
  for (let at = from; at < to; at += SECTOR_BYTES)
    if (sectorState(segment, at, number) === 'old') return true;
  return false;
}

/** The highest sequence of the flushes that begin at `position` or behind it; 0 if none does. */
export function lastSequenceBehind(segment: Buffer, position: number, number: number): number {
  let last = 0;
  for (let at = position; at + BLOCK_BYTES <= segment.length; at += BLOCK_BYTES) {
    if (sectorState(segment, at, number) !== 'first') continue;
    const sequence = readFlushHeader(segment.subarray(at, at + SECTOR_BYTES))?.header.sequence ?? 0;
    if (sequence > last) last = sequence;
  }
  return last;
}

export function encodePreamble(preamble: Preamble): Uint8Array {
  const writer = new ByteWriter(PREAMBLE_GUESS_BYTES, MAX_HARD_STATE_BYTES);
  openEnvelope(writer, PREAMBLE_MAGIC, PREAMBLE_VERSION);
  writer.varint(preamble.previous);
  writer.varint(preamble.length);
  writer.varint(preamble.decided);
  writeHardState(writer, preamble.hard);
  return closeEnvelope(writer);
}

/** The preamble that `data` begins with, and its bytes; undefined if it is none. */
export function decodePreamble(data: Uint8Array): { preamble: Preamble; bytes: number } | undefined {
  if (data.length < ENVELOPE_BYTES || !isEnvelope(data, 0, PREAMBLE_MAGIC)) return undefined;
  const bytes = envelopeSize(data, 0);
  if (bytes > data.length || !isIntact(data, 0, bytes)) return undefined;
  const reader = new ByteReader(data, ENVELOPE_BYTES, bytes);
  const preamble = {
    previous: reader.varint(),
    length: reader.varint(),
    decided: reader.varint(),
    hard: readHardState(reader),
  };
  return reader.complete ? { preamble, bytes } : undefined;
}
