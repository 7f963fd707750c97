// Owns: tests of one frame: it comes back, it is for one cluster and version, and no damage to it passes as a message.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/base/crc32c.ts';
import { ByteWriter } from '../../../src/paxos/codec/byte-writer.ts';
import { closeEnvelope, isEnvelope, openEnvelope } from '../../../src/paxos/codec/envelope.ts';
import {
  decodeFrame,
  encodeFrame,
  FRAME_MAGIC,
  FRAME_VERSION,
  MAX_FRAME_BYTES,
} from '../../../src/paxos/codec/frame.ts';
import { command } from '../../../src/paxos/entry.ts';
import { PAXOS_LIMITS } from '../../../src/paxos/limits.ts';
import type { Message } from '../../../src/paxos/message.ts';
import { KINDS, message, messageOf } from './arbitraries.ts';

const CLUSTER = { high: 0xdead_beef, low: 0x0123_4567 };

function accept(size: number): Message {
  const ballot = { configuration: 1, round: 1, replica: 1 };
  const entries = [command(new Uint8Array(size).fill(7))];
  return {
    from: 1,
    to: 2,
    configuration: 1,
    incarnation: 5,
    body: { kind: 'accept', ballot, from: 0, entries, decided: 0 },
  };
}

/** An envelope that is sound, whatever is in it. */
function sealed(body: readonly number[], magic = FRAME_MAGIC, version = FRAME_VERSION): Uint8Array {
  const writer = new ByteWriter(0, MAX_FRAME_BYTES);
  openEnvelope(writer, magic, version);
  for (const byte of body) writer.u8(byte);
  return closeEnvelope(writer);
}

describe('a frame', () => {
  it('comes back, also from the middle of other bytes', () => {
    fc.assert(
      fc.property(message, fc.nat(20), fc.nat(20), (one, before, after) => {
        const frame = encodeFrame(one, CLUSTER);
        expect(decodeFrame(frame, CLUSTER)).toEqual({ message: one });
        const around = new Uint8Array(before + frame.length + after).fill(0x55);
        around.set(frame, before);
        expect(decodeFrame(around, CLUSTER, before, before + frame.length)).toEqual({ message: one });
      }),
    );
  });

  it('of another cluster is dropped', () => {
    const frame = encodeFrame(accept(3), CLUSTER);
    for (const other of [
      { ...CLUSTER, high: 1 },
      { ...CLUSTER, low: 1 },
    ]) {
      expect(decodeFrame(frame, other)).toEqual({ dropped: 'other-cluster' });
    }
  });

  it('of another version is dropped as such, whatever its body', () => {
    for (const version of [0, 2, 255]) {
      const frame = sealed([1, 2, 3], FRAME_MAGIC, version);
      expect(decodeFrame(frame, CLUSTER)).toEqual({ dropped: 'version' });
      frame[frame.length - 1] = 9;
      expect(decodeFrame(frame, CLUSTER)).toEqual({ dropped: 'version' });
    }
  });

  it('that is whole but holds no message is malformed', () => {
    const foreign = sealed([1, 2, 3], FRAME_MAGIC + 1);
    const short = sealed([1, 2, 3]);
    const noMessage = sealed([0xef, 0xbe, 0xad, 0xde, 0x67, 0x45, 0x23, 0x01, 0]);
    for (const frame of [foreign, short, noMessage]) {
      expect(decodeFrame(frame, CLUSTER)).toEqual({ dropped: 'malformed' });
    }
  });

  it('cut anywhere, or with bytes to spare, is malformed', () => {
    const frame = encodeFrame(accept(3), CLUSTER);
    for (let end = 0; end < frame.length; end++) {
      expect(decodeFrame(frame.subarray(0, end), CLUSTER)).toEqual({ dropped: 'malformed' });
    }
    expect(decodeFrame(Uint8Array.of(...frame, 0), CLUSTER)).toEqual({ dropped: 'malformed' });
  });

  it('may hold the longest entry, and longer frames are refused before they are read', () => {
    const largest = accept(PAXOS_LIMITS.entryBytes);
    const frame = encodeFrame(largest, CLUSTER);
    expect(frame.length).toBeLessThan(MAX_FRAME_BYTES);
    const result = decodeFrame(frame, CLUSTER);
    const body = 'message' in result ? result.message.body : undefined;
    expect(body?.kind === 'accept' ? body.entries[0]?.data.length : 0).toBe(PAXOS_LIMITS.entryBytes);

    const head = new Uint8Array(12);
    const view = new DataView(head.buffer);
    view.setUint32(0, MAX_FRAME_BYTES, true);
    head[4] = FRAME_MAGIC;
    head[5] = FRAME_VERSION;
    view.setUint16(6, crc32c(head, 0, 6) & 0xffff, true);
    expect(decodeFrame(head, CLUSTER)).toEqual({ dropped: 'too-long' });
  });
});

describe('damage', () => {
  it.each(KINDS)('no flipped bit of %s passes', (kind) => {
    fc.assert(
      fc.property(messageOf(kind), (one) => {
        const frame = encodeFrame(one, CLUSTER);
        for (let bit = 0; bit < 8 * frame.length; bit++) {
          frame[bit >> 3]! ^= 1 << (bit & 7);
          const expected = bit < 64 ? 'malformed' : 'checksum';
          const result = decodeFrame(frame, CLUSTER);
          if (!('dropped' in result) || result.dropped !== expected) {
            expect.fail(`bit ${bit} of ${frame.length} bytes gave ${JSON.stringify(result)}`);
          }
          frame[bit >> 3]! ^= 1 << (bit & 7);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('up to three flipped bits of the head are seen by its own check', () => {
    const frame = encodeFrame(accept(3), CLUSTER);
    const flip = (bit: number) => {
      frame[bit >> 3]! ^= 1 << (bit & 7);
    };
    let unseen = 0;
    const look = () => {
      if (isEnvelope(frame, 0, FRAME_MAGIC)) unseen++;
    };
    for (let a = 0; a < 64; a++) {
      flip(a);
      look();
      for (let b = a + 1; b < 64; b++) {
        flip(b);
        look();
        for (let c = b + 1; c < 64; c++) {
          flip(c);
          look();
          flip(c);
        }
        flip(b);
      }
      flip(a);
    }
    expect(isEnvelope(frame, 0, FRAME_MAGIC)).toBe(true);
    expect(unseen).toBe(0);
  });

  it('bursts, exchanged bytes and zeros never make another message', () => {
    const damage = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 24 }) });
    fc.assert(
      fc.property(message, damage, (one, { at, bytes }) => {
        const frame = encodeFrame(one, CLUSTER);
        const before = frame.slice();
        const start = at % frame.length;
        frame.set(bytes.subarray(0, frame.length - start), start);
        const result = decodeFrame(frame, CLUSTER);
        if (Buffer.compare(frame, before) === 0) expect(result).toEqual({ message: one });
        else expect(result).toHaveProperty('dropped');
      }),
      { numRuns: 1_000 },
    );
  });
});
