// Owns: the bytes of the messages that move the log: both phases, decisions, and bringing a replica up to date.
// Invariant: fields are written in the order in which message.ts lists them.

import { PAXOS_LIMITS } from '../limits.ts';
import type { BodyCodecs } from './body-codec.ts';
import { readBallot, readEntries, writeBallot, writeEntries } from './parts.ts';

export type LogKind =
  | 'prepare'
  | 'promise'
  | 'accept-sync'
  | 'accept'
  | 'accepted'
  | 'decide'
  | 'nack'
  | 'sync-request'
  | 'snapshot-offer'
  | 'catch-up'
  | 'catch-up-request';

const ENTRIES = PAXOS_LIMITS.messageEntries;

const PHASE_1: BodyCodecs<'prepare' | 'promise' | 'nack'> = {
  prepare: {
    tag: 1,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writeBallot(writer, body.accepted);
      writer.varint(body.length);
      writer.varint(body.decided);
    },
    read: (reader) => ({
      kind: 'prepare',
      ballot: readBallot(reader),
      accepted: readBallot(reader),
      length: reader.varint(),
      decided: reader.varint(),
    }),
  },
  promise: {
    tag: 2,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writeBallot(writer, body.accepted);
      writer.varint(body.length);
      writer.varint(body.decided);
      writer.varint(body.from);
      writeEntries(writer, body.entries, ENTRIES);
    },
    read: (reader) => ({
      kind: 'promise',
      ballot: readBallot(reader),
      accepted: readBallot(reader),
      length: reader.varint(),
      decided: reader.varint(),
      from: reader.varint(),
      entries: readEntries(reader, ENTRIES),
    }),
  },
  nack: {
    tag: 3,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writeBallot(writer, body.promised);
    },
    read: (reader) => ({ kind: 'nack', ballot: readBallot(reader), promised: readBallot(reader) }),
  },
};

const PHASE_2: BodyCodecs<'accept-sync' | 'accept' | 'accepted' | 'decide'> = {
  'accept-sync': {
    tag: 4,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.start);
      writer.varint(body.from);
      writeEntries(writer, body.entries, ENTRIES);
      writer.varint(body.decided);
      writer.flag(body.snapshot);
      writer.varint(body.repair);
      writer.varint(body.target);
    },
    read: (reader) => ({
      kind: 'accept-sync',
      ballot: readBallot(reader),
      start: reader.varint(),
      from: reader.varint(),
      entries: readEntries(reader, ENTRIES),
      decided: reader.varint(),
      snapshot: reader.flag(),
      repair: reader.varint(),
      target: reader.varint(),
    }),
  },
  accept: {
    tag: 5,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.from);
      writeEntries(writer, body.entries, ENTRIES);
      writer.varint(body.decided);
    },
    read: (reader) => ({
      kind: 'accept',
      ballot: readBallot(reader),
      from: reader.varint(),
      entries: readEntries(reader, ENTRIES),
      decided: reader.varint(),
    }),
  },
  accepted: {
    tag: 6,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.length);
    },
    read: (reader) => ({ kind: 'accepted', ballot: readBallot(reader), length: reader.varint() }),
  },
  decide: {
    tag: 7,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.decided);
    },
    read: (reader) => ({ kind: 'decide', ballot: readBallot(reader), decided: reader.varint() }),
  },
};

const REPAIR: BodyCodecs<'sync-request' | 'snapshot-offer' | 'catch-up' | 'catch-up-request'> = {
  'sync-request': {
    tag: 8,
    write(writer, body) {
      writeBallot(writer, body.promised);
      writer.varint(body.decided);
      writer.varint(body.damaged);
      writer.varint(body.staged);
    },
    read: (reader) => ({
      kind: 'sync-request',
      promised: readBallot(reader),
      decided: reader.varint(),
      damaged: reader.varint(),
      staged: reader.varint(),
    }),
  },
  'snapshot-offer': {
    tag: 9,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.index);
    },
    read: (reader) => ({ kind: 'snapshot-offer', ballot: readBallot(reader), index: reader.varint() }),
  },
  'catch-up': {
    tag: 10,
    write(writer, body) {
      writer.varint(body.question);
      writeBallot(writer, body.leadership);
      writer.varint(body.from);
      writeEntries(writer, body.entries, ENTRIES);
      writer.varint(body.snapshot);
    },
    read: (reader) => ({
      kind: 'catch-up',
      question: reader.varint(),
      leadership: readBallot(reader),
      from: reader.varint(),
      entries: readEntries(reader, ENTRIES),
      snapshot: reader.varint(),
    }),
  },
  'catch-up-request': {
    tag: 11,
    write(writer, body) {
      writer.varint(body.question);
      writer.varint(body.decided);
      writer.varint(body.staged);
    },
    read: (reader) => ({
      kind: 'catch-up-request',
      question: reader.varint(),
      decided: reader.varint(),
      staged: reader.varint(),
    }),
  },
};

export const LOG_BODIES: BodyCodecs<LogKind> = { ...PHASE_1, ...PHASE_2, ...REPAIR };
