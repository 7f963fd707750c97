// Owns: what the checker needs to know of an object: its sequential behaviour. Not here: any object (register-model.ts).
// Invariant: a model is a pure function of its arguments; states are never changed once they are handed out.

/** In place of a result: the operation was invoked, and nobody knows whether it took, or will ever take, effect. */
export const UNKNOWN: unique symbol = Symbol('unknown');

export type Unknown = typeof UNKNOWN;

export interface Model<State, Op, Result> {
  readonly initial: State;
  /**
   * The states that may follow when `op` takes effect in `state` and answers `result`; none if it cannot answer that here.
   * Several, if the object is not deterministic. For UNKNOWN: the states after all results that are possible; never none.
   */
  step(state: State, op: Op, result: Result | Unknown): readonly State[];
  /** Operations of different keys never influence each other: they are checked apart. */
  key(op: Op): string;
  /** Equal for equal states only. */
  stateKey(state: State): string;
  /** `write(x, 3)`, `write(x, 3) -> true`, without the arrow if the result is unknown. */
  describe(op: Op, result: Result | Unknown): string;
}
