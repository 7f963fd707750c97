// Owns: the parts of a snapshot as bytes: header, nodes, access control lists, sessions, lanes, entries of tables, end.
// Not here: what is written when (snapshot-writer.ts), putting it back (snapshot-loader.ts), files (disk/).
// Format version 1: a stream of records, each `length u32 (little-endian), tag u8, fields`.

import {
  type ByteReader,
  type ByteWriter,
  readBytes,
  readList,
  readText,
  writeBytes,
  writeList,
  writeText,
} from './field-codec.ts';
import type { Fingerprint, LaneImage, PartitionOffset, PendingRecord, SinkState } from './lane-state.ts';
import { readResult, writeResult } from './operation-codec.ts';
import type { Session, StoredResult } from './sessions.ts';

export const SNAPSHOT_VERSION = 1;

export const RECORD = { header: 1, acl: 2, node: 3, session: 4, lane: 5, leaf: 6, end: 7 } as const;

export interface SnapshotHeader {
  readonly index: number;
  readonly timeMs: number;
  readonly tenure: number;
  readonly lastEpoch: number;
  /** The state hash: what is put back must have the same. */
  readonly checksum: string;
}

export function writeHeader(writer: ByteWriter, header: SnapshotHeader): void {
  writer.u8(SNAPSHOT_VERSION);
  writer.indexOrNone(header.index);
  writer.varint(header.timeMs);
  writer.varint(header.tenure);
  writer.varint(header.lastEpoch);
  writeText(writer, header.checksum);
}

/** The version is read before. */
export function readHeader(reader: ByteReader): SnapshotHeader {
  return {
    index: reader.indexOrNone(),
    timeMs: reader.varint(),
    tenure: reader.varint(),
    lastEpoch: reader.varint(),
    checksum: readText(reader),
  };
}

/** A session with its results as an array, which does not change any more. */
export type SessionImage = Omit<Session, 'results'> & {
  readonly results: readonly (readonly [number, StoredResult])[];
};

export function writeSession(writer: ByteWriter, session: SessionImage): void {
  writer.varint(session.id);
  writeBytes(writer, session.password);
  writer.varint(session.timeoutMs);
  writer.flag(session.keepsResults);
  writer.varint(session.attachments);
  writer.signed(session.forgotten);
  writeList(writer, session.results, (to, [xid, { zxid, result }]) => {
    to.signed(xid);
    to.varint(zxid);
    writeResult(to, result);
  });
}

export function readSession(reader: ByteReader): Session {
  const id = reader.varint();
  const password = readBytes(reader).slice();
  const timeoutMs = reader.varint();
  const keepsResults = reader.flag();
  const attachments = reader.varint();
  const forgotten = reader.signed();
  const results = readList(reader, (from): [number, StoredResult] => {
    const xid = from.signed();
    const zxid = from.varint();
    return [xid, { zxid, result: readResult(from) }];
  });
  return { id, password, timeoutMs, keepsResults, attachments, forgotten, results: new Map(results) };
}

export function writeLane(writer: ByteWriter, lane: LaneImage): void {
  writeText(writer, lane.app);
  writer.varint(lane.lane);
  writeText(writer, lane.owner);
  writer.varint(lane.epoch);
  writer.varint(lane.txid);
  writer.varint(lane.epochStart);
  writeList(writer, lane.offsets, (to, { source, partition, until }) => {
    writeText(to, source);
    to.varint(partition);
    to.varint(until);
  });
  writeList(writer, lane.sinks, (to, { sink, txid, pending }) => {
    writeText(to, sink);
    to.varint(txid);
    writeList(to, pending, writePending);
  });
  writeList(writer, lane.commits, (to, [txid, { low, high }]) => {
    to.varint(txid);
    to.u32(low >>> 0);
    to.u32(high >>> 0);
  });
}

export function readLane(reader: ByteReader): LaneImage {
  return {
    app: readText(reader),
    lane: reader.varint(),
    owner: readText(reader),
    epoch: reader.varint(),
    txid: reader.varint(),
    epochStart: reader.varint(),
    offsets: readList(reader, readOffset),
    sinks: readList(reader, readSink),
    commits: readList(reader, readFingerprint),
  };
}

function readOffset(reader: ByteReader): PartitionOffset {
  return { source: readText(reader), partition: reader.varint(), until: reader.varint() };
}

function readSink(reader: ByteReader): SinkState {
  return { sink: readText(reader), txid: reader.varint(), pending: readList(reader, readPending) };
}

function readFingerprint(reader: ByteReader): [number, Fingerprint] {
  return [reader.varint(), { low: reader.u32() | 0, high: reader.u32() | 0 }];
}

function writePending(writer: ByteWriter, { txid, data }: PendingRecord): void {
  writer.varint(txid);
  writeBytes(writer, data);
}

function readPending(reader: ByteReader): PendingRecord {
  return { txid: reader.varint(), data: readBytes(reader).slice() };
}
