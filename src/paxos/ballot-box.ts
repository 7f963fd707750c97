// Owns: the votes that a looking replica has received, and counting them. Not here: what they lead to (election.ts).
// Invariants:
//   1. One vote for each replica, whichever is its newest.
//   2. Within a round a replica's votes only get better and end with its result: a vote that goes against this order
//      is an old one that was late, and is refused. So is one that is there already.
//   3. An election counts the votes of one round only.
//   4. Emptying the box for a better candidate loses no vote for that candidate: while it was better than the present
//      one, each vote for it would have been the cause to empty the box.

import type { ReplicaId } from './ballot.ts';
import type { Vote } from './message.ts';
import { compareCandidates } from './vote-order.ts';

export class BallotBox {
  private readonly votes: Map<ReplicaId, Vote> = new Map();

  empty(): void {
    this.votes.clear();
  }

  /** False if the vote is refused, as an old or a repeated one. */
  put(from: ReplicaId, vote: Vote): boolean {
    const present = this.votes.get(from);
    if (present !== undefined && !isNews(vote, present)) return false;
    this.votes.set(from, vote);
    return true;
  }

  /** `candidate` has a quorum of votes of `round`, its own among them. A result of that round counts as a vote. */
  elects(round: number, candidate: ReplicaId, quorum: number): boolean {
    let count = 0;
    let itself = false;
    for (const [from, vote] of this.votes) {
      if (vote.round !== round || vote.candidate?.replica !== candidate) continue;
      count++;
      itself ||= from === candidate;
    }
    return itself && count >= quorum;
  }

  /** Who says to lead and is named as leader by a quorum, itself included, whatever round that came from; or 0. */
  settledLeader(quorum: number): ReplicaId {
    for (const [from, { state }] of this.votes)
      if (state === 'leading' && this.countSettled(from) >= quorum) return from;
    return 0;
  }

  private countSettled(leader: ReplicaId): number {
    let count = 0;
    for (const { state, candidate } of this.votes.values())
      if (state !== 'looking' && candidate?.replica === leader) count++;
    return count;
  }
}

/** Results may change within a round, when a leader is learned from its messages: there the order of arrival counts. */
function isNews(vote: Vote, present: Vote): boolean {
  if (vote.round !== present.round) return vote.round > present.round;
  const wasLooking = present.state === 'looking';
  if (vote.state === 'looking') return wasLooking && compareCandidates(vote.candidate, present.candidate) > 0;
  return wasLooking || vote.state !== present.state || vote.candidate?.replica !== present.candidate?.replica;
}
