// Owns: the format of frames and disk records, byte by byte. A failure here means that replicas of two releases no longer
// understand each other, or that a disk written by an older one can no longer be read: then the version goes up.

import { describe, expect, it } from 'vitest';
import type { BodyCodecs } from '../../../src/paxos/codec/body-codec.ts';
import { decodeFrame, encodeFrame } from '../../../src/paxos/codec/frame.ts';
import { LIVENESS_BODIES } from '../../../src/paxos/codec/liveness-bodies.ts';
import { LOG_BODIES } from '../../../src/paxos/codec/log-bodies.ts';
import { decodeWrite, encodeWrite } from '../../../src/paxos/codec/record-codec.ts';
import { firstConfiguration, replaceMember } from '../../../src/paxos/configuration.ts';
import type { Write } from '../../../src/paxos/effects.ts';
import { command, stopSign } from '../../../src/paxos/entry.ts';
import type { Body, MessageKind } from '../../../src/paxos/message.ts';

const CLUSTER = { high: 0x0102_0304, low: 0x0506_0708 };
const BALLOT = { configuration: 1, round: 2, replica: 3 };
const DATA = Uint8Array.of(0xca, 0xfe);

interface Golden {
  readonly name: string;
  readonly body: Body;
  /** In hex, with blanks between the fields. */
  readonly envelope: string;
  readonly bytes: string;
}

/** High and low half of `CLUSTER`, little-endian. */
const CLUSTER_BYTES = '04030201 08070605';

/** From 3, to 1, configuration 1, incarnation 300 as a varint. */
const ENDS = '03 01 01 ac02';

const FRAMES: readonly Golden[] = [
  {
    name: 'ping: sequence 7, echo 128 as a varint',
    body: { kind: 'ping', sequence: 7, echo: 128 },
    envelope: '11000000 a7 01 1074 9ee63580',
    bytes: `${CLUSTER_BYTES} 11 ${ENDS} 07 8001`,
  },
  {
    name: 'heartbeat-ack: ballot, sequence 5, length "none" as 0',
    body: { kind: 'heartbeat-ack', ballot: BALLOT, sequence: 5, length: -1 },
    envelope: '13000000 a7 01 d3d4 6e7c1290',
    bytes: `${CLUSTER_BYTES} 0d ${ENDS} 010203 05 00`,
  },
  {
    name: 'vote: round 9, leading, candidate 3 with its ballot, length 10 and priority -1 as zigzag 1',
    body: {
      kind: 'vote',
      round: 9,
      state: 'leading',
      candidate: { replica: 3, accepted: BALLOT, length: 10, priority: -1 },
    },
    envelope: '17000000 a7 01 a4e3 394d6823',
    bytes: `${CLUSTER_BYTES} 10 ${ENDS} 09 02 01 03 010203 0a 01`,
  },
  {
    name: 'accept: from 16384, a command, and a stop-sign for configuration 2 of 1, 3, 4 after 2, decided 2^53 - 1',
    body: {
      kind: 'accept',
      ballot: BALLOT,
      from: 16_384,
      entries: [command(DATA), stopSign(replaceMember(firstConfiguration([1, 2, 3]), 2, 4))],
      decided: Number.MAX_SAFE_INTEGER,
    },
    envelope: '2b000000 a7 01 7fea 253acf58',
    bytes: `${CLUSTER_BYTES} 05 ${ENDS} 010203 808001 02  04 cafe  01 02 03 0100 0300 0400 01 02  ffffffffffffff0f`,
  },
];

const WRITE: Write = {
  number: 2,
  hard: {
    incarnation: 300,
    admitted: true,
    damaged: false,
    promised: { configuration: 1, round: 5, replica: 2 },
    accepted: BALLOT,
    configuration: firstConfiguration([1, 2, 3]),
    known: [[2, 400]],
  },
  snapshot: 0,
  from: 10,
  entries: [command(DATA)],
  decided: 9,
};

/** Number, snapshot, from, decided, one command; then the hard state. */
const RECORD =
  '20000000 a8 01 4733 98603359  02 00 0a 09  01 04 cafe  01 ac02 01 00 010502 010203 01 03 0100 0200 0300 00 01 02 9003';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

describe('the format, byte by byte', () => {
  it.each(FRAMES)('$name', ({ body, envelope, bytes }) => {
    const message = { from: 3, to: 1, configuration: 1, incarnation: 300, body };
    const golden = bytesOf(envelope + bytes);
    expect(hex(encodeFrame(message, CLUSTER))).toBe(hex(golden));
    expect(decodeFrame(golden, CLUSTER)).toEqual({ message });
  });

  it('a disk record', () => {
    expect(hex(encodeWrite(WRITE))).toBe(hex(bytesOf(RECORD)));
    expect(decodeWrite(bytesOf(RECORD))).toEqual(WRITE);
  });

  it('the number of each kind of message', () => {
    const codecs: BodyCodecs<MessageKind> = { ...LOG_BODIES, ...LIVENESS_BODIES };
    const tags = Object.fromEntries(Object.entries(codecs).map(([kind, { tag }]) => [kind, tag]));
    expect(tags).toEqual({
      prepare: 1,
      promise: 2,
      nack: 3,
      'accept-sync': 4,
      accept: 5,
      accepted: 6,
      decide: 7,
      'sync-request': 8,
      'snapshot-offer': 9,
      'catch-up': 10,
      'catch-up-request': 11,
      heartbeat: 12,
      'heartbeat-ack': 13,
      'read-ask': 14,
      'read-answer': 15,
      vote: 16,
      ping: 17,
      join: 18,
      'join-answer': 19,
    });
  });
});
