// Owns: what a leader knows of one follower. Invariants: match <= next; `match` never goes back, except for a follower
// that reports its log damaged.

import type { ReplicaId } from './ballot.ts';

/**
 * unprepared  no promise for this ballot yet: Prepare is repeated
 * synced      gets Accepts
 * behind      needs a snapshot first
 */
export type ProgressState = 'unprepared' | 'synced' | 'behind';

export class Progress {
  readonly id: ReplicaId;
  state: ProgressState = 'unprepared';
  /** The index of the next entry to send. */
  next = 0;
  /** Entries that are durable there, accepted at this ballot. */
  match = 0;
  /** Where its synchronisation began: what lies before is equal to the leader's log. */
  start = 0;
  /** What it knows to be decided, from its last Promise or SyncRequest. */
  decided = 0;
  /** The highest heartbeat that it has answered. */
  heard = 0;
  /** The leader's tick then. */
  heardAt: number;
  /** The tick of the last synchronisation, and how many ticks it is given before it is made again. */
  syncedAt = 0;
  syncGap = 1;
  /** The repair that was begun last, or 0. */
  repair = 0;
  /** Snapshot that it has staged, from its last SyncRequest. */
  staged = 0;
  /** The last tick with progress or a repetition, and how many ticks to wait before the next repetition. */
  movedAt: number;
  backOff = 2;
  /** An Accept went out in this step, with the decided index in it. */
  told = false;

  constructor(id: ReplicaId, tick: number) {
    this.id = id;
    this.heardAt = tick;
    this.movedAt = tick;
  }
}
