// Owns: the bytes of `multi` and `multiRead`, requests and results: each element has a MultiHeader in front, and one
// with `done` ends the list. Source: MultiOperationRecord and MultiResponse of ZooKeeper 3.9.

import type { JuteReader } from './jute-reader.ts';
import type { JuteWriter } from './jute-writer.ts';
import { PROTOCOL_LIMITS } from './limits.ts';
import { OP_CODES, OP_NAMES } from './op-codes.ts';
import {
  readCreate,
  readSetData,
  readVersioned,
  readWatchingRead,
  writeCreate,
  writeSetData,
} from './operation-codec.ts';
import { type AnyStat, readStat, type Stat, writeStat } from './records.ts';
import type { MultiOperationRequest, MultiReadRequest } from './requests.ts';
import type { MultiResult } from './responses.ts';

type MultiRead = MultiReadRequest['operations'][number];

/** `type` of a header that ends the list, and of one before an error. */
const NO_TYPE = -1;
/** `err` where there is none to tell. */
const NO_ERR = -1;

function writeHeader(writer: JuteWriter, type: number, done: boolean, err: number): void {
  writer.int(type);
  writer.bool(done);
  writer.int(err);
}

export function writeMulti(
  writer: JuteWriter,
  operations: readonly (MultiOperationRequest | MultiRead)[],
): void {
  for (const operation of operations) {
    writeHeader(writer, OP_CODES[operation.op], false, NO_ERR);
    switch (operation.op) {
      case 'delete':
      case 'check':
        writer.string(operation.path);
        writer.int(operation.version);
        break;
      case 'setData':
        writeSetData(writer, operation);
        break;
      case 'getData':
      case 'getChildren':
        writer.string(operation.path);
        writer.bool(operation.watch);
        break;
      default:
        writeCreate(writer, operation);
    }
  }
  writeHeader(writer, NO_TYPE, true, NO_ERR);
}

export function readMulti(reader: JuteReader): MultiOperationRequest[] {
  return readList(reader, (type) => {
    const op = OP_NAMES.get(type);
    switch (op) {
      case 'create':
      case 'create2':
      case 'createContainer':
      case 'createTTL':
        return readCreate(reader, op);
      case 'delete':
      case 'check':
        return readVersioned(reader, op);
      case 'setData':
        return readSetData(reader);
      default:
        return undefined;
    }
  });
}

export function readMultiRead(reader: JuteReader): MultiRead[] {
  return readList(reader, (type) => {
    const op = OP_NAMES.get(type);
    return op === 'getData' || op === 'getChildren' ? readWatchingRead(reader, op) : undefined;
  });
}

export function writeMultiResults(writer: JuteWriter, results: readonly MultiResult<AnyStat>[]): void {
  for (const result of results) writeResult(writer, result);
  writeHeader(writer, NO_TYPE, true, NO_ERR);
}

function writeResult(writer: JuteWriter, result: MultiResult<AnyStat>): void {
  switch (result.type) {
    case 'create':
      writeHeader(writer, result.stat === undefined ? OP_CODES.create : OP_CODES.create2, false, 0);
      writer.string(result.path);
      if (result.stat !== undefined) writeStat(writer, result.stat);
      break;
    case 'delete':
    case 'check':
      writeHeader(writer, OP_CODES[result.type], false, 0);
      break;
    case 'setData':
      writeHeader(writer, OP_CODES.setData, false, 0);
      writeStat(writer, result.stat);
      break;
    case 'getData':
      writeHeader(writer, OP_CODES.getData, false, 0);
      writer.buffer(result.data);
      writeStat(writer, result.stat);
      break;
    case 'getChildren':
      writeHeader(writer, OP_CODES.getChildren, false, 0);
      writer.strings(result.children);
      break;
    case 'error':
      writeHeader(writer, NO_TYPE, false, result.code);
      writer.int(result.code);
      break;
  }
}

export function readMultiResults(reader: JuteReader): MultiResult[] {
  return readList<MultiResult>(reader, (type): MultiResult<Stat> | undefined => {
    switch (type) {
      case OP_CODES.create:
        return { type: 'create', path: reader.string(), stat: undefined };
      case OP_CODES.create2:
        return { type: 'create', path: reader.string(), stat: readStat(reader) };
      case OP_CODES.delete:
        return { type: 'delete' };
      case OP_CODES.check:
        return { type: 'check' };
      case OP_CODES.setData:
        return { type: 'setData', stat: readStat(reader) };
      case OP_CODES.getData:
        return { type: 'getData', data: reader.buffer(), stat: readStat(reader) };
      case OP_CODES.getChildren:
        return { type: 'getChildren', children: reader.strings() };
      case NO_TYPE:
        return { type: 'error', code: reader.int() };
      default:
        return undefined;
    }
  });
}

/** Elements up to the header that is `done`. `read` answers undefined to a type that may not stand here. */
function readList<T>(reader: JuteReader, read: (type: number) => T | undefined): T[] {
  const items: T[] = [];
  while (!reader.failed) {
    const type = reader.int();
    const done = reader.bool();
    reader.int();
    if (done || reader.failed) break;
    const item = items.length < PROTOCOL_LIMITS.vectorLength ? read(type) : undefined;
    if (item === undefined) reader.fail();
    else items.push(item);
  }
  return items;
}
