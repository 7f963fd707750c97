// Owns: what a replica asks of its driver after an event. The driver does all of it before the next event or in any
// later order that keeps these rules:
//   1. Writes become durable in the order of their numbers, each as a whole or not at all (one atomic record).
//   2. `send` may leave at once. What must wait for a write is held back by the core, which hands it out in the step
//      of the `persisted` event of that write: no driver can send it too early.
//   3. `decided` entries are applied in order, whenever the driver likes; they are durable on a quorum, perhaps not here.

import type { Ballot, ReplicaId } from './ballot.ts';
import type { Configuration } from './configuration.ts';
import type { Entry } from './entry.ts';
import type { Message } from './message.ts';

/** What an acceptor must not forget, besides its log. Written as a whole, in the same record as the entries it belongs to. */
export interface HardState {
  /** Drawn at random when the disk was formatted, never 0. */
  readonly incarnation: number;
  /** False until the others have confirmed that this replica is not the heir of a lost disk. */
  readonly admitted: boolean;
  /** True from the discovery of damage in the log until a leader has repaired it. */
  readonly damaged: boolean;
  readonly promised: Ballot;
  /** The ballot at which the log was accepted. */
  readonly accepted: Ballot;
  /** Of an empty disk: 1, or 0 with the members to learn from; a later one begins only with the log that led to it. */
  readonly configuration: Configuration;
  /** The incarnations under which the others have voted or proposed. */
  readonly known: readonly (readonly [ReplicaId, number])[];
}

/** One atomic record for the disk. */
export interface Write {
  /** 1, 2, 3 … */
  readonly number: number;
  /** Undefined: as it was. */
  readonly hard: HardState | undefined;
  /** Put the staged snapshot of this index in the place of everything before it, 0 for none. Comes before the truncation. */
  readonly snapshot: number;
  /** Cut the log to this length, then append `entries`. Equal to the log's length if there is nothing to cut. */
  readonly from: number;
  readonly entries: readonly Entry[];
  /** How much is known to be decided. May be older than the truth. */
  readonly decided: number;
}

/** What a disk gives back after a restart. */
export interface Recovered {
  readonly hard: HardState;
  /** The index of the snapshot in use: entries below it are in it. */
  readonly offset: number;
  /** The configuration in force after the first `offset` entries. */
  readonly snapshotConfiguration: Configuration;
  /** The entries from `offset` on; if the log is damaged, those before the damage. */
  readonly entries: readonly Entry[];
  readonly decided: number;
  /** True if an entry that was durable cannot be read any more. */
  readonly damaged: boolean;
}

export type ReadResult =
  /** May be served from the state after `index` entries or more. */
  | { readonly token: number; readonly index: number }
  /** Cannot be confirmed: no leader, or it changed. Ask again later. */
  | { readonly token: number; readonly index: -1 };

export type ProposeResult =
  /** Appended; the first of them got this index. They are decided, or lost to another leader's, from there on. */
  | { readonly status: 'appended'; readonly index: number; readonly ballot: Ballot }
  /** Phase 1 is not done: kept, and appended when it is. Lost if this replica does not come to lead, or to the end of the configuration only. */
  | { readonly status: 'kept' }
  /** The leader is another one, or not known (0). Nothing was done. */
  | { readonly status: 'not-leader'; readonly leader: ReplicaId }
  /** In flight is more than a limit allows. Nothing was done. */
  | { readonly status: 'overloaded' }
  /** The configuration is ending. Nothing was done. */
  | { readonly status: 'reconfiguring' }
  /** The entry or configuration itself is refused. Nothing was done. */
  | { readonly status: 'invalid'; readonly reason: string };

export interface Effects {
  /** At most one a step. */
  readonly write: Write | undefined;
  readonly send: readonly Message[];
  /** The number of decided entries after this step. */
  readonly decided: number;
  readonly reads: readonly ReadResult[];
  /** The answer to `propose` and `reconfigure`; undefined for other events. */
  readonly proposed: ProposeResult | undefined;
  /** Fetch a snapshot of at least `index` entries from that replica, make it durable beside the one in use, then tell `snapshot-staged`. */
  readonly fetch: { readonly from: ReplicaId; readonly index: number } | undefined;
  /** Not undefined: this replica must never take part again (its name belongs to a disk that is lost). */
  readonly refused: string | undefined;
}
