// Owns: the forms in which an author may write a bolt, and the options of a bolt. Types only; bolts.ts turns every
// form into a BoltInstance. Members are properties and not methods on purpose: TypeScript checks the parameters of
// properties strictly, those of methods not, and a bolt that expects more than its stream carries must not compile.

import type { AckMode, ErrorPolicy } from './plan.ts';
import type { StateDeclarations } from './state-types.ts';
import type {
  ExecuteContext,
  NamedStreams,
  NoStreams,
  Out,
  Settings,
  TaskContext,
  TaskInfo,
} from './types.ts';

/** Options that every bolt takes, also `map`, `filter` and `flatMap`. */
export interface StepOptions<S extends StateDeclarations = NoStreams> {
  /** Number of tasks, 1 to LIMITS.maxParallelism; default 1. */
  readonly parallelism?: number;
  /** Keyed states by name: `{ counts: 0 }` declares `state.counts` with numbers that start at 0. */
  readonly state?: S;
  /** What a thrown error does; default `fail`. */
  readonly onError?: ErrorPolicy;
  /** Tuples waiting per task before producers are held back; default LIMITS.queueCapacity. */
  readonly queueCapacity?: number;
  /**
   * Asynchronous `execute` calls per task at the same time. Default LIMITS.concurrency (64), and 1 for a bolt that declares
   * `state`: between a `get` and a `set` with an `await` in the middle another call of the same key would be lost, and
   * tuples of one key would overtake each other. Give it to a bolt with state only if its calls may be interleaved.
   */
  readonly concurrency?: number;
  /** Longest an asynchronous `execute` may take, in milliseconds; default 0: only the tree's time-out. */
  readonly executeTimeoutMs?: number;
}

/** Options of `t.bolt`, in the bolt's object or as the last argument, each in one of the two places. */
export interface BoltOptions<S extends StateDeclarations = NoStreams, K extends string = string>
  extends StepOptions<S> {
  /** Names of the streams it emits to by `out.emitTo`: all that the annotation of `out` names. */
  readonly streams?: readonly K[];
  /** `manual`: the bolt acks and fails its tuples itself. Default `auto`: acked when `execute` ends. */
  readonly ack?: AckMode;
  /** Period of `tick`, in milliseconds. Given if and only if the bolt has a `tick`. */
  readonly tickEveryMs?: number;
}

/** A bolt as a function: called once per tuple. */
export type BoltFunction<I, O, N extends NamedStreams, S, G extends Settings> = (
  value: I,
  out: Out<O, N>,
  context: ExecuteContext<S, G>,
) => void | Promise<void>;

/** What one task runs. */
export interface BoltMethods<I, O, N extends NamedStreams, S, G extends Settings> {
  readonly execute: BoltFunction<I, O, N, S, G>;
  /** Before the first tuple. */
  readonly open?: (context: TaskContext<S, G>) => void | Promise<void>;
  /** Every `tickEveryMs`. Its outputs are unanchored unless it names anchors. */
  readonly tick?: (out: Out<O, N>, context: TaskContext<S, G>) => void | Promise<void>;
  /** After the last tuple; not after a crash. */
  readonly close?: (context: TaskContext<S, G>) => void | Promise<void>;
}

/** A bolt as an object. All tasks share it: what differs per task belongs into `state` or into a BoltFactory. */
export interface BoltObject<
  I,
  O,
  N extends NamedStreams,
  S extends StateDeclarations,
  G extends Settings,
  K extends string = string,
> extends BoltMethods<I, O, N, S, G>,
    BoltOptions<S, K> {}

/** A bolt with an instance of its own per task. */
export interface BoltFactory<
  I,
  O,
  N extends NamedStreams,
  S extends StateDeclarations,
  G extends Settings,
  K extends string = string,
> extends BoltOptions<S, K> {
  readonly create: (task: TaskInfo) => BoltMethods<I, O, N, S, G>;
}

export type AnyBolt<
  I,
  O,
  N extends NamedStreams,
  S extends StateDeclarations,
  G extends Settings,
  K extends string = string,
> = BoltFunction<I, O, N, S, G> | BoltObject<I, O, N, S, G, K> | BoltFactory<I, O, N, S, G, K>;
