// Owns: the contiguous done prefix against a plain model.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import { AckedPrefix } from '../../src/delivery/acked-prefix.ts';

/** Steps: a positive number admits a record with a gap of that many offsets, the others finish an open record. */
const steps = fc.array(
  fc.oneof(
    fc.record({ admit: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ finish: fc.nat({ max: 1_000 }) }),
  ),
  { maxLength: 600 },
);

it('position is the end of the longest prefix that is done, whatever the order and the gaps', () => {
  fc.assert(
    fc.property(steps, fc.nat({ max: 50 }), (all, start) => {
      const prefix = new AckedPrefix(start);
      const ends: number[] = [];
      const done = new Set<number>();
      const open: number[] = [];
      let offset = start;
      const expected = () => {
        let number = 0;
        while (done.has(number)) number++;
        return number === 0 ? start : ends[number - 1]!;
      };
      for (const step of all) {
        const before = prefix.position;
        if ('admit' in step) {
          offset += step.admit;
          open.push(prefix.admit(offset));
          ends.push(offset);
        } else if (open.length > 0) {
          const [number] = open.splice(step.finish % open.length, 1);
          done.add(number!);
          expect(prefix.finish(number!)).toBe(expected() !== before);
        }
        expect(prefix.position).toBe(expected());
        expect(prefix.position).toBeGreaterThanOrEqual(before);
        let first = 0;
        while (done.has(first)) first++;
        expect(prefix.span).toBe(ends.length - first);
      }
    }),
    { numRuns: 150 },
  );
});

it('grows past its first size with the oldest record still open', () => {
  const prefix = new AckedPrefix(100);
  const first = prefix.admit(101);
  for (let offset = 101; offset < 1_101; offset++) prefix.finish(prefix.admit(offset + 1));
  expect(prefix.position).toBe(100);
  expect(prefix.span).toBe(1_001);
  expect(prefix.finish(first)).toBe(true);
  expect(prefix.position).toBe(1_101);
  expect(prefix.span).toBe(0);
});

it('refuses a record that was never admitted or is before the prefix', () => {
  const prefix = new AckedPrefix(0);
  expect(() => prefix.finish(0)).toThrow(AssertionError);
  prefix.finish(prefix.admit(1));
  expect(() => prefix.finish(0)).toThrow(AssertionError);
});
