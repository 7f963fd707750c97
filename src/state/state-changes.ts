// Owns: the encoded form in which keyed state leaves and enters memory. Types only. The checkpoint store has the same
// shapes (store/checkpoint.ts); neither imports the other, the runtime hands one to the other and the compiler compares.
// Invariant: `keys` and `values` have the same length; a key occurs at most once in one TableChanges.

/** Changes of one table: one state of one task of one component. */
export interface TableChanges {
  readonly component: string;
  readonly task: number;
  readonly state: string;
  /** Encoded keys (state-key.ts). */
  readonly keys: readonly string[];
  /** Encoded value per key; null where the key was deleted. */
  readonly values: readonly (string | null)[];
}

/** State that is to be forgotten: all of a component, or one state of it. */
export interface DroppedState {
  readonly component: string;
  /** null for all states of the component. */
  readonly state: string | null;
}

/** All that changed in the state of a lane since the last collect. Everything in it is an absolute value. */
export interface StateDelta {
  /** To be forgotten before `state` is applied. */
  readonly drop: readonly DroppedState[];
  /** Number of tasks per component that has state; only in the first delta after a start. */
  readonly parallelism: ReadonlyMap<string, number>;
  readonly state: readonly TableChanges[];
}

/** State as it was stored by an earlier run. */
export interface SavedState {
  readonly parallelism: ReadonlyMap<string, number>;
  /** Live entries only; a table may come in several pieces. */
  readonly state: Iterable<TableChanges>;
}
