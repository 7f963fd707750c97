// Owns: P2, P2a, P2b, P2c and the three safety requirements of "Paxos Made Simple" (section 2.1 and 2.2) over schedules drawn by
// chance: messages lost, doubled and late, crashes between write and flush, any replica proposing at any time. What was
// proposed, accepted and chosen is recorded beside the cluster, from its messages and disks, and judged by the paper's words.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ballot, ballotText, compareBallots } from '../../../src/paxos/ballot.ts';
import type { Message } from '../../../src/paxos/message.ts';
import { Cluster, type Node, textOf } from '../cluster.ts';

type Log = readonly string[];

interface Proposal {
  readonly ballot: Ballot;
  /** What phase 2 began with, and what the log had become in the end. */
  readonly first: Log;
  log: string[];
  /** By acceptor: how much of it was durably accepted. */
  readonly accepted: Map<number, number>;
}

const isPrefix = (a: Log, b: Log) => a.length <= b.length && a.every((value, index) => value === b[index]);

/** All that happened, as the paper speaks of it. */
class Chronicle {
  readonly proposals: Map<string, Proposal> = new Map();
  readonly proposed: Set<string> = new Set();
  /** Learned, with what was chosen at that moment. */
  readonly early: string[] = [];
  readonly quorum: number;

  constructor(quorum: number) {
    this.quorum = quorum;
  }

  observe(node: Node): void {
    const { accepted, role, durableLength } = node.view;
    if (accepted.round === 0) return;
    const key = ballotText(accepted);
    if (role === 'leading' && !this.proposals.has(key)) {
      this.proposals.set(key, { ballot: accepted, first: node.log, log: node.log, accepted: new Map() });
    }
    const proposal = this.proposals.get(key)!;
    if (role === 'leading') proposal.log = node.log;
    const before = proposal.accepted.get(node.id) ?? 0;
    if (durableLength >= 0) proposal.accepted.set(node.id, Math.max(before, durableLength));
    expect(
      isPrefix(node.log, proposal.log),
      'an acceptor holds a prefix of what was proposed at its ballot',
    ).toBe(true);
    if (node.view.decided > this.chosen().length) this.early.push(`${node.id} at ${node.view.decided}`);
  }

  chosenAt({ accepted, log }: Proposal): Log {
    const lengths = [...accepted.values()].sort((a, b) => b - a);
    return log.slice(0, lengths[this.quorum - 1] ?? 0);
  }

  chosen(): Log {
    let longest: Log = [];
    for (const proposal of this.proposals.values()) {
      const log = this.chosenAt(proposal);
      if (log.length > longest.length) longest = log;
    }
    return longest;
  }

  /** Pairs of (proposal with something chosen, proposal of a higher number). */
  *later(): Generator<[Log, Proposal]> {
    for (const before of this.proposals.values()) {
      for (const after of this.proposals.values()) {
        if (compareBallots(before.ballot, after.ballot) < 0) yield [this.chosenAt(before), after];
      }
    }
  }

  /** P2c for `proposal`: some majority has accepted nothing below it that it does not extend. */
  satisfiesP2c(proposal: Proposal, ids: readonly number[]): boolean {
    const fits = ids.filter((id) => {
      const last = this.highestBelow(proposal, id);
      return last === undefined || isPrefix(last.log, proposal.first);
    });
    return (
      fits.length >= this.quorum ||
      majorities(ids, this.quorum).some((set) => this.isHighestOf(proposal, set))
    );
  }

  private isHighestOf(proposal: Proposal, set: readonly number[]): boolean {
    let best: { ballot: Ballot; log: Log } | undefined;
    for (const id of set) {
      const last = this.highestBelow(proposal, id);
      if (last === undefined) continue;
      const order = best === undefined ? 1 : compareBallots(last.ballot, best.ballot);
      if (order > 0 || (order === 0 && last.log.length > best!.log.length)) best = last;
    }
    return best === undefined || isPrefix(best.log, proposal.first);
  }

  private highestBelow({ ballot }: Proposal, id: number): { ballot: Ballot; log: Log } | undefined {
    let best: { ballot: Ballot; log: Log } | undefined;
    for (const other of this.proposals.values()) {
      const length = other.accepted.get(id);
      if (length === undefined || compareBallots(other.ballot, ballot) >= 0) continue;
      if (best === undefined || compareBallots(other.ballot, best.ballot) > 0) {
        best = { ballot: other.ballot, log: other.log.slice(0, length) };
      }
    }
    return best;
  }
}

function majorities(ids: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return ids.flatMap((id, index) => majorities(ids.slice(index + 1), size - 1).map((rest) => [id, ...rest]));
}

const IDS = [1, 2, 3] as const;
const moves = fc.array(fc.tuple(fc.nat(99), fc.nat(9_999)), { minLength: 60, maxLength: 160 });

function move(
  cluster: Cluster,
  chronicle: Chronicle,
  lost: Message[],
  [what, pick]: readonly [number, number],
): void {
  const { network } = cluster;
  const node = cluster.node(IDS[pick % 3]!);
  if (what < 55 && network.length > 0) cluster.deliver(network.splice(pick % network.length, 1)[0]!);
  else if (what < 60 && network.length > 0) lost.push(network.splice(pick % network.length, 1)[0]!);
  else if (what < 65 && lost.length > 0) cluster.deliver(lost[pick % lost.length]!);
  else if (what < 80) node.flush();
  else if (what < 87) node.step({ kind: 'nominate' });
  else if (what < 96) {
    const value = `v${chronicle.proposed.size}`;
    chronicle.proposed.add(value);
    cluster.propose(node.id, value);
  } else node.crash();
}

function run(schedule: readonly (readonly [number, number])[]): { cluster: Cluster; chronicle: Chronicle } {
  const cluster = new Cluster(3).start().settle();
  const chronicle = new Chronicle(2);
  cluster.observe = (node) => chronicle.observe(node);
  for (const node of cluster.nodes.values()) node.autoFlush = false;
  // A first leader, so that short schedules choose something, too.
  cluster.node(1).step({ kind: 'nominate' });
  const lost: Message[] = [];
  for (const one of schedule) move(cluster, chronicle, lost, one);
  return { cluster, chronicle };
}

function always(holds: (chronicle: Chronicle, cluster: Cluster) => void): void {
  let chosen = 0;
  fc.assert(
    fc.property(moves, (schedule) => {
      const { chronicle, cluster } = run(schedule);
      chosen += chronicle.chosen().length;
      holds(chronicle, cluster);
    }),
    { numRuns: 150 },
  );
  expect(chosen, 'the schedules choose something').toBeGreaterThan(0);
}

describe('over all schedules', () => {
  it('[I6] P2: if a value is chosen, every higher-numbered proposal that is chosen has that value', () => {
    always((chronicle) => {
      for (const [chosen, after] of chronicle.later()) {
        const later = chronicle.chosenAt(after);
        expect(isPrefix(chosen, later) || isPrefix(later, chosen)).toBe(true);
      }
    });
  });

  it('[I6] P2a: if a value is chosen, every higher-numbered proposal accepted by any acceptor has that value', () => {
    always((chronicle) => {
      for (const [chosen, after] of chronicle.later()) {
        for (const length of after.accepted.values()) {
          const accepted = after.log.slice(0, length);
          expect(isPrefix(chosen, accepted) || isPrefix(accepted, chosen)).toBe(true);
        }
      }
    });
  });

  it('[I6] P2b: if a value is chosen, every higher-numbered proposal issued by any proposer has that value', () => {
    always((chronicle) => {
      for (const [chosen, after] of chronicle.later()) expect(isPrefix(chosen, after.first)).toBe(true);
    });
  });

  it('[I3] P2c: each proposal extends the highest-numbered one accepted below it by some majority', () => {
    always((chronicle) => {
      for (const proposal of chronicle.proposals.values())
        expect(chronicle.satisfiesP2c(proposal, IDS)).toBe(true);
    });
  });

  it('[I7] safety: only a value that has been proposed may be chosen', () => {
    always((chronicle) => {
      for (const value of chronicle.chosen()) expect(chronicle.proposed.has(value)).toBe(true);
      expect(new Set(chronicle.chosen()).size, 'and each once').toBe(chronicle.chosen().length);
    });
  });

  it('[I8] safety: only a single value is chosen', () => {
    always((chronicle) => {
      for (const proposal of chronicle.proposals.values()) {
        expect(isPrefix(chronicle.chosenAt(proposal), chronicle.chosen())).toBe(true);
      }
    });
  });

  it('[I9] safety: a process never learns that a value has been chosen unless it actually has been', () => {
    always((chronicle, cluster) => {
      expect(chronicle.early).toEqual([]);
      expect(isPrefix(cluster.history.map(textOf), chronicle.chosen())).toBe(true);
    });
  });
});
