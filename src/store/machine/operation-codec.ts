// Owns: the bytes of a client's operation and of its result. Not here: the other commands (command-codec.ts).
// Tags are never used again for something else; an operation in a multi has the same form as one alone.

import {
  type ByteReader,
  type ByteWriter,
  readAclEntry,
  readList,
  readOptional,
  readStat,
  readText,
  writeAclEntry,
  writeList,
  writeOptional,
  writeStat,
  writeText,
} from './field-codec.ts';
import type {
  ClientOperation,
  CreateOperation,
  NodeKind,
  OperationResult,
  SetAclOperation,
  SetDataOperation,
  SingleOperation,
} from './types.ts';

/** Operations and their results. */
const TAG = { error: 0, create: 1, delete: 2, 'set-data': 3, 'set-acl': 4, check: 5, multi: 6 } as const;
const KINDS = ['persistent', 'ephemeral', 'container', 'ttl'] as const;

export function writeOperation(writer: ByteWriter, operation: ClientOperation): void {
  writer.u8(TAG[operation.type]);
  if (operation.type === 'multi') {
    writeList(writer, operation.operations, writeOperation);
    return;
  }
  writeText(writer, operation.path);
  if (operation.type === 'create') {
    writeCreate(writer, operation);
    return;
  }
  writer.signed(operation.version);
  if (operation.type === 'set-data') writeOptional(writer, operation.data);
  else if (operation.type === 'set-acl') writeList(writer, operation.acl, writeAclEntry);
}

/** Data is a view of what is read. */
export function readOperation(reader: ByteReader): ClientOperation {
  const tag = reader.u8();
  if (tag !== TAG.multi) return readSingle(reader, tag);
  return { type: 'multi', operations: readList(reader, (from) => readSingle(from, from.u8())) };
}

function readSingle(reader: ByteReader, tag: number): SingleOperation {
  const path = readText(reader);
  if (tag === TAG.create) return readCreate(reader, path);
  const version = reader.signed();
  switch (tag) {
    case TAG['set-data']:
      return { type: 'set-data', path, data: readOptional(reader), version } satisfies SetDataOperation;
    case TAG['set-acl']:
      return {
        type: 'set-acl',
        path,
        acl: readList(reader, readAclEntry),
        version,
      } satisfies SetAclOperation;
    case TAG.delete:
      return { type: 'delete', path, version };
    case TAG.check:
      return { type: 'check', path, version };
    default:
      reader.fail();
      return { type: 'check', path, version };
  }
}

function writeCreate(writer: ByteWriter, { data, acl, node, sequential }: CreateOperation): void {
  writer.u8(KINDS.indexOf(node.kind) * 2 + (sequential ? 1 : 0));
  if (node.kind === 'ttl') writer.signed(node.ttlMs);
  writeOptional(writer, data);
  writeList(writer, acl, writeAclEntry);
}

function readCreate(reader: ByteReader, path: string): CreateOperation {
  const flags = reader.u8();
  const kind = KINDS[flags >>> 1] ?? 'persistent';
  if (flags >>> 1 >= KINDS.length) reader.fail();
  const node: NodeKind = kind === 'ttl' ? { kind, ttlMs: reader.signed() } : { kind };
  const data = readOptional(reader);
  return {
    type: 'create',
    path,
    data,
    acl: readList(reader, readAclEntry),
    node,
    sequential: flags % 2 === 1,
  };
}

export function writeResult(writer: ByteWriter, result: OperationResult): void {
  writer.u8(TAG[result.type]);
  switch (result.type) {
    case 'error':
      writer.signed(result.code);
      return;
    case 'create':
      writeText(writer, result.path);
      writeStat(writer, result.stat);
      return;
    case 'set-data':
    case 'set-acl':
      writeStat(writer, result.stat);
      return;
    case 'multi':
      writeList(writer, result.results, writeResult);
      return;
    case 'delete':
    case 'check':
  }
}

export function readResult(reader: ByteReader): OperationResult {
  switch (reader.u8()) {
    case TAG.error:
      return { type: 'error', code: reader.signed() };
    case TAG.create:
      return { type: 'create', path: readText(reader), stat: readStat(reader) };
    case TAG.delete:
      return { type: 'delete' };
    case TAG['set-data']:
      return { type: 'set-data', stat: readStat(reader) };
    case TAG['set-acl']:
      return { type: 'set-acl', stat: readStat(reader) };
    case TAG.check:
      return { type: 'check' };
    case TAG.multi:
      return { type: 'multi', results: readList(reader, readResult) };
    default:
      return { type: 'error', code: reader.fail() };
  }
}
