// Owns: liveness of the election, by seeds: whatever happened before, once the faults stop a quorum agrees within a
// bounded number of ticks on one leader that it can hear, and keeps it.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplicaId } from '../../../src/paxos/ballot.ts';
import { PAXOS_TICKS } from '../../../src/paxos/limits.ts';
import { Cluster, TICK } from './cluster.ts';

const { election, electionJitter, backOff } = PAXOS_TICKS;
/** A follower's patience, and a round in vain with the longest patience. */
const BOUND = election + electionJitter + backOff;
const STAYS = 60;

const runs = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  size: fc.constantFrom(3, 5, 7),
  loss: fc.constantFrom(0, 0.1, 0.4),
  duplication: fc.constantFrom(0, 0.3),
  delay: fc.constantFrom(TICK / 10, TICK, 3 * TICK),
});

type Run = typeof runs extends fc.Arbitrary<infer R> ? R : never;

/** A cluster that has been through crashes, restarts, cuts, loss and reordering. */
function troubled({ seed, size, loss, duplication, delay }: Run): Cluster {
  const cluster = new Cluster(size, seed);
  Object.assign(cluster, { loss, duplication, delay });
  const anyone = () => cluster.node(1 + Math.floor(cluster.chance() * size));
  for (let step = 0; step < 30; step++) {
    const dice = cluster.chance();
    const victim = anyone();
    if (dice < 0.2) victim.up = false;
    else if (dice < 0.4 && !victim.up) victim.start();
    else if (dice < 0.7) cluster.cutOneWay(victim.id, anyone().id);
    else if (dice < 0.8) cluster.heal();
    else if (dice < 0.9) victim.length += Math.floor(cluster.chance() * 5);
    else victim.mayLead = !victim.mayLead;
    cluster.run(cluster.chance() * 6);
  }
  return cluster;
}

function calm(cluster: Cluster): void {
  Object.assign(cluster, { loss: 0, duplication: 0, delay: TICK / 10 });
  for (const node of cluster.nodes) {
    node.mayLead = true;
    if (!node.up) node.start();
  }
}

/** Replicas that hear a quorum both ways. */
function able(cluster: Cluster): readonly ReplicaId[] {
  const { members } = cluster;
  const joined = (a: ReplicaId, b: ReplicaId) => !cluster.isCut(a, b) && !cluster.isCut(b, a);
  return members.filter((a) => members.filter((b) => joined(a, b)).length >= cluster.quorum);
}

function staysLed(cluster: Cluster): void {
  const took = cluster.untilLed(BOUND);
  expect(took).toBeLessThan(BOUND);
  // What was under way while the quorum formed may still replace the leader once.
  cluster.run(BOUND);
  const leader = cluster.leader();
  expect(able(cluster)).toContain(leader);
  for (let tick = 0; tick < STAYS; tick++) {
    cluster.run(1);
    expect(cluster.leader()).toBe(leader);
  }
}

describe('after the faults stop', () => {
  it('a quorum agrees on one leader in bounded time, and keeps it', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const cluster = troubled(run);
        cluster.heal();
        calm(cluster);
        staysLed(cluster);
        expect(cluster.followers(cluster.leader())).toHaveLength(run.size - 1);
      }),
      { numRuns: 60 },
    );
  });

  it('the same with links that stay cut, as long as one replica hears a quorum both ways', () => {
    fc.assert(
      fc.property(runs, fc.constantFrom(0.1, 0.3, 0.5), (run, share) => {
        const cluster = troubled(run);
        cluster.heal();
        calm(cluster);
        for (const a of cluster.members)
          for (const b of cluster.members) if (a !== b && cluster.chance() < share) cluster.cutOneWay(a, b);
        fc.pre(able(cluster).length > 0);
        staysLed(cluster);
      }),
      { numRuns: 100 },
    );
  });
});
