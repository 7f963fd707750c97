// Owns: what a checkpoint is and the interface of the stores that keep it. Not here: a store (checkpoint-journal.ts,
// memory-checkpoint-store.ts). The shapes of state are those of state/state-changes.ts; neither imports the other.
//
// Invariants of every store: a commit is applied whole or not at all; commits are applied in the order of their calls;
// what `load` gives is the result of a prefix of the commits that contains every acknowledged one.

/** Entries of one table: one state of one task of one component, keys and values encoded. */
export interface TableEntries {
  readonly component: string;
  readonly task: number;
  readonly state: string;
  readonly keys: readonly string[];
  /** As long as `keys`. null deletes the key; only in a delta. */
  readonly values: readonly (string | null)[];
}

/** What one commit changes; all values are absolute. Parts that are left out stay as they are. */
export interface CheckpointDelta {
  /** Per source component and partition: the offset to go on from. */
  readonly positions?: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** State to forget before `state` is applied; `state: null` for all of the component. */
  readonly drop?: readonly { readonly component: string; readonly state: string | null }[];
  /** Number of tasks per component that has state. */
  readonly parallelism?: ReadonlyMap<string, number>;
  readonly state?: readonly TableEntries[];
  /** Small things of the engine, by name; null removes one. */
  readonly meta?: ReadonlyMap<string, string | null>;
}

export interface Checkpoint {
  /** Number of the last commit that is in it; 0 if there was none. Merged commits share a number. */
  readonly sequence: number;
  readonly positions: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly parallelism: ReadonlyMap<string, number>;
  readonly meta: ReadonlyMap<string, string>;
  /** All state, in pieces. It is read from the live store: use it up before the first commit. */
  readonly state: Iterable<TableEntries>;
}

export interface CheckpointStore {
  load(): Promise<Checkpoint>;
  /**
   * Resolves when the change is durable. The delta belongs to the store from here on.
   *
   * Rejects with MR_DISK_FULL if the disk is full: the change is then *kept in memory* and goes into the record of
   * the next commit, for later commits must not overtake it. `commit({})` tries again. Rejects with MR_IO after an
   * error that leaves the disk's content unknown (a failed fsync); every later commit is then refused the same way.
   */
  commit(delta: CheckpointDelta): Promise<void>;
  /** Lets queued commits finish, then frees everything. */
  close(): Promise<void>;
}
