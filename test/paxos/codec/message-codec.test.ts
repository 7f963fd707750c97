// Owns: tests of the bytes of messages: every kind comes back, and no bytes make the decoder throw or accept two
// spellings of one message.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import { ByteReader } from '../../../src/paxos/codec/byte-reader.ts';
import { ByteWriter } from '../../../src/paxos/codec/byte-writer.ts';
import { decodeMessage, encodeMessage, sizeOfMessage } from '../../../src/paxos/codec/message-codec.ts';
import { firstConfiguration } from '../../../src/paxos/configuration.ts';
import { command, type Entry } from '../../../src/paxos/entry.ts';
import { PAXOS_LIMITS } from '../../../src/paxos/limits.ts';
import type { Message } from '../../../src/paxos/message.ts';
import { KINDS, message, messageOf } from './arbitraries.ts';

const LIMIT = 1 << 20;
const BALLOT = { configuration: 1, round: 2, replica: 3 };

function encode(one: Message): Uint8Array {
  const writer = new ByteWriter(16, LIMIT);
  encodeMessage(writer, one);
  return writer.finish();
}

function decode(bytes: Uint8Array): Message | undefined {
  return decodeMessage(new ByteReader(bytes));
}

function accept(entries: readonly Entry[]): Message {
  const body = { kind: 'accept', ballot: BALLOT, from: 10, entries, decided: 9 } as const;
  return { from: 3, to: 1, configuration: 1, incarnation: 77, body };
}

describe('messages', () => {
  it.each(KINDS)('%s comes back', (kind) => {
    fc.assert(
      fc.property(messageOf(kind), (one) => {
        expect(decode(encode(one))).toEqual(one);
      }),
    );
  });

  it('fit into the size that is guessed for them, unless a configuration is among the entries', () => {
    const plain = message.filter(
      ({ body }) => !('entries' in body) || body.entries.every((entry) => entry.configuration === undefined),
    );
    fc.assert(fc.property(plain, (one) => encode(one).length <= sizeOfMessage(one)));
  });

  it('without an end or an incarnation are our own mistake', () => {
    for (const missing of [{ from: 0 }, { to: 0 }, { incarnation: 0 }]) {
      expect(() => encode({ ...accept([]), ...missing })).toThrow(AssertionError);
    }
  });

  it('hand out entries as views of the bytes, two objects each', () => {
    const bytes = encode(accept([command(Uint8Array.of(1, 2, 3)), command(Uint8Array.of(4))]));
    const body = decode(bytes)?.body;
    expect(body?.kind).toBe('accept');
    for (const entry of body?.kind === 'accept' ? body.entries : []) {
      expect(entry.data.buffer).toBe(bytes.buffer);
      expect(Object.keys(entry)).toEqual(['data', 'configuration']);
    }
  });
});

describe('limits', () => {
  const tiny = command(Uint8Array.of(1));

  it('as many entries as a message may have come back, one more is our own mistake', () => {
    const most = accept(new Array<Entry>(PAXOS_LIMITS.messageEntries).fill(tiny));
    expect(decode(encode(most))).toEqual(most);
    expect(() => encode(accept(new Array<Entry>(PAXOS_LIMITS.messageEntries + 1).fill(tiny)))).toThrow(
      AssertionError,
    );
  });

  it('an entry that is too long, and an invalid or loaded stop-sign, are our own mistakes', () => {
    const configuration = firstConfiguration([1, 2, 3]);
    const bad: readonly Entry[] = [
      command(new Uint8Array(PAXOS_LIMITS.entryBytes + 1)),
      { data: Uint8Array.of(1), configuration },
      { data: new Uint8Array(0), configuration: { ...configuration, members: [] } },
    ];
    for (const entry of bad) expect(() => encode(accept([entry]))).toThrow(AssertionError);
  });

  it.each([
    ['a count of entries that cannot follow', [0xff, 0xff, 0x03]],
    ['an entry of more than the limit', [0x01, 0x82, 0x80, 0x80, 0x10]],
    ['an entry that ends behind the message', [0x01, 0x14, 0x00]],
    ['a stop-sign with another mark', [0x01, 0x03, 0x01, 0x01, 0x01, 0x00, 0x00]],
    ['a configuration without members', [0x01, 0x01, 0x01, 0x00, 0x00, 0x00]],
    ['members that do not rise', [0x01, 0x01, 0x01, 0x02, 0x02, 0x00, 0x01, 0x00, 0x00, 0x00]],
  ])('%s is not a message', (_, tail) => {
    const empty = encode(accept([]));
    // The last two bytes are the count of entries, 0, and `decided`.
    const head = empty.subarray(0, empty.length - 2);
    expect(decode(Uint8Array.of(...head, 0, 9))).toEqual(accept([]));
    expect(decode(Uint8Array.of(...head, ...tail, 9))).toBeUndefined();
  });
});

describe('bad input', () => {
  it('an unknown kind, a cut message and one with bytes to spare are not messages', () => {
    const bytes = encode(accept([command(Uint8Array.of(1, 2, 3))]));
    for (const tag of [0, 20, 255]) expect(decode(Uint8Array.of(tag, ...bytes.subarray(1)))).toBeUndefined();
    for (let end = 0; end < bytes.length; end++) expect(decode(bytes.subarray(0, end))).toBeUndefined();
    expect(decode(Uint8Array.of(...bytes, 0))).toBeUndefined();
  });

  it('whatever the bytes, nothing is thrown, and what is accepted is spelled in one way', () => {
    let accepted = 0;
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(message, damage, (one, changes) => {
        const bytes = encode(one).slice();
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const found = decode(bytes);
        if (found === undefined) return;
        accepted++;
        expect(encode(found)).toEqual(bytes);
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('garbage with the mark of a kind in front throws nothing', () => {
    const tag = fc.integer({ min: 1, max: KINDS.length });
    fc.assert(
      fc.property(tag, fc.uint8Array({ maxLength: 60 }), (first, rest) => {
        const bytes = Uint8Array.of(first, ...rest);
        const found = decode(bytes);
        if (found !== undefined) expect(encode(found)).toEqual(bytes);
      }),
      { numRuns: 2_000 },
    );
  });
});
