// Owns: the bytes of a snapshot file. Not here: names and order of the files (snapshot-store.ts), what the chunks hold
// (the state machine). Invariant: a file is a snapshot only with its footer, which counts and sums up all before it, and
// with nothing behind that.
//
//   header   a block (file-header.ts) with the index
//   chunk    length u32 (1 or more), CRC-32C u32 of the data, begun with the chunk's number; data
//   end      length 0, u32
//   footer   an envelope (paxos/codec): chunks, bytes of data, CRC-32C of the chunks' CRCs, configuration, state hash

import { crc32c } from '../../base/crc32c.ts';
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
import { readConfiguration, writeConfiguration } from '../../paxos/codec/parts.ts';
import type { Configuration } from '../../paxos/configuration.ts';

export const CHUNK_HEADER_BYTES = 8;
export const MAX_FOOTER_BYTES = 65_536;
/** Bytes of a state hash. */
export const MAX_HASH_BYTES = 64;
const FOOTER_MAGIC = 0xab;
const FOOTER_VERSION = 1;
const GUESS_BYTES = 256;

/** What a snapshot says of itself. */
export interface SnapshotFooter {
  readonly chunks: number;
  readonly dataBytes: number;
  readonly crc: number;
  /** In force after the first `index` entries. */
  readonly configuration: Configuration;
  /** What the state machine hashed itself to, at most `MAX_HASH_BYTES`. */
  readonly stateHash: Uint8Array;
}

/** Counts the chunks of a snapshot, when it is written and when it is read. */
export class ChunkSum {
  chunks = 0;
  dataBytes = 0;
  crc = 0;

  /** The CRC of the next chunk, whose data are `bytes[from … to)`. */
  add(bytes: Uint8Array, from: number, to: number): number {
    const crc = crc32c(bytes, from, to, this.chunks);
    this.crc = crc32c(Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24), 0, 4, this.crc);
    this.chunks++;
    this.dataBytes += to - from;
    return crc;
  }
}

/** A chunk as it stands in the file. */
export function encodeChunk(data: Uint8Array, sum: ChunkSum): Buffer {
  const bytes = Buffer.allocUnsafeSlow(CHUNK_HEADER_BYTES + data.length);
  bytes.set(data, CHUNK_HEADER_BYTES);
  bytes.writeUInt32LE(data.length, 0);
  bytes.writeUInt32LE(sum.add(bytes, CHUNK_HEADER_BYTES, bytes.length), 4);
  return bytes;
}

/** The end mark and the footer. */
export function encodeFooter(footer: SnapshotFooter): Buffer {
  const writer = new ByteWriter(GUESS_BYTES, MAX_FOOTER_BYTES);
  openEnvelope(writer, FOOTER_MAGIC, FOOTER_VERSION);
  writer.varint(footer.chunks);
  writer.varint(footer.dataBytes);
  writer.u32(footer.crc);
  writeConfiguration(writer, footer.configuration);
  writer.varint(footer.stateHash.length);
  writer.raw(footer.stateHash);
  return Buffer.concat([Buffer.alloc(4), closeEnvelope(writer)]);
}

/** The footer that `bytes` are, exactly; undefined if they are anything else. */
export function decodeFooter(bytes: Uint8Array): SnapshotFooter | undefined {
  if (bytes.length < ENVELOPE_BYTES || !isEnvelope(bytes, 0, FOOTER_MAGIC)) return undefined;
  if (envelopeSize(bytes, 0) !== bytes.length || !isIntact(bytes, 0, bytes.length)) return undefined;
  const reader = new ByteReader(bytes, ENVELOPE_BYTES);
  const footer = {
    chunks: reader.varint(),
    dataBytes: reader.varint(),
    crc: reader.u32(),
    configuration: readConfiguration(reader),
    stateHash: reader.raw(reader.count(MAX_HASH_BYTES)).slice(),
  };
  return reader.complete ? footer : undefined;
}
