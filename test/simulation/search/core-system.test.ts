// All that three real replicas can do within small bounds, and that the search would see it if they did wrong.

import { describe, expect, test } from 'vitest';
import { NO_BALLOT } from '../../../src/paxos/ballot.ts';
import type { Effects } from '../../../src/paxos/effects.ts';
import type { Event } from '../../../src/paxos/event.ts';
import { Replica } from '../../../src/paxos/replica.ts';
import type { MakeReplica } from '../../../src/simulation/replica-under-test.ts';
import { type CoreBounds, CoreSystem } from '../../../src/simulation/search/core-system.ts';
import { explore } from '../../../src/simulation/search/explore.ts';
import { exploreMaximal } from '../../../src/simulation/search/explore-maximal.ts';

const REAL: MakeReplica = (parts) => new Replica(parts);

/** Forgets at a restart what it promised beyond what it accepted. */
const FORGETFUL: MakeReplica = (parts) => {
  const { recovered } = parts;
  return new Replica({
    ...parts,
    recovered: { ...recovered, hard: { ...recovered.hard, promised: NO_BALLOT } },
  });
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

const SMALL: CoreBounds = { ballots: 2, entries: 0, crashes: 1, disks: 'slow', deliveries: 'again' };

describe('the real core', () => {
  test.each<CoreBounds & { readonly name: string }>([
    { name: 'no entries, slow disks, doubled messages', ...SMALL },
    {
      name: 'one entry and a crash',
      ballots: 2,
      entries: 1,
      crashes: 1,
      disks: 'prompt',
      deliveries: 'once',
    },
    { name: 'one entry, slow disks', ballots: 2, entries: 1, crashes: 0, disks: 'slow', deliveries: 'once' },
    {
      name: 'one entry, doubled messages',
      ballots: 2,
      entries: 1,
      crashes: 0,
      disks: 'prompt',
      deliveries: 'again',
    },
  ])(
    '$name: every state is safe',
    ({ name, ...bounds }) => {
      const system = new CoreSystem(REAL, bounds);
      const { outcome, states, transitions, violation } = exploreMaximal(system, { maxStates: 1_000_000 });
      process.stdout.write(
        `search of the core, ${name}: ${states} states, ${transitions} steps, ${JSON.stringify(system.size)}\n`,
      );
      expect(violation).toBeUndefined();
      expect(outcome).toBe('complete');
      expect(states).toBeGreaterThan(1_000);
    },
    120_000,
  );

  test('plain search sees the same as the search by covering', () => {
    const found = explore(new CoreSystem(REAL, SMALL), { maxStates: 100_000 });
    expect(found).toMatchObject({ outcome: 'complete', violation: undefined });
  }, 60_000);
});

describe('mistakes that the search must find', () => {
  test('a promise that a restart forgets', () => {
    const bounds: CoreBounds = { ballots: 2, entries: 2, crashes: 1, disks: 'prompt', deliveries: 'once' };
    const { outcome, violation } = exploreMaximal(new CoreSystem(FORGETFUL, bounds), { maxStates: 300_000 });
    expect(outcome).toBe('violation');
    expect(violation!.trace.some((action) => action.includes('crashes'))).toBe(true);
  }, 60_000);

  test('a promise that leaves before it is durable', () => {
    const make: MakeReplica = (parts) => new Hasty(parts);
    const { violation } = explore(new CoreSystem(make, SMALL), { maxStates: 100_000 });
    expect(violation!.reason).toMatch(/tells of its promise .*, which is not durable/);
  });
});
