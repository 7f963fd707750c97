// Owns: the bytes of the messages beside the log: heartbeats, reads, the election, and being let in.
// Invariant: fields are written in the order in which message.ts lists them.

import type { Candidate, ElectionState, MessageKind } from '../message.ts';
import type { BodyCodecs } from './body-codec.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { LogKind } from './log-bodies.ts';
import { readBallot, writeBallot } from './parts.ts';

/** The place of a state in this list is its byte. */
const ELECTION_STATES: readonly ElectionState[] = ['looking', 'following', 'leading'];

const FROM_A_LEADER: BodyCodecs<'heartbeat' | 'heartbeat-ack' | 'read-ask' | 'read-answer'> = {
  heartbeat: {
    tag: 12,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.sequence);
      writer.varint(body.decided);
    },
    read: (reader) => ({
      kind: 'heartbeat',
      ballot: readBallot(reader),
      sequence: reader.varint(),
      decided: reader.varint(),
    }),
  },
  'heartbeat-ack': {
    tag: 13,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.sequence);
      writer.indexOrNone(body.length);
    },
    read: (reader) => ({
      kind: 'heartbeat-ack',
      ballot: readBallot(reader),
      sequence: reader.varint(),
      length: reader.indexOrNone(),
    }),
  },
  'read-ask': {
    tag: 14,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.token);
    },
    read: (reader) => ({ kind: 'read-ask', ballot: readBallot(reader), token: reader.varint() }),
  },
  'read-answer': {
    tag: 15,
    write(writer, body) {
      writeBallot(writer, body.ballot);
      writer.varint(body.token);
      writer.indexOrNone(body.index);
    },
    read: (reader) => ({
      kind: 'read-answer',
      ballot: readBallot(reader),
      token: reader.varint(),
      index: reader.indexOrNone(),
    }),
  },
};

const FROM_ANYONE: BodyCodecs<'vote' | 'ping' | 'join' | 'join-answer'> = {
  vote: {
    tag: 16,
    write(writer, body) {
      writer.varint(body.round);
      writer.u8(ELECTION_STATES.indexOf(body.state));
      writer.flag(body.candidate !== undefined);
      if (body.candidate !== undefined) writeCandidate(writer, body.candidate);
    },
    read: (reader) => ({
      kind: 'vote',
      round: reader.varint(),
      state: readElectionState(reader),
      candidate: reader.flag() ? readCandidate(reader) : undefined,
    }),
  },
  ping: {
    tag: 17,
    write(writer, body) {
      writer.varint(body.sequence);
      writer.varint(body.echo);
    },
    read: (reader) => ({ kind: 'ping', sequence: reader.varint(), echo: reader.varint() }),
  },
  join: {
    tag: 18,
    write() {},
    read: () => ({ kind: 'join' }),
  },
  'join-answer': {
    tag: 19,
    write(writer, body) {
      writer.varint(body.known);
    },
    read: (reader) => ({ kind: 'join-answer', known: reader.varint() }),
  },
};

export const LIVENESS_BODIES: BodyCodecs<Exclude<MessageKind, LogKind>> = {
  ...FROM_A_LEADER,
  ...FROM_ANYONE,
};

function readElectionState(reader: ByteReader): ElectionState {
  const state = ELECTION_STATES[reader.u8()];
  if (state === undefined) reader.fail();
  return state ?? 'looking';
}

function writeCandidate(writer: ByteWriter, candidate: Candidate): void {
  writer.varint(candidate.replica);
  writeBallot(writer, candidate.accepted);
  writer.varint(candidate.length);
  writer.signed(candidate.priority);
}

function readCandidate(reader: ByteReader): Candidate {
  return {
    replica: reader.varint(),
    accepted: readBallot(reader),
    length: reader.varint(),
    priority: reader.signed(),
  };
}
