// Owns: the messages between replicas. Not here: their bytes (message-codec.ts), who sends which when.
//
// Indexes count entries from the start of the log: `length` n means the entries 0 … n - 1, and `from` is the index of
// the first entry sent. Messages may be lost, late, doubled and reordered; never altered (the codec's checksum).

import type { Ballot, ReplicaId } from './ballot.ts';
import type { Entry } from './entry.ts';

/** Phase 1a. The proposer tells what it has, so that a promise carries only what is missing. */
export interface Prepare {
  readonly kind: 'prepare';
  readonly ballot: Ballot;
  readonly accepted: Ballot;
  readonly length: number;
  readonly decided: number;
}

/** Phase 1b. Sent only when the promise and all entries behind `length` are durable. */
export interface Promise1b {
  readonly kind: 'promise';
  readonly ballot: Ballot;
  readonly accepted: Ballot;
  readonly length: number;
  readonly decided: number;
  /** What the proposer lacks: the entries `from … length - 1` if this log is better than the proposer's, else none. */
  readonly from: number;
  readonly entries: readonly Entry[];
}

/**
 * Phase 2a for a follower that has just promised: the leader's log up to `target`, in place of what lies behind
 * `start`. All parts are accepted together or not at all: a beginning of the log under a high ballot would
 * win over the whole of it under a lower one.
 */
export interface AcceptSync {
  readonly kind: 'accept-sync';
  readonly ballot: Ballot;
  /** `from` of the first part. */
  readonly start: number;
  readonly from: number;
  readonly entries: readonly Entry[];
  readonly decided: number;
  /** True if this replaces the prefix before `start` by the snapshot that the follower has staged there. */
  readonly snapshot: boolean;
  /** The `damaged` of the SyncRequest that this answers, else 0. */
  readonly repair: number;
  /** The leader's length when it sent this. With it the parts are complete, and a damaged follower is whole again. */
  readonly target: number;
}

/** Phase 2a: appends. */
export interface Accept {
  readonly kind: 'accept';
  readonly ballot: Ballot;
  readonly from: number;
  readonly entries: readonly Entry[];
  readonly decided: number;
}

/** Phase 2b, cumulative: the first `length` entries of the log of `ballot` are durable here. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly ballot: Ballot;
  readonly length: number;
}

/** The first `decided` entries of the log of `ballot` are decided. */
export interface Decide {
  readonly kind: 'decide';
  readonly ballot: Ballot;
  readonly decided: number;
}

/** I have promised a higher ballot. */
export interface Nack {
  readonly kind: 'nack';
  readonly ballot: Ballot;
  readonly promised: Ballot;
}

/** From the leader, each tick and for each round of reads. */
export interface Heartbeat {
  readonly kind: 'heartbeat';
  readonly ballot: Ballot;
  readonly sequence: number;
  readonly decided: number;
}

/** I have promised nothing higher than `ballot`. `length`: as in Accepted, or -1 if I am not in step with this ballot. */
export interface HeartbeatAck {
  readonly kind: 'heartbeat-ack';
  readonly ballot: Ballot;
  readonly sequence: number;
  readonly length: number;
}

/** From a follower that missed something: prepare me again; from a damaged one: send me your log from `decided` on. */
export interface SyncRequest {
  readonly kind: 'sync-request';
  readonly promised: Ballot;
  readonly decided: number;
  /**
   * Not 0: the log is damaged. A number drawn for this repair, which its answer repeats: an AcceptSync from before the
   * damage could have less than was acknowledged since.
   */
  readonly damaged: number;
  /** The index of a snapshot that the follower has staged, or 0. */
  readonly staged: number;
}

/** The receiver lacks entries that are gone from this log: fetch a snapshot of at least `index` entries from me. */
export interface SnapshotOffer {
  readonly kind: 'snapshot-offer';
  readonly ballot: Ballot;
  readonly index: number;
}

/** A read that arrived at a follower. */
export interface ReadAsk {
  readonly kind: 'read-ask';
  readonly ballot: Ballot;
  readonly token: number;
}

/** The read may be served when `index` entries are applied; -1: I am not the leader of that ballot. */
export interface ReadAnswer {
  readonly kind: 'read-answer';
  readonly ballot: Ballot;
  readonly token: number;
  readonly index: number;
}

/** A candidate as fast leader election compares them. */
export interface Candidate {
  readonly replica: ReplicaId;
  readonly accepted: Ballot;
  readonly length: number;
  readonly priority: number;
}

export type ElectionState = 'looking' | 'following' | 'leading';

/** A notification of fast leader election. */
export interface Vote {
  readonly kind: 'vote';
  /** The election's round ("logical clock"), not a ballot's. */
  readonly round: number;
  readonly state: ElectionState;
  /** Undefined: the sender has no candidate yet. */
  readonly candidate: Candidate | undefined;
}

/** Between all replicas, each tick: lets both ends know whether they hear each other. */
export interface Ping {
  readonly kind: 'ping';
  readonly sequence: number;
  /** The highest sequence that came from the receiver, 0 if none. */
  readonly echo: number;
}

/** I have an empty disk: remember me, unless you know me with another. */
export interface Join {
  readonly kind: 'join';
}

export interface JoinAnswer {
  readonly kind: 'join-answer';
  /** The incarnation under which the asking replica is recorded, durably; 0 if it was replaced. */
  readonly known: number;
}

/**
 * Decided entries, `from …`: for a replica that asked because its configuration has ended, or from the leader for a
 * follower that lags by more than a message. Without either it only tells that the sender is in a later configuration.
 */
export interface CatchUp {
  readonly kind: 'catch-up';
  /** Of the request that this answers, else 0. */
  readonly question: number;
  /** The ballot of the leader that sends this to its follower, else the lowest of all. */
  readonly leadership: Ballot;
  readonly from: number;
  readonly entries: readonly Entry[];
  /** Not 0: entries below it are gone here, fetch a snapshot of at least that many entries. */
  readonly snapshot: number;
}

export interface CatchUpRequest {
  readonly kind: 'catch-up-request';
  /** Not 0. The same until it is answered. */
  readonly question: number;
  readonly decided: number;
  readonly staged: number;
}

export type Body =
  | Prepare
  | Promise1b
  | AcceptSync
  | Accept
  | Accepted
  | Decide
  | Nack
  | Heartbeat
  | HeartbeatAck
  | SyncRequest
  | SnapshotOffer
  | ReadAsk
  | ReadAnswer
  | Vote
  | Ping
  | Join
  | JoinAnswer
  | CatchUp
  | CatchUpRequest;

export type MessageKind = Body['kind'];

export interface Message {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  /** The sender's configuration number. */
  readonly configuration: number;
  /** Drawn at random when the sender's disk was formatted, never 0: a replica that lost its disk is told from its former self. */
  readonly incarnation: number;
  readonly body: Body;
}
