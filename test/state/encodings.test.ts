// Keys and values of keyed state as text.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../src/state/json-codec.ts';
import { decodeKey, encodeKey, isWellFormed, showKey } from '../../src/state/state-key.ts';
import type { StateKey } from '../../src/topology/state-types.ts';

const key: fc.Arbitrary<StateKey> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 })).map((units) => String.fromCharCode(...units)),
  fc.double({ noNaN: true }),
  fc.bigInt(),
  fc.boolean(),
);

describe('state keys', () => {
  it('survive the way through UTF-8', () => {
    fc.assert(
      fc.property(key, (original) => {
        const text = Buffer.from(encodeKey(original), 'utf8').toString('utf8');
        const back = decodeKey(text);
        expect(new Set([original]).has(back as StateKey)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('have one encoding per key that a Map tells apart', () => {
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        expect(new Set(keys.map(encodeKey)).size).toBe(new Set(keys).size);
      }),
    );
    expect(encodeKey(-0)).toBe(encodeKey(0));
  });

  it.each([[''], ['x1'], ['n'], ['nfoo'], ['i1.5'], ['bx'], ['j7'], ['j"']])('takes %j for none', (text) => {
    expect(decodeKey(text)).toBeUndefined();
  });

  it('are shown to people in short', () => {
    expect(showKey('a"b')).toBe('"a\\"b"');
    expect(showKey(7n)).toBe('7');
    expect(showKey('x'.repeat(500))).toHaveLength(80);
  });
});

describe('the JSON codec', () => {
  it('brings back plain values, as well-formed text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = jsonCodec.encode(value);
        expect(isWellFormed(text)).toBe(true);
        expect(jsonCodec.decode(text)).toEqual(value);
      }),
    );
    expect(Object.is(jsonCodec.decode(jsonCodec.encode(-0)), -0)).toBe(true);
    expect(jsonCodec.decode(jsonCodec.encode('\ud800'))).toBe('\ud800');
  });

  it('lets an undefined property through, which reads back as undefined', () => {
    const back = jsonCodec.decode(jsonCodec.encode({ n: 1, last: undefined })) as { last?: number };
    expect(back.last).toBeUndefined();
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  it.each([
    [undefined, 'undefined'],
    [Number.NaN, 'NaN'],
    [{ a: Number.POSITIVE_INFINITY }, 'Infinity at .a'],
    [12n, 'a bigint'],
    [{ a: [1, undefined] }, 'undefined at .a[1]'],
    [{ deep: { f: () => 1 } }, 'a function at .deep.f'],
    [new Set([1]), 'an instance of Set'],
    [{ when: new Date(0) }, 'an instance of Date at .when'],
    [new Uint8Array(2), 'an instance of Uint8Array'],
    [cyclic, 'a cycle, or more than 500 levels'],
  ])('refuses %o', (value, problem) => {
    expect(() => jsonCodec.encode(value)).toThrow(problem);
  });
});
