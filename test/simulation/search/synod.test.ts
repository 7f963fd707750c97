// Calibrates the search: the synod has a known number of states, and known mistakes in it must be found.

import { describe, expect, test } from 'vitest';
import { explore } from '../../../src/simulation/search/explore.ts';
import { Synod } from '../../../src/simulation/search/synod.ts';

const SMALL = { acceptors: 3, values: 2, ballots: 2 };

/** Votes at any ballot, whatever was promised. */
class Forgetful extends Synod {
  protected override mayVote(): boolean {
    return true;
  }
}

describe('the synod of three acceptors, two values and two ballots', () => {
  test.each(['fingerprint', 'exact'] as const)(
    'has 3,921 distinct states, all of them safe (%s)',
    (identity) => {
      const found = explore(new Synod(SMALL), { maxStates: 10_000, identity });
      expect(found.outcome).toBe('complete');
      expect(found.states).toBe(3_921);
      expect(found.depth).toBe(16);
    },
  );

  test('with one ballot or one acceptor it is smaller, and still searched whole', () => {
    expect(explore(new Synod({ ...SMALL, ballots: 1 }), { maxStates: 10_000 }).states).toBe(73);
    expect(explore(new Synod({ ...SMALL, acceptors: 1 }), { maxStates: 10_000 }).outcome).toBe('complete');
  });
});

describe('mistakes that the search must find', () => {
  test('a quorum of one: two ballots choose two values', () => {
    const { outcome, violation } = explore(new Synod({ ...SMALL, quorum: 1 }), { maxStates: 100_000 });
    expect(outcome).toBe('violation');
    expect(violation!.reason).toMatch(/two values are chosen: 0 and 1|two values are chosen: 1 and 0/);
    expect(violation!.trace.filter((action) => action.startsWith('Phase2a'))).toHaveLength(2);
    expect(violation!.trace.filter((action) => action.startsWith('Phase1b'))).toHaveLength(2);
  });

  test('a vote that ignores the promise: an old ballot chooses after a new one', () => {
    const { outcome, violation } = explore(new Forgetful(SMALL), { maxStates: 100_000 });
    expect(outcome).toBe('violation');
    const trace = violation!.trace;
    expect(trace.at(-1)).toContain('Phase2b');
    expect(trace.filter((action) => action.startsWith('Phase2b'))).toHaveLength(4);
  });
});
