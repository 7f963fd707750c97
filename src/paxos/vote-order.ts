// Owns: which of two candidates is the better one. Not here: what a replica does with a better one (election.ts).
// Invariants:
//   1. A total order over candidates: two compare as equal only if all four fields are equal.
//   2. No candidate at all is lower than any candidate.
//
// Fast leader election compares (epoch, last index, id). The epoch is the ballot at which the log was accepted, not
// the highest one promised: of two logs the one accepted at the higher ballot is the one that phase 1 would adopt, so
// the winner has the least to fetch. Nothing depends on it: phase 1 brings any winner up to date.

import { compareBallots, NO_BALLOT, type ReplicaId } from './ballot.ts';
import type { Candidate } from './message.ts';

/** By (accepted ballot, length, priority, id). Negative if `a` is the worse one, 0 if equal, positive if the better one. */
export function compareCandidates(a: Candidate | undefined, b: Candidate | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const byBallot = compareBallots(a.accepted, b.accepted);
  if (byBallot !== 0) return byBallot;
  if (a.length !== b.length) return a.length - b.length;
  if (a.priority !== b.priority) return a.priority - b.priority;
  return a.replica - b.replica;
}

export function betterCandidate(a: Candidate | undefined, b: Candidate | undefined): Candidate | undefined {
  return compareCandidates(a, b) >= 0 ? a : b;
}

/** Stands for a leader of whom only the name is known: it was learned from its messages, not from votes. */
export function knownLeader(replica: ReplicaId): Candidate {
  return { replica, accepted: NO_BALLOT, length: 0, priority: 0 };
}
