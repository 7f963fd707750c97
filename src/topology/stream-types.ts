// Owns: streams as the author of a topology sees them: what can be subscribed to, with which grouping, and the
// handles that the builder returns. Types only; handles.ts implements them.
// Invariant: Input and Stream are covariant in their value type, so that wiring is checked in one direction.

import type { Key, NamedStreams, NoStreams } from './types.ts';

declare const VALUE: unique symbol;
declare const STATE: unique symbol;

/** A stream together with the grouping by which a subscriber receives it. */
export interface Input<out T> {
  /** Carries the type only; there is no such member at run time. */
  readonly [VALUE]?: () => T;
}

/** A stream of values. Used as it is, its tuples are shuffled over the subscriber's tasks. */
export interface Stream<out T> extends Input<T> {
  /** Evenly over the tasks. */
  shuffle(): Input<T>;
  /** All tuples with the same key to the same task. */
  by(key: (value: T) => Key): Input<T>;
  /** Each key has two candidate tasks and each tuple goes to the less loaded one: for skewed keys (power of two choices). */
  partialBy(key: (value: T) => Key): Input<T>;
  /** Every tuple to every task. */
  all(): Input<T>;
  /** Every tuple to task 0. */
  global(): Input<T>;
  /** The emitting bolt names the task by `out.emitDirect`. */
  direct(): Input<T>;
  /** Tasks in the same lane first. */
  localOrShuffle(): Input<T>;
  /** The author does not care; as shuffle today. */
  none(): Input<T>;
  /** `choose` returns the task, or tasks, from 0 to `tasks - 1`. */
  custom(choose: (value: T, tasks: number) => number | readonly number[]): Input<T>;
}

/** One input or several; with several a bolt receives the union of their values. */
export type Inputs = Input<unknown> | readonly Input<unknown>[];

/** The value type that a subscriber of `I` receives. */
export type ValueOf<I> = I extends readonly (infer E)[] ? ValueOfOne<E> : ValueOfOne<I>;

type ValueOfOne<I> = I extends Input<infer V> ? V : never;

/** What `t.spout` returns: its default stream. */
export interface Spout<out T> extends Stream<T> {
  readonly name: string;
}

/**
 * What `t.bolt` returns: its default stream, its named streams and a way to subscribe to more.
 * `I` is what it accepts, `O` what it emits, `N` its named streams, `S` its keyed state.
 */
export interface Bolt<I, O, N extends NamedStreams = NoStreams, S = NoStreams>
  extends Stream<O>,
    HasState<S> {
  readonly name: string;
  /** A stream declared by `streams: [...]`. */
  stream<K extends keyof N & string>(name: K): Stream<N[K]>;
  /** Subscribes to one more input. Feedback edges are refused when the topology is built. */
  readonly subscribe: (input: Input<I>) => void;
}

/** What `t.sink` returns. */
export interface Sink<I> {
  readonly name: string;
  /** Subscribes to one more input. */
  readonly subscribe: (input: Input<I>) => void;
}

/** Something whose keyed state a report can read. */
export interface HasState<S> {
  readonly name: string;
  /** Carries the type only; there is no such member at run time. */
  readonly [STATE]?: () => S;
}
