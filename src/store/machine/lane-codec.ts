// Owns: the bytes of lane requests. Not here: the other commands (command-codec.ts), what requests do (lanes.ts).

import {
  type ByteReader,
  type ByteWriter,
  readBytes,
  readList,
  readOptional,
  readRange,
  readText,
  writeBytes,
  writeList,
  writeOptional,
  writeRange,
  writeText,
} from './field-codec.ts';
import type { LaneRequest, OutboxRecord, TableUpdate } from './types.ts';

const TAG = { 'take-lane': 1, commit: 2, trim: 3, 'drop-app': 4 } as const;

export function writeLaneRequest(writer: ByteWriter, request: LaneRequest): void {
  writer.u8(TAG[request.type]);
  writeText(writer, request.app);
  if (request.type === 'drop-app') return;
  writer.varint(request.lane);
  if (request.type === 'take-lane') {
    writeText(writer, request.owner);
    return;
  }
  writer.varint(request.epoch);
  writer.varint(request.txid);
  if (request.type === 'trim') {
    writeText(writer, request.sink);
    return;
  }
  writeList(writer, request.ranges, writeRange);
  writeList(writer, request.tables, writeTableUpdate);
  writeList(writer, request.outbox, writeOutboxRecord);
}

/** Keys, values and records are views of what is read. */
export function readLaneRequest(reader: ByteReader): LaneRequest {
  const tag = reader.u8();
  const app = readText(reader);
  if (tag === TAG['drop-app']) return { type: 'drop-app', app };
  const lane = reader.varint();
  if (tag === TAG['take-lane']) return { type: 'take-lane', app, lane, owner: readText(reader) };
  const epoch = reader.varint();
  const txid = reader.varint();
  if (tag === TAG.trim) return { type: 'trim', app, lane, epoch, txid, sink: readText(reader) };
  if (tag !== TAG.commit) reader.fail();
  const ranges = readList(reader, readRange);
  const tables = readList(reader, readTableUpdate);
  return {
    type: 'commit',
    app,
    lane,
    epoch,
    txid,
    ranges,
    tables,
    outbox: readList(reader, readOutboxRecord),
  };
}

function writeTableUpdate(writer: ByteWriter, { table, entries }: TableUpdate): void {
  writeText(writer, table);
  writer.varint(entries.length);
  for (const { key, value } of entries) {
    writeBytes(writer, key);
    writeOptional(writer, value);
  }
}

function readTableUpdate(reader: ByteReader): TableUpdate {
  const table = readText(reader);
  const entries: { key: Uint8Array; value: Uint8Array | undefined }[] = [];
  for (let left = reader.count(Number.MAX_SAFE_INTEGER); left > 0; left--) {
    const key = readBytes(reader);
    entries.push({ key, value: readOptional(reader) ?? undefined });
  }
  return { table, entries };
}

function writeOutboxRecord(writer: ByteWriter, { sink, data }: OutboxRecord): void {
  writeText(writer, sink);
  writeBytes(writer, data);
}

function readOutboxRecord(reader: ByteReader): OutboxRecord {
  return { sink: readText(reader), data: readBytes(reader) };
}
