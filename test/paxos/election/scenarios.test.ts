// Owns: the situations that taught the field what an election must bear, in a small cluster with partial links. Those
// with names are from "OmniPaxos: Log Replication for Resilient Consensus" (EuroSys 2023), section 2 and 6.

import { describe, expect, it } from 'vitest';
import type { ReplicaId } from '../../../src/paxos/ballot.ts';
import { PAXOS_TICKS } from '../../../src/paxos/limits.ts';
import { Cluster, TICK } from './cluster.ts';

const { election, electionJitter, leaderQuorum } = PAXOS_TICKS;
const PATIENCE = election + electionJitter;
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

function keeps(cluster: Cluster, leader: ReplicaId, ticks: number): void {
  for (let tick = 0; tick < ticks; tick++) {
    cluster.run(1);
    expect(cluster.leader()).toBe(leader);
  }
}

/** A cluster with a leader that all follow. */
function settled(size: number, seed: number): { cluster: Cluster; leader: ReplicaId; others: ReplicaId[] } {
  const cluster = new Cluster(size, seed);
  cluster.run(20);
  const leader = cluster.leader();
  expect(leader).not.toBe(0);
  return { cluster, leader, others: cluster.members.filter((id) => id !== leader) };
}

describe('a healthy network', () => {
  it.each([3, 5, 7])('%i replicas that start elect in three ticks, and then no more', (size) => {
    for (const seed of SEEDS) {
      const cluster = new Cluster(size, seed);
      expect(cluster.untilLed(3)).toBeLessThan(3);
      cluster.run(5);
      const { votes } = cluster;
      keeps(cluster, cluster.leader(), 40);
      expect(cluster.votes).toBe(votes);
    }
  });

  it('two that agree elect in two message delays: no waiting for a third that is down', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(3, seed);
      cluster.node(leader).up = false;
      const looking = () => others.filter((id) => cluster.node(id).election.state === 'looking');
      while (looking().length < 2 && cluster.leader() === 0) cluster.run(0.01);
      // A vote, its answer, and the new leader's first message, by which the other one follows.
      expect(cluster.untilLed(5)).toBeLessThanOrEqual((3 * (cluster.delay + 1)) / TICK + 0.1);
    }
  });

  it.each([3, 5])('of %i the leader is killed: replaced within the patience and one tick', (size) => {
    for (const seed of SEEDS) {
      const { cluster, leader } = settled(size, seed);
      cluster.node(leader).up = false;
      expect(cluster.untilLed(20, leader)).toBeLessThan(PATIENCE + 2);
      keeps(cluster, cluster.leader(), 30);
    }
  });

  it('the elected one dies before it leads: all look again in a higher round', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(5, seed);
      cluster.node(leader).up = false;
      const chosen = () => others.find((id) => cluster.node(id).leads);
      while (chosen() === undefined) cluster.run(0.01);
      const second = cluster.node(chosen()!);
      const { round } = second.election;
      second.up = false;
      expect(cluster.untilLed(40, leader)).toBeLessThan(2 * (PATIENCE + 1));
      expect(cluster.node(cluster.leader()).election.round).toBeGreaterThan(round);
    }
  });

  it('a restarted follower joins the leader and changes nothing', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(3, seed);
      const follower = cluster.node(others[0]!);
      follower.up = false;
      cluster.run(10);
      follower.length = 100;
      follower.start();
      keeps(cluster, leader, 30);
      expect(follower.election.leader).toBe(leader);
    }
  });
});

describe('partial connectivity', () => {
  it.each([3, 5])('of %i one is half-deaf and unseats nobody, however good its log', (size) => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(size, seed);
      const deaf = others[0]!;
      cluster.node(deaf).length = 100;
      for (const id of cluster.members) if (id !== deaf) cluster.cutOneWay(id, deaf);
      keeps(cluster, leader, 100);
      expect(cluster.node(deaf).election.state).toBe('looking');
      cluster.heal();
      keeps(cluster, leader, 40);
      expect(cluster.followers(leader)).toHaveLength(size - 1);
    }
  });

  it('a half-deaf replica does not stop the others from electing', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(5, seed);
      const deaf = others[0]!;
      cluster.node(deaf).length = 100;
      for (const id of cluster.members) if (id !== deaf) cluster.cutOneWay(id, deaf);
      cluster.run(30);
      cluster.node(leader).up = false;
      expect(cluster.untilLed(40, leader)).toBeLessThan(2 * PATIENCE);
      expect(cluster.leader()).not.toBe(deaf);
    }
  });

  it('one that does not hear the leader, but a quorum, does not unseat it (asymmetric link)', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(3, seed);
      cluster.node(others[0]!).length = 100;
      cluster.cutOneWay(leader, others[0]!);
      keeps(cluster, leader, 100);
    }
  });

  it('a leader that hears nobody is replaced by the others, who still hear it', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(3, seed);
      for (const id of others) cluster.cutOneWay(id, leader);
      expect(cluster.untilLed(60, leader)).toBeLessThan(leaderQuorum + 2 * PATIENCE);
      keeps(cluster, cluster.leader(), 60);
    }
  });

  it('a leader that nobody hears is replaced', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(3, seed);
      for (const id of others) cluster.cutOneWay(leader, id);
      expect(cluster.untilLed(60, leader)).toBeLessThan(2 * PATIENCE);
      keeps(cluster, cluster.leader(), 60);
    }
  });

  it('quorum-loss: only one replica hears a quorum, and it is elected though the old leader lives', () => {
    for (const seed of SEEDS) {
      const { cluster, others } = settled(5, seed);
      const [hub, ...rest] = [others[0]!, ...cluster.members.filter((id) => id !== others[0])];
      cluster.onlyLinks(...rest.map((id) => [hub, id] as const));
      cluster.run(leaderQuorum + 2 * PATIENCE);
      keeps(cluster, hub, 60);
      expect(cluster.followers(hub)).toHaveLength(4);
    }
  });

  it('constrained election: the same, and its log is the shortest and the old leader is cut off', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(5, seed);
      const [hub, ...rest] = others;
      for (const node of cluster.nodes) node.length = node.id === hub ? 1 : 100 + node.id;
      cluster.onlyLinks(...rest.map((id) => [hub!, id] as const));
      expect(cluster.untilLed(60, leader)).toBeLessThan(leaderQuorum + 2 * PATIENCE);
      keeps(cluster, hub!, 60);
    }
  });

  it('chained, three in a line: the leader at one end stays, the other end does not disturb', () => {
    for (const seed of SEEDS) {
      const { cluster, leader, others } = settled(3, seed);
      const [middle, end] = others as [number, number];
      cluster.node(end).length = 100;
      cluster.onlyLinks([leader, middle], [middle, end]);
      keeps(cluster, leader, 100);
      cluster.node(leader).up = false;
      expect(cluster.untilLed(40, leader)).toBeLessThan(2 * PATIENCE);
    }
  });

  it('chained, five in a line: one that hears a quorum leads, the ends never do', () => {
    for (const seed of SEEDS) {
      const cluster = new Cluster(5, seed);
      cluster.run(10);
      for (const node of cluster.nodes) node.length = node.id === 1 || node.id === 5 ? 100 : node.id;
      cluster.onlyLinks([1, 2], [2, 3], [3, 4], [4, 5]);
      cluster.run(leaderQuorum + 3 * PATIENCE);
      expect([2, 3, 4]).toContain(cluster.leader());
      keeps(cluster, cluster.leader(), 100);
    }
  });

  it('nobody hears a quorum: nobody leads, few votes are sent, and the first tick of health elects', () => {
    for (const seed of SEEDS) {
      const { cluster } = settled(5, seed);
      cluster.onlyLinks([1, 2], [3, 4]);
      cluster.run(60);
      expect(cluster.leader()).toBe(0);
      const { votes } = cluster;
      cluster.run(100);
      // Each of five repeats its vote to four others, at most once in some ticks when backed off.
      expect((cluster.votes - votes) / 100).toBeLessThan(10);
      cluster.heal();
      expect(cluster.untilLed(10)).toBeLessThan(5);
    }
  });
});

describe('messages', () => {
  it('lost, doubled, late and reordered votes only delay the election', () => {
    for (const seed of SEEDS) {
      const cluster = new Cluster(5, seed);
      Object.assign(cluster, { loss: 0.3, duplication: 0.3, delay: 300 });
      expect(cluster.untilLed(60)).toBeLessThan(3 * PATIENCE);
    }
  });

  it('equal seeds give equal elections', () => {
    const trace = (seed: number) => {
      const cluster = new Cluster(5, seed);
      Object.assign(cluster, { loss: 0.2, duplication: 0.2, delay: 200 });
      const lines: string[] = [];
      cluster.run(50, () =>
        lines.push(cluster.nodes.map(({ election: e }) => `${e.state}${e.leader}@${e.round}`).join()),
      );
      return lines;
    };
    expect(trace(7)).toEqual(trace(7));
    expect(trace(7)).not.toEqual(trace(8));
  });
});
