// Owns: the bytes of requests, header included, in both directions. Not here: frames and their length (jute-writer.ts),
// the inside of a multi (multi-codec.ts).
// Invariant: whatever is read is written as the same bytes, but for text that is not UTF-8 and null for ''.

import type { JuteReader } from './jute-reader.ts';
import type { JuteWriter } from './jute-writer.ts';
import { readMulti, readMultiRead, writeMulti } from './multi-codec.ts';
import { OP_CODES, OP_NAMES } from './op-codes.ts';
import {
  readCreate,
  readSetData,
  readVersioned,
  readWatchingRead,
  writeCreate,
  writeSetData,
} from './operation-codec.ts';
import { readAcl, writeAcl } from './records.ts';
import type { Request, SetWatchesRequest, WriteRequest } from './requests.ts';

export interface RequestHeader {
  readonly xid: number;
  /** A number of OP_CODES, or not: then the answer is UNIMPLEMENTED. */
  readonly type: number;
}

export function readRequestHeader(reader: JuteReader): RequestHeader {
  return { xid: reader.int(), type: reader.int() };
}

/** Header and body. */
export function writeRequest(writer: JuteWriter, xid: number, request: Request): void {
  writer.int(xid);
  writer.int(OP_CODES[request.op]);
  writeBody(writer, request);
}

/**
 * The body of a request of the given type. undefined: the bytes are no such request (`reader.failed`) or there is no
 * such type (it has not). Bytes behind the body are ignored, as ZooKeeper does.
 */
export function readRequest(reader: JuteReader, type: number): Request | undefined {
  const op = OP_NAMES.get(type);
  if (op === undefined) return undefined;
  const request = READERS[op](reader);
  return reader.failed ? undefined : request;
}

function writeBody(writer: JuteWriter, request: Request): void {
  switch (request.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      writeCreate(writer, request);
      break;
    case 'setData':
      writeSetData(writer, request);
      break;
    case 'setACL':
      writer.string(request.path);
      writeAcl(writer, request.acl);
      writer.int(request.version);
      break;
    case 'delete':
    case 'check':
      writer.string(request.path);
      writer.int(request.version);
      break;
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      writer.string(request.path);
      writer.bool(request.watch);
      break;
    case 'getACL':
    case 'sync':
    case 'getAllChildrenNumber':
    case 'getEphemerals':
      writer.string(request.path);
      break;
    case 'addWatch':
    case 'removeWatches':
    case 'checkWatches':
      writer.string(request.path);
      writer.int(request.kind);
      break;
    case 'setWatches':
    case 'setWatches2':
      writeSetWatches(writer, request);
      break;
    case 'multi':
    case 'multiRead':
      writeMulti(writer, request.operations);
      break;
    case 'repeat':
      writer.int(OP_CODES[request.request.op]);
      writeBody(writer, request.request);
      break;
    case 'auth':
      writer.int(AUTH_TYPE);
      writer.string(request.scheme);
      writer.buffer(request.auth);
      break;
    case 'reconfig':
      writer.string(request.joiningServers);
      writer.string(request.leavingServers);
      writer.string(request.newMembers);
      writer.long(request.configId);
      break;
    case 'ping':
    case 'whoAmI':
    case 'closeSession':
      break;
  }
}

/** `type` of an AuthPacket. Nobody reads it. */
const AUTH_TYPE = 0;

type Readers = { readonly [O in Request['op']]: (reader: JuteReader) => Request };

const READERS: Readers = {
  create: (reader) => readCreate(reader, 'create'),
  create2: (reader) => readCreate(reader, 'create2'),
  createContainer: (reader) => readCreate(reader, 'createContainer'),
  createTTL: (reader) => readCreate(reader, 'createTTL'),
  setData: readSetData,
  setACL: (reader) => ({
    op: 'setACL',
    path: reader.string(),
    acl: readAcl(reader),
    version: reader.int(),
  }),
  delete: (reader) => readVersioned(reader, 'delete'),
  check: (reader) => readVersioned(reader, 'check'),
  exists: (reader) => readWatchingRead(reader, 'exists'),
  getData: (reader) => readWatchingRead(reader, 'getData'),
  getChildren: (reader) => readWatchingRead(reader, 'getChildren'),
  getChildren2: (reader) => readWatchingRead(reader, 'getChildren2'),
  getACL: (reader) => ({ op: 'getACL', path: reader.string() }),
  sync: (reader) => ({ op: 'sync', path: reader.string() }),
  getAllChildrenNumber: (reader) => ({ op: 'getAllChildrenNumber', path: reader.string() }),
  getEphemerals: (reader) => ({ op: 'getEphemerals', path: reader.string() }),
  addWatch: (reader) => ({ op: 'addWatch', path: reader.string(), kind: reader.int() }),
  removeWatches: (reader) => ({ op: 'removeWatches', path: reader.string(), kind: reader.int() }),
  checkWatches: (reader) => ({ op: 'checkWatches', path: reader.string(), kind: reader.int() }),
  setWatches: (reader) => readSetWatches(reader, 'setWatches'),
  setWatches2: (reader) => readSetWatches(reader, 'setWatches2'),
  multi: (reader) => ({ op: 'multi', operations: readMulti(reader) }),
  multiRead: (reader) => ({ op: 'multiRead', operations: readMultiRead(reader) }),
  repeat: readRepeat,
  auth: (reader) => {
    reader.int();
    return { op: 'auth', scheme: reader.string(), auth: reader.buffer() };
  },
  reconfig: (reader) => ({
    op: 'reconfig',
    joiningServers: reader.string(),
    leavingServers: reader.string(),
    newMembers: reader.string(),
    configId: reader.bigLong(),
  }),
  ping: () => ({ op: 'ping' }),
  whoAmI: () => ({ op: 'whoAmI' }),
  closeSession: () => ({ op: 'closeSession' }),
};

function writeSetWatches(writer: JuteWriter, request: SetWatchesRequest): void {
  writer.long(request.relativeZxid);
  writer.strings(request.data);
  writer.strings(request.exist);
  writer.strings(request.children);
  if (request.op === 'setWatches') return;
  writer.strings(request.persistent);
  writer.strings(request.persistentRecursive);
}

function readSetWatches(reader: JuteReader, op: SetWatchesRequest['op']): SetWatchesRequest {
  return {
    op,
    relativeZxid: reader.long(),
    data: reader.strings(),
    exist: reader.strings(),
    children: reader.strings(),
    persistent: op === 'setWatches' ? [] : reader.strings(),
    persistentRecursive: op === 'setWatches' ? [] : reader.strings(),
  };
}

const WRITES: ReadonlySet<Request['op']> = new Set([
  'create',
  'create2',
  'createContainer',
  'createTTL',
  'delete',
  'check',
  'setData',
  'setACL',
  'multi',
] as const);

export function isWrite(request: Request): request is WriteRequest {
  return WRITES.has(request.op);
}

function readRepeat(reader: JuteReader): Request {
  const request = readRequest(reader, reader.int());
  if (request !== undefined && isWrite(request)) return { op: 'repeat', request };
  reader.fail();
  return { op: 'ping' };
}
