// Owns: whole small clusters left to themselves: they elect, decide, replace a dead leader, and take a restarted replica back.
// Not here: single rules (paper/), the election's rules (election/), faults by chance (simulation).

import { describe, expect, it } from 'vitest';
import { PAXOS_TICKS } from '../../src/paxos/limits.ts';
import { Cluster } from './cluster.ts';

function untilLed(cluster: Cluster): number {
  let ticks = 0;
  for (; cluster.leader === undefined && ticks < 100; ticks++) cluster.tick();
  return ticks;
}

describe.each([1, 3, 5])('a cluster of %i', (size) => {
  it('elects a leader and decides', () => {
    const cluster = new Cluster(size).start().settle();
    expect(untilLed(cluster)).toBeLessThanOrEqual(PAXOS_TICKS.election);
    cluster.propose(cluster.leader!.id, 'a', 'b');
    cluster.settle().tick();
    for (const id of cluster.nodes.keys()) expect(cluster.applied(id)).toEqual(['a', 'b']);
  });

  it('goes on after the restart of all, with all that was decided', () => {
    const cluster = new Cluster(size).start().settle();
    untilLed(cluster);
    cluster.propose(cluster.leader!.id, 'a');
    cluster.settle();
    cluster.network = [];
    for (const node of cluster.nodes.values()) node.crash();
    cluster.settle();
    untilLed(cluster);
    cluster.propose(cluster.leader!.id, 'b');
    cluster.settle().tick();
    for (const id of cluster.nodes.keys()) expect(cluster.applied(id)).toEqual(['a', 'b']);
  });
});

describe.each([3, 5])('when its leader dies, a cluster of %i', (size) => {
  it('has another one soon, which the old one follows when it is back', () => {
    const cluster = new Cluster(size).start().settle();
    untilLed(cluster);
    const old = cluster.leader!;
    cluster.propose(old.id, 'a');
    cluster.settle();
    old.up = false;
    const { election, electionJitter } = PAXOS_TICKS;
    expect(untilLed(cluster)).toBeLessThanOrEqual(2 * (election + electionJitter));
    const { leader } = cluster;
    cluster.propose(leader!.id, 'b');
    cluster.settle();
    old.crash();
    cluster.settle().tick(5);
    expect(old.view).toMatchObject({ role: 'following', leader: leader!.id });
    expect(cluster.applied(old.id)).toEqual(['a', 'b']);
  });
});
