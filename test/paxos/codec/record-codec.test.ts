// Owns: tests of the bytes of a disk record: it comes back, and anything else than the whole of it is no record.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import { ByteWriter } from '../../../src/paxos/codec/byte-writer.ts';
import { closeEnvelope, openEnvelope } from '../../../src/paxos/codec/envelope.ts';
import { decodeFrame, encodeFrame } from '../../../src/paxos/codec/frame.ts';
import {
  decodeWrite,
  encodeWrite,
  MAX_RECORD_BYTES,
  RECORD_MAGIC,
  RECORD_VERSION,
} from '../../../src/paxos/codec/record-codec.ts';
import { firstConfiguration, replaceMember } from '../../../src/paxos/configuration.ts';
import type { HardState, Write } from '../../../src/paxos/effects.ts';
import { command, type Entry } from '../../../src/paxos/entry.ts';
import { PAXOS_LIMITS } from '../../../src/paxos/limits.ts';
import { message, write } from './arbitraries.ts';

const NOTHING: Write = { number: 1, hard: undefined, snapshot: 0, from: 0, entries: [], decided: 0 };

function sealed(body: Uint8Array, magic: number, version: number): Uint8Array {
  const writer = new ByteWriter(0, 1_000);
  openEnvelope(writer, magic, version);
  writer.raw(body);
  return closeEnvelope(writer);
}

describe('a disk record', () => {
  it('comes back', () => {
    fc.assert(
      fc.property(write, (one) => {
        expect(decodeWrite(encodeWrite(one))).toEqual(one);
      }),
      { numRuns: 300 },
    );
  });

  it('holds as many retired members, known replicas and entries as there may be', () => {
    let configuration = firstConfiguration([1, 2, 3]);
    for (let id = 4; id < 4 + PAXOS_LIMITS.retiredMembers; id++) {
      configuration = replaceMember(configuration, configuration.members[0]!.id, id);
    }
    const hard: HardState = {
      incarnation: 2 ** 53 - 1,
      admitted: true,
      damaged: false,
      promised: { configuration: 1_001, round: 1, replica: 1_003 },
      accepted: { configuration: 1, round: 1, replica: 1 },
      configuration,
      known: [...configuration.retired, ...configuration.members.map(({ id }) => id)].map((id) => [
        id,
        id + 1,
      ]),
    };
    const tiny = command(Uint8Array.of(1));
    const entries = new Array<Entry>(PAXOS_LIMITS.undecidedEntries).fill(tiny);
    const most = { ...NOTHING, hard, entries };
    const found = decodeWrite(encodeWrite(most));
    expect(found?.hard).toEqual(hard);
    expect(found?.entries.length).toBe(entries.length);
    expect(() => encodeWrite({ ...NOTHING, entries: [...entries, tiny] })).toThrow(AssertionError);
    expect(() => encodeWrite({ ...NOTHING, hard: { ...hard, incarnation: 0 } })).toThrow(AssertionError);
    const known = new Array(2_000).fill([1, 1] as const);
    expect(() => encodeWrite({ ...NOTHING, hard: { ...hard, known } })).toThrow(AssertionError);
  });

  it('has room for all that a leader may have taken', () => {
    const heads = 4 * PAXOS_LIMITS.undecidedEntries;
    expect(MAX_RECORD_BYTES).toBeGreaterThan(PAXOS_LIMITS.undecidedBytes + heads);
  });

  it('is not one after any flipped bit, cut anywhere, or with bytes to spare', () => {
    fc.assert(
      fc.property(write, (one) => {
        const bytes = encodeWrite(one).slice();
        for (let bit = 0; bit < 8 * bytes.length; bit++) {
          bytes[bit >> 3]! ^= 1 << (bit & 7);
          if (decodeWrite(bytes) !== undefined) expect.fail(`bit ${bit} of ${bytes.length} bytes`);
          bytes[bit >> 3]! ^= 1 << (bit & 7);
        }
        for (let end = 0; end < bytes.length; end++) {
          if (decodeWrite(bytes.subarray(0, end)) !== undefined)
            expect.fail(`cut at ${end} of ${bytes.length}`);
        }
        expect(decodeWrite(Uint8Array.of(...bytes, 0))).toBeUndefined();
        expect(decodeWrite(bytes)).toEqual(one);
      }),
      { numRuns: 15 },
    );
  });

  it('is not one with a torn tail of zeros, as a disk leaves it', () => {
    fc.assert(
      fc.property(write, fc.nat(), (one, cut) => {
        const bytes = encodeWrite(one).slice();
        const whole = bytes.slice();
        bytes.fill(0, cut % bytes.length);
        if (Buffer.compare(bytes, whole) !== 0) expect(decodeWrite(bytes)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('is not one of another version, or a frame, or a sound envelope around something else', () => {
    const bytes = encodeWrite(NOTHING);
    const body = bytes.subarray(12);
    expect(decodeWrite(sealed(body, RECORD_MAGIC, RECORD_VERSION))).toEqual(NOTHING);
    expect(decodeWrite(sealed(body, RECORD_MAGIC, RECORD_VERSION + 1))).toBeUndefined();
    expect(decodeWrite(sealed(body.subarray(1), RECORD_MAGIC, RECORD_VERSION))).toBeUndefined();
    expect(decodeFrame(bytes, { high: 0, low: 0 })).toEqual({ dropped: 'malformed' });
    fc.assert(
      fc.property(message, (one) => decodeWrite(encodeFrame(one, { high: 0, low: 0 })) === undefined),
    );
  });

  it('no body of a sound envelope throws, and what is accepted is spelled in one way', () => {
    fc.assert(
      fc.property(write, fc.nat(), fc.nat(255), (one, at, value) => {
        const body = encodeWrite(one).slice(12);
        body[at % body.length] = value;
        const found = decodeWrite(sealed(body, RECORD_MAGIC, RECORD_VERSION));
        if (found !== undefined) expect(encodeWrite(found).subarray(12)).toEqual(body);
      }),
      { numRuns: 1_000 },
    );
  });
});
