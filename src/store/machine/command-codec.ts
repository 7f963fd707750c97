// Owns: commands as bytes: what an entry of the log holds. Not here: the log (disk/, paxos), what commands do.
// Invariants: every command that is encoded decodes to an equal one. Entries are checksummed where they are kept and sent,
// so bytes that cannot be decoded are our own mistake or the work of a newer version, and an assertion: to skip them would
// let this replica part from the others.
//
//   version u8, tag u8, time varint, then the fields of the command

import { assert } from '../../base/assert.ts';
import { ByteReader } from '../../paxos/codec/byte-reader.ts';
import { ByteWriter } from '../../paxos/codec/byte-writer.ts';
import { PAXOS_LIMITS } from '../../paxos/limits.ts';
import { readBytes, readList, readText, writeBytes, writeList, writeText } from './field-codec.ts';
import { readLaneRequest, writeLaneRequest } from './lane-codec.ts';
import { readOperation, writeOperation } from './operation-codec.ts';
import type { Command, Identity } from './types.ts';

const VERSION = 1;
const TAG = {
  client: 1,
  'open-session': 2,
  'attach-session': 3,
  'close-session': 4,
  'expire-session': 5,
  tenure: 6,
  'remove-expired-nodes': 7,
  lane: 8,
} as const;

/** A guess that holds a write of a few hundred bytes. */
const USUAL_BYTES = 256;

/** Bytes of one command. Whoever takes requests from outside checks their size before; larger is an assertion here. */
export const MAX_COMMAND_BYTES = PAXOS_LIMITS.entryBytes;

export function encodeCommand(command: Command): Uint8Array {
  const writer = new ByteWriter(USUAL_BYTES, MAX_COMMAND_BYTES);
  writer.u8(VERSION);
  writer.u8(TAG[command.type]);
  writer.varint(command.timeMs);
  writeFields(writer, command);
  return writer.finish();
}

/** Data in the command is a view of `bytes`. */
export function decodeCommand(bytes: Uint8Array): Command {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  assert(version === VERSION, `entries of the log are in format ${VERSION}, not ${version}`);
  const tag = reader.u8();
  const command = readFields(reader, tag, reader.varint());
  assert(reader.complete, 'an entry of the log can be decoded, to its last byte');
  return command;
}

function writeFields(writer: ByteWriter, command: Command): void {
  switch (command.type) {
    case 'client':
      writer.varint(command.session);
      writer.signed(command.xid);
      writeList(writer, command.identities, writeIdentity);
      writeOperation(writer, command.operation);
      return;
    case 'open-session':
      writeBytes(writer, command.password);
      writer.varint(command.timeoutMs);
      writer.flag(command.keepsResults);
      return;
    case 'attach-session':
      writer.varint(command.session);
      writeBytes(writer, command.password);
      return;
    case 'close-session':
      writer.varint(command.session);
      return;
    case 'expire-session':
      writer.varint(command.session);
      writer.varint(command.tenure);
      writer.varint(command.attachments);
      return;
    case 'tenure':
      writer.varint(command.tenure);
      return;
    case 'remove-expired-nodes':
      writeList(writer, command.paths, writeText);
      return;
    case 'lane':
      writer.varint(command.session);
      writeLaneRequest(writer, command.request);
  }
}

function readFields(reader: ByteReader, tag: number, timeMs: number): Command {
  switch (tag) {
    case TAG.client: {
      const session = reader.varint();
      const xid = reader.signed();
      const identities = readList(reader, readIdentity);
      return { type: 'client', timeMs, session, xid, identities, operation: readOperation(reader) };
    }
    case TAG['open-session']: {
      const password = readBytes(reader);
      const timeoutMs = reader.varint();
      return { type: 'open-session', timeMs, password, timeoutMs, keepsResults: reader.flag() };
    }
    case TAG['attach-session']:
      return { type: 'attach-session', timeMs, session: reader.varint(), password: readBytes(reader) };
    case TAG['close-session']:
      return { type: 'close-session', timeMs, session: reader.varint() };
    case TAG['expire-session']: {
      const session = reader.varint();
      const tenure = reader.varint();
      return { type: 'expire-session', timeMs, session, tenure, attachments: reader.varint() };
    }
    case TAG.tenure:
      return { type: 'tenure', timeMs, tenure: reader.varint() };
    case TAG['remove-expired-nodes']:
      return { type: 'remove-expired-nodes', timeMs, paths: readList(reader, readText) };
    case TAG.lane:
      return { type: 'lane', timeMs, session: reader.varint(), request: readLaneRequest(reader) };
    default:
      return { type: 'tenure', timeMs, tenure: reader.fail() };
  }
}

function writeIdentity(writer: ByteWriter, { scheme, id }: Identity): void {
  writeText(writer, scheme);
  writeText(writer, id);
}

function readIdentity(reader: ByteReader): Identity {
  return { scheme: readText(reader), id: readText(reader) };
}
