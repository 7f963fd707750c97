// Owns: what can happen to a replica.

import type { Configuration } from './configuration.ts';
import type { Entry } from './entry.ts';
import type { Message } from './message.ts';

/** Takes part from here on. The first event, once. */
export interface Start {
  readonly kind: 'start';
}

/** One heartbeat interval has passed. The only notion of time. */
export interface Tick {
  readonly kind: 'tick';
}

export interface Receive {
  readonly kind: 'receive';
  readonly message: Message;
}

/** Commands for the log, in this order. Answered by `Effects.proposed`. The array must not be changed afterwards. */
export interface Propose {
  readonly kind: 'propose';
  readonly entries: readonly Entry[];
}

/** A linearizable read arrives. Answered later by a ReadResult with this token. */
export interface Read {
  readonly kind: 'read';
  readonly token: number;
}

/** All writes up to and including this one are durable. */
export interface Persisted {
  readonly kind: 'persisted';
  readonly write: number;
}

/**
 * A snapshot of the state after the first `index` entries is durable here, and so are all writes up to there: the log may
 * forget them.
 */
export interface Trim {
  readonly kind: 'trim';
  readonly index: number;
}

/** The snapshot that was asked for by `Effects.fetch` is durable, but not yet in use. */
export interface SnapshotStaged {
  readonly kind: 'snapshot-staged';
  readonly index: number;
  /** The configuration in force after the first `index` entries. */
  readonly configuration: Configuration;
}

/** Ends the configuration and starts this one. */
export interface Reconfigure {
  readonly kind: 'reconfigure';
  readonly configuration: Configuration;
}

/** The election has nominated this replica. Comes from the core's own election; as an event it lets tests and the search do without one. */
export interface Nominate {
  readonly kind: 'nominate';
}

export type Event =
  | Start
  | Tick
  | Receive
  | Propose
  | Read
  | Persisted
  | Trim
  | SnapshotStaged
  | Reconfigure
  | Nominate;

export type EventKind = Event['kind'];
