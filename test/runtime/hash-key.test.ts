// Owns: that hashing of keys is total, equal for equal keys, the same for ever, and spreads.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Key } from '../../src/index.ts';
import { hashKey } from '../../src/runtime/hash-key.ts';

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array(),
);
const key: fc.Arbitrary<Key> = fc.oneof(scalar, fc.array(fc.oneof(scalar, fc.array(scalar))));

it('is a 32-bit number, the same for a copy of the key', () => {
  fc.assert(
    fc.property(key, (one) => {
      const hash = hashKey(one, 'c');
      expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
      expect(hashKey(structuredClone(one) as Key, 'other')).toBe(hash);
    }),
  );
});

it('never changes: stored state sits in the tasks that these numbers chose', () => {
  const keys: Key[] = ['', 'a', 'millrace', 'ä€😀', 0, 1, -1, 2 ** 31, 0.5, Infinity, 1n, true, false, null];
  const more: Key[] = [Uint8Array.of(1, 2, 3), [], ['a', 1], [['a'], 1]];
  expect([...keys, ...more].map((one) => hashKey(one, 'c'))).toMatchInlineSnapshot(`
    [
      2872998923,
      444641715,
      2352700675,
      119109006,
      1826913731,
      4247530288,
      1196433029,
      3712671338,
      2525646293,
      4151197748,
      491392764,
      92598572,
      1726300461,
      282499791,
      2234014449,
      2540064853,
      247941203,
      3288289280,
    ]
  `);
});

it('tells types and structures apart and joins the two zeros', () => {
  const distinct: Key[] = [1, '1', 1n, true, [1], ['1'], [[1]], null, [null], Uint8Array.of(1), '', []];
  const nested: Key[] = [['a', 'b'], ['ab'], ['ab', ''], ['', 'ab'], [['a'], 'b'], ['a', ['b']]];
  const hashes = [...distinct, ...nested].map((one) => hashKey(one, 'c'));
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashKey(-0, 'c')).toBe(hashKey(0, 'c'));
});

it.each([
  ['sequential numbers', (n: number): Key => n],
  ['words with a counter', (n: number): Key => `user-${n}`],
  ['pairs', (n: number): Key => [Math.floor(n / 100), n % 100]],
  ['multiples of 1,024', (n: number): Key => n * 1_024],
])('spreads %s over tasks', (_name, make) => {
  for (const tasks of [2, 7, 16]) {
    const loads = new Array<number>(tasks).fill(0);
    for (let n = 0; n < 16_000; n++) loads[hashKey(make(n), 'c') % tasks]!++;
    // Six standard deviations of a fair die.
    const fair = 16_000 / tasks;
    for (const load of loads) expect(Math.abs(load - fair)).toBeLessThan(6 * Math.sqrt(fair));
  }
});

it.each([
  [Number.NaN, 'NaN'],
  [undefined, 'a value of type undefined'],
  [{}, 'an object'],
  [new Date(0), 'an object'],
])('refuses %s with the name of the component', (bad, got) => {
  expect(() => hashKey(bad as Key, 'count')).toThrow("component 'count' is no key");
  expect(() => hashKey([bad] as Key, 'count')).toThrow(
    expect.objectContaining({ code: 'MR_KEY_UNHASHABLE', got }),
  );
});
