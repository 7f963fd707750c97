// Owns: the bytes of responses, without their header, in both directions. Not here: frames, the inside of a multi.

import type { JuteReader } from './jute-reader.ts';
import type { JuteWriter } from './jute-writer.ts';
import { readMultiResults, writeMultiResults } from './multi-codec.ts';
import {
  type AnyStat,
  readAcl,
  readIdentities,
  readStat,
  writeAcl,
  writeIdentities,
  writeStat,
} from './records.ts';
import type { Request } from './requests.ts';
import type { Response } from './responses.ts';

/** Ops that are answered with a body of their own. A `repeat` is answered as what it repeats, `reconfig` with an error. */
export type AnsweredOp = Exclude<Request['op'], 'repeat' | 'reconfig'>;

export function writeResponse(writer: JuteWriter, response: Response<AnyStat>): void {
  switch (response.op) {
    case 'getData':
      writer.buffer(response.data);
      writeStat(writer, response.stat);
      break;
    case 'exists':
    case 'setData':
    case 'setACL':
      writeStat(writer, response.stat);
      break;
    case 'create':
    case 'sync':
      writer.string(response.path);
      break;
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      writer.string(response.path);
      writeStat(writer, response.stat);
      break;
    case 'getChildren':
      writer.strings(response.children);
      break;
    case 'getChildren2':
      writer.strings(response.children);
      writeStat(writer, response.stat);
      break;
    case 'getACL':
      writeAcl(writer, response.acl);
      writeStat(writer, response.stat);
      break;
    case 'getAllChildrenNumber':
      writer.int(response.count);
      break;
    case 'getEphemerals':
      writer.strings(response.paths);
      break;
    case 'multi':
    case 'multiRead':
      writeMultiResults(writer, response.results);
      break;
    case 'whoAmI':
      writeIdentities(writer, response.identities);
      break;
    case 'addWatch':
      writer.int(0);
      break;
  }
}

/** The body of a reply without an error. Of worth only if the reader has not failed afterwards. */
export function readResponse(reader: JuteReader, op: AnsweredOp): Response {
  switch (op) {
    case 'getData':
      return { op, data: reader.buffer(), stat: readStat(reader) };
    case 'exists':
    case 'setData':
    case 'setACL':
      return { op, stat: readStat(reader) };
    case 'create':
    case 'sync':
      return { op, path: reader.string() };
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return { op, path: reader.string(), stat: readStat(reader) };
    case 'getChildren':
      return { op, children: reader.strings() };
    case 'getChildren2':
      return { op, children: reader.strings(), stat: readStat(reader) };
    case 'getACL':
      return { op, acl: readAcl(reader), stat: readStat(reader) };
    case 'getAllChildrenNumber':
      return { op, count: reader.int() };
    case 'getEphemerals':
      return { op, paths: reader.strings() };
    case 'multi':
    case 'multiRead':
      return { op, results: readMultiResults(reader) };
    case 'whoAmI':
      return { op, identities: readIdentities(reader) };
    case 'addWatch':
      reader.int();
      return { op };
    default:
      return { op };
  }
}
