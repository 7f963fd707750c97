// Owns: the fields that commands and snapshots share: texts, optional bytes, access control lists, offsets, stats.
// Not here: numbers (paxos/codec), what the fields belong to.
// Invariant: what is read here was checksummed when it was written, so input that cannot be read is our own mistake: the
// reader's `failed` ends in an assertion where a whole command or record was read.

import type { ByteReader } from '../../paxos/codec/byte-reader.ts';
import type { ByteWriter } from '../../paxos/codec/byte-writer.ts';
import type { AclEntry, NodeStat, OffsetRange } from './types.ts';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

export type { ByteReader, ByteWriter };

export function writeText(writer: ByteWriter, text: string): void {
  writeBytes(writer, ENCODER.encode(text));
}

export function readText(reader: ByteReader): string {
  return DECODER.decode(readBytes(reader));
}

export function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length);
  writer.raw(bytes);
}

/** A view. */
export function readBytes(reader: ByteReader): Uint8Array {
  return reader.raw(reader.varint());
}

/** One more than the length in front, so that 0 stands for none. */
export function writeOptional(writer: ByteWriter, bytes: Uint8Array | null | undefined): void {
  if (bytes === null || bytes === undefined) {
    writer.varint(0);
    return;
  }
  writer.varint(bytes.length + 1);
  writer.raw(bytes);
}

/** A view, or null. */
export function readOptional(reader: ByteReader): Uint8Array | null {
  const length = reader.varint();
  return length === 0 ? null : reader.raw(length - 1);
}

export function writeList<T>(
  writer: ByteWriter,
  items: readonly T[],
  write: (writer: ByteWriter, item: T) => void,
): void {
  writer.varint(items.length);
  for (const item of items) write(writer, item);
}

export function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  for (let left = reader.count(Number.MAX_SAFE_INTEGER); left > 0; left--) items.push(read(reader));
  return items;
}

const ANYONE = 1;
const SOMEBODY = 0;

/** `world:anyone`, which is nearly every entry, takes one byte beside the permissions. */
export function writeAclEntry(writer: ByteWriter, { permissions, scheme, id }: AclEntry): void {
  const isAnyone = scheme === 'world' && id === 'anyone';
  writer.u8(isAnyone ? ANYONE : SOMEBODY);
  writer.signed(permissions);
  if (isAnyone) return;
  writeText(writer, scheme);
  writeText(writer, id);
}

export function readAclEntry(reader: ByteReader): AclEntry {
  const isAnyone = reader.flag();
  const permissions = reader.signed();
  if (isAnyone) return { permissions, scheme: 'world', id: 'anyone' };
  return { permissions, scheme: readText(reader), id: readText(reader) };
}

export function writeRange(writer: ByteWriter, { source, partition, from, until }: OffsetRange): void {
  writeText(writer, source);
  writer.varint(partition);
  writer.varint(from);
  writer.varint(until);
}

export function readRange(reader: ByteReader): OffsetRange {
  return {
    source: readText(reader),
    partition: reader.varint(),
    from: reader.varint(),
    until: reader.varint(),
  };
}

export function writeStat(writer: ByteWriter, stat: NodeStat): void {
  writer.varint(stat.czxid);
  writer.varint(stat.mzxid);
  writer.varint(stat.pzxid);
  writer.varint(stat.ctime);
  writer.varint(stat.mtime);
  writer.signed(stat.version);
  writer.signed(stat.cversion);
  writer.signed(stat.aversion);
  writer.varint(stat.ephemeralOwner);
  writer.varint(stat.dataLength);
  writer.varint(stat.numChildren);
}

export function readStat(reader: ByteReader): NodeStat {
  return {
    czxid: reader.varint(),
    mzxid: reader.varint(),
    pzxid: reader.varint(),
    ctime: reader.varint(),
    mtime: reader.varint(),
    version: reader.signed(),
    cversion: reader.signed(),
    aversion: reader.signed(),
    ephemeralOwner: reader.varint(),
    dataLength: reader.varint(),
    numChildren: reader.varint(),
  };
}
