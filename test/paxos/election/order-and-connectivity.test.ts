// Owns: the order of candidates, and who hears whom.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Connectivity } from '../../../src/paxos/connectivity.ts';
import { PAXOS_TICKS } from '../../../src/paxos/limits.ts';
import type { Candidate, Ping } from '../../../src/paxos/message.ts';
import { betterCandidate, compareCandidates } from '../../../src/paxos/vote-order.ts';

const small = fc.nat(2);
const candidates: fc.Arbitrary<Candidate> = fc.record({
  replica: small,
  accepted: fc.record({ configuration: small, round: small, replica: small }),
  length: small,
  priority: small,
});

function rank({ accepted, length, priority, replica }: Candidate): number {
  const digits = [accepted.configuration, accepted.round, accepted.replica, length, priority, replica];
  return digits.reduce((sum, digit) => 3 * sum + digit, 0);
}

describe('votes compare by accepted ballot, length, priority, id', () => {
  it('in this order', () => {
    fc.assert(
      fc.property(candidates, candidates, (a, b) => {
        expect(Math.sign(compareCandidates(a, b))).toBe(Math.sign(rank(a) - rank(b)));
        expect(betterCandidate(a, b)).toEqual(rank(a) >= rank(b) ? a : b);
      }),
    );
  });

  it('and any candidate is better than none', () => {
    fc.assert(
      fc.property(candidates, (a) => {
        expect(compareCandidates(a, undefined)).toBeGreaterThan(0);
        expect(compareCandidates(undefined, a)).toBeLessThan(0);
      }),
    );
    expect(compareCandidates(undefined, undefined)).toBe(0);
  });
});

const MEMBERS = [1, 2];

/** Two replicas that ping each other once a tick over links that can be cut. */
class Pair {
  sides = [new Connectivity(), new Connectivity()] as [Connectivity, Connectivity];
  /** 1 reaches 2, 2 reaches 1. */
  there = true;
  back = true;

  tick(ticks = 1): void {
    for (let n = 0; n < ticks; n++) {
      const pings: (readonly [number, Ping])[] = [];
      this.sides[0].tick(MEMBERS, 1, (to, ping) => this.there && pings.push([to, ping]));
      this.sides[1].tick(MEMBERS, 2, (to, ping) => this.back && pings.push([to, ping]));
      for (const [to, ping] of pings) this.sides[to - 1]!.receive(3 - to, ping);
    }
  }

  get hears(): readonly [boolean, boolean] {
    return [this.sides[0].hears(2), this.sides[1].hears(1)];
  }
}

describe('connectivity', () => {
  it('is known after a ping there and one back', () => {
    const pair = new Pair();
    pair.tick();
    expect(pair.hears).toEqual([false, false]);
    pair.tick();
    expect(pair.hears).toEqual([true, true]);
    expect(pair.sides[0].hearsQuorum(MEMBERS, 1, 2)).toBe(true);
  });

  it.each(['there', 'back'] as const)('a one-way cut (%s) is known at both ends in bounded time', (way) => {
    const pair = new Pair();
    pair.tick(10);
    pair[way] = false;
    pair.tick(PAXOS_TICKS.leaderQuorum - 1);
    expect(pair.hears).toEqual([true, true]);
    pair.tick(3);
    expect(pair.hears).toEqual([false, false]);
    expect(pair.sides[0].hearsQuorum(MEMBERS, 1, 2)).toBe(false);
    pair[way] = true;
    pair.tick(2);
    expect(pair.hears).toEqual([true, true]);
  });

  it('is known again soon after one of them restarts, and an echo of its former life counts for nothing', () => {
    const pair = new Pair();
    pair.tick(100);
    pair.sides[0] = new Connectivity();
    pair.tick();
    expect(pair.hears[0]).toBe(false);
    pair.tick(PAXOS_TICKS.leaderQuorum + 3);
    expect(pair.hears).toEqual([true, true]);
  });

  it('late and doubled pings confirm nothing', () => {
    const here = new Connectivity();
    for (let n = 0; n < 3; n++) here.tick(MEMBERS, 1, () => {});
    here.receive(2, { kind: 'ping', sequence: 5, echo: 0 });
    here.receive(2, { kind: 'ping', sequence: 4, echo: 3 });
    here.receive(2, { kind: 'ping', sequence: 5, echo: 3 });
    expect(here.hears(2)).toBe(false);
    here.receive(2, { kind: 'ping', sequence: 6, echo: 3 });
    expect(here.hears(2)).toBe(true);
  });

  it('forgets who is no member any more', () => {
    const pair = new Pair();
    pair.tick(3);
    pair.sides[0].tick([1], 1, () => {});
    expect(pair.sides[0].hears(2)).toBe(false);
  });

  it('a replica hears itself: alone it is its own quorum', () => {
    expect(new Connectivity().hearsQuorum([1], 1, 1)).toBe(true);
    expect(new Connectivity().hearsQuorum([1, 2, 3], 1, 2)).toBe(false);
  });
});
