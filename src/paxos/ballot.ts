// Owns: ballot numbers and their order. Invariant: ballots of different replicas are never equal, and every ballot of a
// later configuration is higher than every ballot of an earlier one.
//
// "The Part-Time Parliament" (Lamport 1998), section 2.2: ballot numbers are pairs of a counter and a name. The number
// of the configuration stands in front, so that what was accepted after a change of members always wins over what was
// accepted before it, even if the new members have never heard of the old ballots.

/** A replica's name: an integer from 1 up, never used again for another replica of the same cluster. */
export type ReplicaId = number;

export interface Ballot {
  readonly configuration: number;
  readonly round: number;
  readonly replica: ReplicaId;
}

/** Lower than every ballot that a proposer uses. */
export const NO_BALLOT: Ballot = { configuration: 0, round: 0, replica: 0 };

/** The lowest ballot of a configuration. No proposer uses it: rounds start at 1. */
export function firstBallot(configuration: number): Ballot {
  return { configuration, round: 0, replica: 0 };
}

/** Negative if `a` is lower, 0 if equal, positive if `a` is higher. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.configuration !== b.configuration) return a.configuration - b.configuration;
  if (a.round !== b.round) return a.round - b.round;
  return a.replica - b.replica;
}

export function sameBallot(a: Ballot, b: Ballot): boolean {
  return a.round === b.round && a.replica === b.replica && a.configuration === b.configuration;
}

export function higherBallot(a: Ballot, b: Ballot): Ballot {
  return compareBallots(a, b) >= 0 ? a : b;
}

/** `2.7.1`: configuration, round, replica. */
export function ballotText(ballot: Ballot): string {
  return `${ballot.configuration}.${ballot.round}.${ballot.replica}`;
}
