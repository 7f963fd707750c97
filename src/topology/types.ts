// Owns: the types that a user's bolt sees: keys, collectors, tuples, contexts. Types only; the runtime implements them.

import type { Logger } from '../base/logger.ts';
import type { StateViews } from './state-types.ts';

/** What a tuple can be grouped by. Arrays group by all their parts. */
export type Key = string | number | bigint | boolean | null | Uint8Array | readonly Key[];

/** Named streams of a component besides its default one: stream name to value type. */
export type NamedStreams = Record<string, unknown>;

/** The name of the stream that `emit` writes to. */
export const DEFAULT_STREAM = 'default';

/** No named streams. */
// biome-ignore lint/complexity/noBannedTypes: the empty object type is what "no named streams" means here.
export type NoStreams = {};

/**
 * Where a bolt puts its outputs. `T` is the value type of the default stream, `N` maps named streams to theirs.
 * Without `anchors` an output is anchored to the tuple being executed; `[]` emits it unanchored.
 *
 * All methods throw MillraceError: MR_EMIT_AFTER_ACK once the input has been acked or failed, MR_STREAM_UNKNOWN for
 * a stream that the component did not declare, MR_GROUPING_TASK for a task that the target does not have,
 * MR_KEY_UNHASHABLE for a key that is none, MR_QUEUE_OVERFLOW past the hard limit of a queue.
 */
export interface Out<T, N extends NamedStreams = NoStreams> {
  emit(value: T, anchors?: Tuple | readonly Tuple[]): void;
  emitTo<S extends keyof N & string>(stream: S, value: N[S], anchors?: Tuple | readonly Tuple[]): void;
  /** For subscribers with direct grouping: `task` counts from 0 in the subscribing component. */
  emitDirect(task: number, value: T, anchors?: Tuple | readonly Tuple[]): void;
}

/** A handle on one input tuple. Ack, fail and extend belong to bolts declared with `ack: 'manual'`. */
export interface Tuple {
  /** Name of the component that emitted it. */
  readonly component: string;
  /** Name of the stream it came on. */
  readonly stream: string;
  /** Done with this tuple. Throws MR_ACK_NOT_MANUAL in a bolt that did not ask for it. A second call is reported as MR_DOUBLE_ACK and otherwise ignored. */
  ack(): void;
  /** Fails the tuple's trees now; they are replayed. `error` is kept for the dead letter. */
  fail(error?: unknown): void;
  /** Gives the tuple's trees another `ms` milliseconds from now. */
  extendTimeout(ms: number): void;
}

/** Settings of a topology, changed by `--set name=value`. */
export type Settings = Record<string, string | number | boolean>;

export interface TaskInfo {
  readonly topology: string;
  readonly component: string;
  /** Number of this task in its component, from 0. */
  readonly task: number;
  readonly parallelism: number;
}

/** What `open`, `tick` and `close` get. */
export interface TaskContext<S = NoStreams, G = Settings> extends TaskInfo {
  readonly state: StateViews<S>;
  /** The topology's settings; `G` is their type by default value. */
  readonly settings: Readonly<G>;
  readonly logger: Logger;
  /** Milliseconds since 1970; a manual clock in tests. Use it instead of `Date.now`. */
  now(): number;
}

/** What `execute` gets as its third argument. */
export interface ExecuteContext<S = NoStreams, G = Settings> extends TaskContext<S, G> {
  readonly tuple: Tuple;
}
