// Owns: the bytes of the operations that stand alone and inside of a multi too. Not here: the headers around them.

import type { JuteReader } from './jute-reader.ts';
import type { JuteWriter } from './jute-writer.ts';
import { readAcl, writeAcl } from './records.ts';
import type { CreateRequest, SetDataRequest } from './requests.ts';

export function writeCreate(writer: JuteWriter, request: CreateRequest): void {
  writer.string(request.path);
  writer.buffer(request.data);
  writeAcl(writer, request.acl);
  writer.int(request.flags);
  if (request.op === 'createTTL') writer.long(request.ttlMs);
}

export function readCreate(reader: JuteReader, op: CreateRequest['op']): CreateRequest {
  return {
    op,
    path: reader.string(),
    data: reader.buffer(),
    acl: readAcl(reader),
    flags: reader.int(),
    ttlMs: op === 'createTTL' ? reader.long() : 0,
  };
}

export function writeSetData(writer: JuteWriter, request: SetDataRequest): void {
  writer.string(request.path);
  writer.buffer(request.data);
  writer.int(request.version);
}

export function readSetData(reader: JuteReader): SetDataRequest {
  return { op: 'setData', path: reader.string(), data: reader.buffer(), version: reader.int() };
}

export function readVersioned<O extends string>(
  reader: JuteReader,
  op: O,
): { readonly op: O; readonly path: string; readonly version: number } {
  return { op, path: reader.string(), version: reader.int() };
}

export function readWatchingRead<O extends string>(
  reader: JuteReader,
  op: O,
): { readonly op: O; readonly path: string; readonly watch: boolean } {
  return { op, path: reader.string(), watch: reader.bool() };
}
