// Owns: the interface between a lane and the guarantee it runs with. All that differs between at most once, at least once and
// exactly once is behind it. Not here: the strategies (one file each), I/O (the ports are given).
//
// Who calls what, in a turn of the lane:
//   admit     how many of the records that a partition has buffered may be emitted now
//   root      per record: the tree that it starts (or belongs to, or none)
//   treeDone, treeFailed, treeTimedOut   the end of a tree
//   advance   time has passed: replays that are due, time-outs, commits
// Invariants of every strategy: a position is stored only as its guarantee allows (see each file); a record that was
// admitted is, in the end, done, dropped and counted, or in the dead-letter topic, unless the run ends before.

import type { MillraceError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { EngineOptions } from '../topology/plan.ts';
import type { FailReason } from '../topology/source.ts';
import type { Acker } from '../tracking/acker.ts';
import type { IdSource } from '../tracking/ids.ts';

/** Why a tree failed, as far as it is known. */
export interface FailureCause {
  readonly component: string;
  readonly error: unknown;
}

/** A classic spout, as delivery knows it: told of the end of what it emitted with an id. */
export interface SpoutEnds {
  acked(id: unknown): void;
  failed(id: unknown, reason: FailReason): void;
}

/** A partition of a direct source, as delivery knows it. */
export interface FeedInfo {
  /** Number of the feed in the lane, from 0. */
  readonly id: number;
  /** Name of the spout. */
  readonly component: string;
  readonly partition: number;
  readonly treeTimeoutMs: number;
  /** Where it starts: the stored position, or the earliest offset. */
  readonly position: number;
}

/** The records of a partition that were read and not emitted yet. */
export interface FeedBuffer {
  /** Offset of the next one. */
  readonly position: number;
  /** How many there are. */
  readonly available: number;
  /** An offset up to which the partition is known to have records: read already, or before the end that was agreed. */
  readonly known: number;
  /** How many of them have an offset below `offset`. */
  countBefore(offset: number): number;
}

/** A record on its way to the dead-letter topic. */
export interface DeadLetter {
  readonly component: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: unknown;
  /** Bytes that could not be decoded, where that is the reason. */
  readonly raw?: Uint8Array;
  readonly attempts: number;
  readonly reason: FailReason | 'undecodable';
  readonly cause: FailureCause;
}

/** New positions; state goes with them if `withState`. */
export interface CommitRequest {
  readonly positions: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly withState: boolean;
}

/** What a strategy may do to the outside. Answers come back through `done`, always later, never inside the call. */
export interface DeliveryPorts {
  readonly options: EngineOptions;
  readonly ids: IdSource;
  readonly acker: Acker;
  readonly random: Random;
  /** Makes positions (and state) durable in one step. */
  commit(request: CommitRequest, done: (error: MillraceError | null) => void): void;
  /** Whether keyed state changed since the last commit with state. */
  stateChanged(): boolean;
  /** Appends to the dead-letter topic, durably. */
  deadLetter(letter: DeadLetter, done: (error: MillraceError | null) => void): void;
  /** Whether a record of a feed may be emitted again now: the queues behind its spout have room. */
  hasRoom(feed: number): boolean;
  /** Emits a record again under a new root; the delivery's `root…` fields are set. */
  emitAgain(feed: number, value: unknown): void;
  /** Milliseconds from the spout's first emit to the end of the tree. */
  latency(ms: number): void;
  /** Ends the run. */
  fatal(error: MillraceError): void;
}

export interface DeliveryCounters {
  records: number;
  acked: number;
  failed: number;
  timedOut: number;
  replayed: number;
  deadLettered: number;
}

export interface Delivery {
  readonly counters: DeliveryCounters;
  /** Whether records root trees; without trees nobody hears of their end. */
  readonly tracks: boolean;
  /** Set by `root`: the tree of the record being emitted, NO_TREE if it has none, and its root id. */
  rootHandle: number;
  rootLo: number;
  rootHi: number;
  /**
   * Set by `root`: an edge that the tree holds open for this record. Whoever emits it makes it the edge of the one
   * tuple, or XORs it away together with the edges of several: acks may arrive before that.
   */
  edgeLo: number;
  edgeHi: number;

  addFeed(feed: FeedInfo): void;
  /** Registers a task of a classic spout; returns its number. */
  addSpout(ends: SpoutEnds, treeTimeoutMs: number): number;
  /** How many more tuples with an id the classic spouts may emit now. */
  spoutRoom(): number;
  /** Called for each tuple that a classic spout emits with an id. */
  spoutRoot(spout: number, id: unknown, nowMs: number): void;
  /** How many of the buffered records may be emitted now. May start what is needed to allow more later. */
  admit(feed: number, buffer: FeedBuffer, nowMs: number): number;
  /** Called for each record in the order of its feed, just before it is emitted. `nextOffset` is where the feed goes on behind it. */
  root(feed: number, offset: number, nextOffset: number, value: unknown, nowMs: number): void;
  /** A record that could not be decoded takes this way instead. */
  rejected(feed: number, offset: number, nextOffset: number, raw: Uint8Array, error: unknown): void;
  /** `owner` is what the tree was opened with. */
  treeDone(owner: number, nowMs: number): void;
  treeFailed(owner: number, cause: FailureCause, nowMs: number): void;
  treeTimedOut(owner: number, cause: FailureCause, nowMs: number): void;
  /** Replays and commits that are due. `draining`: nothing is replayed any more, what failed is left to the next run. */
  advance(nowMs: number, draining: boolean): void;
  /** Earliest time at which `advance` has something to do. */
  nextDueMs(): number;
  /** Records admitted whose end is not known. */
  pending(): number;
  /** Of those, the ones that wait for a replay. */
  waiting(): number;
  /** Records are held back until the store has taken a position. */
  waitsForStore(): boolean;
  /** Asks to store what is not stored yet, whatever the timer says. True once nothing is left to store. */
  settle(): boolean;
}
