// The search itself: that it finds all states, the shortest trace, and says so when it did not look at all of them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explore, type Step, type System } from '../../../src/simulation/search/explore.ts';
import { collisionOdds, StateWriter } from '../../../src/simulation/search/state-hash.ts';

/** Places 0 … n - 1 and arrows between them; `bad` must not be reached. */
function graph(arrows: readonly (readonly [number, number])[], bad = -1): System<number> {
  return {
    initial: () => [0],
    *next(state): Iterable<Step<number>> {
      for (const [from, to] of arrows) if (from === state) yield { action: `${from}-${to}`, state: to };
    },
    write: (state, writer) => writer.int(state),
    check: (state) => (state === bad ? `reached ${bad}` : undefined),
  };
}

/** All pairs of counters up to `limit`: (limit + 1)² states, 2·limit·(limit + 1) steps, 2·limit deep. */
function counters(limit: number): System<readonly [number, number]> {
  return {
    initial: () => [[0, 0]],
    *next([a, b]) {
      if (a < limit) yield { action: 'a', state: [a + 1, b] };
      if (b < limit) yield { action: 'b', state: [a, b + 1] };
    },
    write([a, b], writer) {
      writer.int(a);
      writer.int(b);
    },
    check: () => undefined,
  };
}

describe('what is counted', () => {
  test.each(['fingerprint', 'exact'] as const)('every state and step of a grid, by %s', (identity) => {
    expect(explore(counters(99), { maxStates: 20_000, identity })).toMatchObject({
      outcome: 'complete',
      states: 10_000,
      transitions: 2 * 99 * 100,
      depth: 198,
      violation: undefined,
    });
  });

  test('fingerprints and full keys agree on random graphs, and so does a plain search', () => {
    const place = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, place), { maxLength: 80 }), (arrows) => {
        const reached = new Set([0]);
        for (const place of reached) {
          for (const [from, to] of arrows) if (from === place) reached.add(to);
        }
        const byPrint = explore(graph(arrows), { maxStates: 1_000 });
        const byKey = explore(graph(arrows), { maxStates: 1_000, identity: 'exact' });
        expect(byPrint.states).toBe(reached.size);
        expect({ ...byPrint, collisionOdds: 0 }).toEqual(byKey);
      }),
    );
  });

  test('a system without any state is complete', () => {
    const nothing = { ...graph([]), initial: () => [] };
    expect(explore(nothing, { maxStates: 10 })).toMatchObject({ outcome: 'complete', states: 0 });
  });
});

describe('what is found', () => {
  test('the shortest way to a bad state', () => {
    const arrows = [[0, 1], [1, 2], [2, 3], [3, 9], [0, 4], [4, 3]] as const; // biome-ignore format: one line
    const found = explore(graph(arrows, 9), { maxStates: 100 });
    expect(found.outcome).toBe('violation');
    expect(found.depth).toBe(3);
    expect(found.violation).toEqual({ reason: 'reached 9', trace: ['0-4', '4-3', '3-9'] });
  });

  test('a bad initial state has an empty trace', () => {
    const found = explore(graph([], 0), { maxStates: 100 });
    expect(found.violation).toEqual({ reason: 'reached 0', trace: [] });
    expect(found.depth).toBe(0);
  });

  test('a search that was cut off is not a proof', () => {
    expect(explore(counters(99), { maxStates: 500 })).toMatchObject({ outcome: 'limit', states: 500 });
  });

  test('a search that ends exactly at its limit has not looked at the rest', () => {
    expect(explore(counters(9), { maxStates: 100 }).outcome).toBe('limit');
    expect(explore(counters(9), { maxStates: 101 }).outcome).toBe('complete');
  });

  test('a system that changes between two looks is reported, not traced', () => {
    let calls = 0;
    const unsteady: System<number> = {
      ...graph([], 2),
      *next(state) {
        calls++;
        if (calls <= 2) yield { action: 'on', state: state + 1 };
      },
    };
    expect(() => explore(unsteady, { maxStates: 10 })).toThrow('not deterministic');
  });

  test('a limit that the table cannot hold is refused', () => {
    expect(() => explore(graph([]), { maxStates: 0 })).toThrow('maxStates is 1 to');
    expect(() => explore(graph([]), { maxStates: 2 ** 31 })).toThrow('maxStates is 1 to');
  });
});

describe('fingerprints', () => {
  function written(fill: (writer: StateWriter) => void): readonly [number, number, string] {
    const writer = new StateWriter();
    writer.begin();
    fill(writer);
    writer.finish();
    return [writer.lo, writer.hi, writer.exact()];
  }

  test('neighbouring texts are kept apart', () => {
    const pair = (first: string, second: string) =>
      written((writer) => {
        writer.text(first);
        writer.text(second);
      });
    const one = pair('ab', 'c');
    const other = pair('a', 'bc');
    expect(one[0]).not.toBe(other[0]);
    expect(one[1]).not.toBe(other[1]);
    expect(one[2]).not.toBe(other[2]);
  });

  test('a state of many numbers is kept whole', () => {
    const long = (last: number) =>
      written((writer) => {
        for (let at = 0; at < 5_000; at++) writer.int(at);
        writer.int(last);
      });
    expect(long(1)).toEqual(long(1));
    expect(long(1)[0]).not.toBe(long(2)[0]);
    expect(long(1)[2].split(',')).toHaveLength(5_001);
  });

  test('each half alone spreads 65,536 similar states like a random function', () => {
    // By chance 2^16 states in 2^32 values have about 0.5 equal pairs; a weak mix has hundreds.
    const low = new Set<number>();
    const high = new Set<number>();
    for (let state = 0; state < 65_536; state++) {
      const [lo, hi] = written((writer) => {
        for (let bit = 0; bit < 16; bit++) writer.int((state >> bit) & 1);
      });
      low.add(lo);
      high.add(hi);
    }
    expect(low.size).toBeGreaterThan(65_536 - 8);
    expect(high.size).toBeGreaterThan(65_536 - 8);
  });

  test('the odds of a collision are the birthday bound', () => {
    expect(collisionOdds(2)).toBe(2 / 2 ** 65);
    expect(collisionOdds(1_000_000)).toBeLessThan(3e-8);
  });
});
