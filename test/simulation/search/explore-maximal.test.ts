// Search by covering: it finds what plain search finds, with fewer states.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explore } from '../../../src/simulation/search/explore.ts';
import { exploreMaximal, type OrderedSystem } from '../../../src/simulation/search/explore-maximal.ts';

interface Bag {
  readonly place: number;
  /** Bits: tokens that were found. They are never lost. */
  readonly tokens: number;
}

interface Door {
  readonly from: number;
  readonly to: number;
  /** The token that opens it. */
  readonly needs: number;
  readonly gives: number;
}

/** A walk through doors that need tokens: who has more of them can go wherever others can. `bad` must not be reached. */
function maze(doors: readonly Door[], bad: number): OrderedSystem<Bag> {
  return {
    initial: () => [{ place: 0, tokens: 1 }],
    *next({ place, tokens }) {
      for (const { from, to, needs, gives } of doors) {
        if (from !== place || (tokens & (1 << needs)) === 0) continue;
        yield { action: `${from}-${to}`, state: { place: to, tokens: tokens | (1 << gives) } };
      }
    },
    write({ place, tokens }, writer) {
      writer.int(place);
      writer.int(tokens);
    },
    check: ({ place }) => (place === bad ? `reached ${bad}` : undefined),
    writeGroup: ({ place }, writer) => writer.int(place),
    covers: (a, b) => (b.tokens & ~a.tokens) === 0,
    weight: ({ tokens }) => tokens.toString(2).replaceAll('0', '').length,
  };
}

const place = fc.integer({ min: 0, max: 6 });
const token = fc.integer({ min: 0, max: 5 });
const door = fc.record({ from: place, to: place, needs: token, gives: token });
const doors = fc.array(door, { minLength: 25, maxLength: 40 });

test('agrees with plain search on whether the bad place can be reached', () => {
  const seen = { complete: 0, violation: 0, limit: 0 };
  let fewer = 0;
  fc.assert(
    fc.property(doors, (drawn) => {
      const system = maze(drawn, 6);
      const plain = explore(system, { maxStates: 10_000 });
      const covered = exploreMaximal(system, { maxStates: 10_000 });
      expect(covered.outcome).toBe(plain.outcome);
      seen[plain.outcome]++;
      if (plain.outcome === 'complete') {
        expect(covered.states).toBeLessThanOrEqual(plain.states);
        if (covered.states < plain.states) fewer++;
      }
    }),
    { numRuns: 1_000 },
  );
  expect(seen.complete).toBeGreaterThan(100);
  expect(seen.violation).toBeGreaterThan(100);
  expect(fewer).toBeGreaterThan(5);
});

test('its trace leads to the bad state', () => {
  const found = exploreMaximal(
    maze(
      [
        { from: 0, to: 1, needs: 0, gives: 1 },
        { from: 1, to: 0, needs: 0, gives: 0 },
        { from: 0, to: 6, needs: 1, gives: 0 },
      ],
      6,
    ),
    { maxStates: 100 },
  );
  expect(found.violation).toEqual({ reason: 'reached 6', trace: ['0-1', '1-0', '0-6'] });
});

test('a search that was cut off is not a proof', () => {
  const ring = [0, 1, 2, 3, 4].map((from) => ({ from, to: from + 1, needs: 0, gives: 0 }));
  expect(exploreMaximal(maze(ring, 6), { maxStates: 3 }).outcome).toBe('limit');
  expect(exploreMaximal(maze(ring, 6), { maxStates: 100 })).toMatchObject({
    outcome: 'complete',
    states: 6,
    depth: 5,
  });
});
