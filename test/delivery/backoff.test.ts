// Owns: the bounds, the growth and the jitter of the wait before a replay.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sfc32 } from '../../src/base/random.ts';
import { backoffMs } from '../../src/delivery/backoff.ts';

it('stays between half of the full wait and the full wait, which doubles up to the longest', () => {
  const attempts = fc.oneof(fc.integer({ min: 2, max: 40 }), fc.constantFrom(1_000, 1_000_000));
  fc.assert(
    fc.property(attempts, fc.nat(5_000), fc.nat(60_000), fc.integer(), (attempt, first, longest, seed) => {
      const wait = backoffMs(attempt, first, longest, new Sfc32(seed, 2, 3));
      const full = Math.min(first * 2 ** Math.min(attempt - 2, 30), longest);
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThanOrEqual(full);
    }),
  );
});

it('jitter fills the whole upper half', () => {
  const random = new Sfc32(1, 2, 3);
  const waits = Array.from({ length: 2_000 }, () => backoffMs(3, 100, 10_000, random));
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  expect(Math.min(...waits)).toBeLessThan(102);
  expect(Math.max(...waits)).toBeGreaterThan(198);
  expect(mean).toBeGreaterThan(145);
  expect(mean).toBeLessThan(155);
});
