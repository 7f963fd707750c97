// The search of the core would see it if the core did wrong, and its reductions lose nothing.

import { describe, expect, test } from 'vitest';
import { compareBallots, NO_BALLOT } from '../../../src/paxos/ballot.ts';
import type { Effects } from '../../../src/paxos/effects.ts';
import type { Event } from '../../../src/paxos/event.ts';
import { Replica } from '../../../src/paxos/replica.ts';
import type { MakeReplica } from '../../../src/simulation/replica-under-test.ts';
import { searchCore } from '../../../src/simulation/search/core-searches.ts';
import { type CoreBounds, CoreSystem } from '../../../src/simulation/search/core-system.ts';
import { explore } from '../../../src/simulation/search/explore.ts';

const REAL: MakeReplica = (parts) => new Replica(parts);

const BOUNDS: CoreBounds = {
  ballots: 2,
  entries: 2,
  crashes: 1,
  disks: 'prompt',
  proposals: 'phase 1',
  deliveries: 'once',
};

describe('reductions', () => {
  test.each<Partial<CoreBounds>>([
    { entries: 0, disks: 'slow', deliveries: 'again' },
    { entries: 1, crashes: 0 },
    { crashes: 0 },
  ])(
    'plain search finds no more than the search by covering: %j',
    (changed) => {
      const bounds = { ...BOUNDS, ...changed };
      const plain = explore(new CoreSystem(REAL, bounds), { maxStates: 200_000 });
      const covered = searchCore(REAL, bounds);
      expect(plain).toMatchObject({ outcome: 'complete', violation: undefined });
      expect(covered).toMatchObject({ outcome: 'complete', violation: undefined });
      expect(covered.states).toBeLessThanOrEqual(plain.states);
    },
    60_000,
  );

  test('more ballots than the reductions allow are refused', () => {
    expect(() => new CoreSystem(REAL, { ...BOUNDS, ballots: 3 })).toThrow('at most 2 ballots');
  });
});

/** Forgets its promise at a restart. */
const FORGETFUL: MakeReplica = (parts) => {
  const { recovered } = parts;
  const hard = { ...recovered.hard, promised: NO_BALLOT };
  return new Replica({ ...parts, recovered: { ...recovered, hard } });
};

/** Takes each write for durable at once. */
class Hasty extends Replica {
  override step(event: Event): Effects {
    const effects = super.step(event);
    if (effects.write === undefined) return effects;
    const after = super.step({ kind: 'persisted', write: effects.write.number });
    return { ...effects, send: [...effects.send, ...after.send] };
  }
}

/** Tells every proposer that it never accepted anything. */
class Secretive extends Replica {
  override step(event: Event): Effects {
    const effects = super.step(event);
    const send = effects.send.map((message) => {
      const { body } = message;
      if (body.kind !== 'promise' || compareBallots(body.accepted, NO_BALLOT) === 0) return message;
      const nothing = { accepted: NO_BALLOT, length: 0, decided: 0, from: 0, entries: [] };
      return { ...message, body: { ...body, ...nothing } };
    });
    return { ...effects, send };
  }
}

/** Takes itself for a quorum. */
class Lonely extends Replica {
  override step(event: Event): Effects {
    (this as unknown as { readonly core: { quorum: number } }).core.quorum = 1;
    return super.step(event);
  }
}

describe('mistakes that the search must find', () => {
  test.each<[string, MakeReplica, RegExp]>([
    ['a promise that a restart forgets', FORGETFUL, /outdated|went back|decide/],
    ['a promise that leaves before it is durable', (parts) => new Hasty(parts), /is not durable/],
    [
      'a promise without what was accepted',
      (parts) => new Secretive(parts),
      /nobody has more of the log than its leader|decide/,
    ],
    ['a quorum of one', (parts) => new Lonely(parts), /decided but durable on 1 only|decides/],
  ])(
    '%s',
    (_, make, reason) => {
      const { outcome, violation } = searchCore(make, { ...BOUNDS, disks: 'slow' });
      expect(outcome).toBe('violation');
      expect(violation!.reason).toMatch(reason);
      expect(violation!.trace.length).toBeGreaterThan(0);
    },
    60_000,
  );
});
