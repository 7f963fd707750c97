// Owns: the promises of ids: never 0, uniformly random in all 64 bits, one sequence per seed.

import { expect, test } from 'vitest';
import { Sfc32 } from '../../src/base/random.ts';
import { formatId, IdSource } from '../../src/tracking/ids.ts';

function draw(source: IdSource, count: number): [number, number][] {
  return Array.from({ length: count }, () => {
    source.next();
    return [source.lo, source.hi];
  });
}

test('equal seeds give equal sequences, other seeds other ones', () => {
  const first = draw(new IdSource(new Sfc32(1, 2, 3)), 3_000);
  expect(draw(new IdSource(new Sfc32(1, 2, 3)), 3_000)).toEqual(first);
  expect(draw(new IdSource(new Sfc32(1, 2, 4)), 3_000)).not.toEqual(first);
});

test('the generator is sfc32: the same numbers as base/random.ts makes from the same state', () => {
  const seed = [11, 22, 33];
  const source = new IdSource({ int32: () => seed.shift()! });
  const plain = new Sfc32(11, 22, 33);
  // Sfc32 drops its first 12 outputs, IdSource its first 1,024.
  for (let i = 12; i < 1_024; i++) plain.int32();
  for (const [lo, hi] of draw(source, 2_000)) expect([lo, hi]).toEqual([plain.int32(), plain.int32()]);
});

test('no id is 0, even where the generator gives nothing else for a while', () => {
  // From the all-zero state sfc32 starts with a run of zeros; the ids must not.
  const source = new IdSource({ int32: () => 0 });
  for (const [lo, hi] of draw(source, 5_000)) expect(lo | hi).not.toBe(0);
});

test('all 64 bits are random: each is set in half of the ids, and no id comes twice', () => {
  const ids = draw(new IdSource(new Sfc32(5, 6, 7)), 40_000);
  expect(new Set(ids.map(([lo, hi]) => formatId(lo, hi))).size).toBe(40_000);
  for (let bit = 0; bit < 64; bit++) {
    const set = ids.filter(([lo, hi]) => (((bit < 32 ? lo : hi) >>> (bit & 31)) & 1) === 1).length;
    // Six standard deviations of a fair coin.
    expect(Math.abs(set - 20_000)).toBeLessThan(600);
  }
});

test('an id is printed with 16 hexadecimal digits, upper half first', () => {
  expect(formatId(1, -1)).toBe('ffffffff00000001');
  expect(formatId(-2, 0x0a)).toBe('0000000afffffffe');
});
