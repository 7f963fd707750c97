// Owns: the Topology interface that authors program against. Types only; builder.ts implements it.
// Invariant: nothing here needs a type argument from the author. Input types come from the streams, output types from
// what a function returns or, where it emits, from the annotation of `out` (default `never`: a forgotten annotation
// is an error at the first emit).

import type { AnyBolt, BoltOptions, StepOptions } from './bolt-types.ts';
import type { EngineOptions, ErrorPolicy } from './plan.ts';
import type { SinkDefinition, SinkProvider, SinkWriter } from './sink.ts';
import type { ClassicSpout, Source, SourceProvider } from './source.ts';
import type { StateDeclarations, StateValue } from './state-types.ts';
import type { Bolt, HasState, Inputs, Sink, Spout, ValueOf } from './stream-types.ts';
import type { ExecuteContext, NamedStreams, NoStreams, Settings, TaskInfo } from './types.ts';

/** Options of the whole topology; each engine option has its default in LIMITS. */
export interface TopologyOptions<G extends Settings> extends Partial<EngineOptions> {
  /** Own settings with their default values; `--set name=value` changes them, `context.settings` shows them. */
  readonly settings?: G;
}

/** `{ minCount: 5 }` is a setting of type number, not of type 5. */
export type Widened<G extends Settings> = {
  -readonly [K in keyof G]: G[K] extends number ? number : G[K] extends string ? string : boolean;
};

/** What a spout reads: a source, a topic, one classic spout, or a function that makes a classic spout per task. */
export type SpoutSource<T> =
  | Source<T>
  | SourceProvider<T>
  | ClassicSpout<T>
  | ((task: TaskInfo) => ClassicSpout<T>);

export interface SpoutOptions {
  readonly parallelism?: number;
  /** Time-out of the tuple trees that it roots, in milliseconds; default: the topology's. */
  readonly treeTimeoutMs?: number;
}

/**
 * What a sink writes to: a definition, a topic, a writer shared by all tasks, or a function called once per value and
 * awaited if it answers with a promise.
 */
export type SinkTarget<T> = SinkDefinition<T> | SinkProvider<T> | SinkWriter<T> | ((value: T) => unknown);

export interface SinkOptions {
  readonly parallelism?: number;
  /** What a failed write does; default `fail`. */
  readonly onError?: ErrorPolicy;
  readonly queueCapacity?: number;
  /** Tuples per write; default LIMITS.sinkBatch. */
  readonly batch?: number;
  /** Unanswered writes per task; default LIMITS.sinkInFlight. */
  readonly inFlight?: number;
}

type Entries<V> = Iterable<readonly [key: unknown, value: V]>;

/** A report by `rows`, or by the `top` entries with the greatest `by`. */
export type ReportOptions<S, K extends keyof S & string> = {
  /** The keyed state to read, of all tasks of the bolt. */
  readonly state: K;
  readonly columns: readonly string[];
} & (
  | { readonly rows: (entries: Entries<StateValue<S[K]>>) => readonly (readonly unknown[])[] }
  | {
      readonly top: number;
      readonly by: (value: StateValue<S[K]>) => number;
      /** Default: key and value. */
      readonly row?: (key: unknown, value: StateValue<S[K]>) => readonly unknown[];
    }
);

/** A value, or soon. */
type Soon<T> = T | Promise<T>;

export interface Topology<G extends Settings = Settings> {
  readonly name: string;

  spout<T = never>(name: string, source: SpoutSource<T>, options?: SpoutOptions): Spout<T>;

  /** One output per input: what `transform` returns. */
  map<I extends Inputs, R, S extends StateDeclarations = NoStreams>(
    name: string,
    input: I,
    transform: (value: ValueOf<I>, context: ExecuteContext<S, G>) => R,
    options?: StepOptions<S>,
  ): Bolt<ValueOf<I>, Awaited<R>, NoStreams, S>;

  /** Passes on what `test` accepts; a type guard narrows the stream. */
  filter<I extends Inputs, R extends ValueOf<I>, S extends StateDeclarations = NoStreams>(
    name: string,
    input: I,
    test: (value: ValueOf<I>, context: ExecuteContext<S, G>) => value is R,
    options?: StepOptions<S>,
  ): Bolt<ValueOf<I>, R, NoStreams, S>;
  filter<I extends Inputs, S extends StateDeclarations = NoStreams>(
    name: string,
    input: I,
    test: (value: ValueOf<I>, context: ExecuteContext<S, G>) => Soon<boolean>,
    options?: StepOptions<S>,
  ): Bolt<ValueOf<I>, ValueOf<I>, NoStreams, S>;

  /** Any number of outputs per input: what `transform` returns or yields. */
  flatMap<I extends Inputs, R, S extends StateDeclarations = NoStreams>(
    name: string,
    input: I,
    transform: (value: ValueOf<I>, context: ExecuteContext<S, G>) => Soon<Iterable<R>>,
    options?: StepOptions<S>,
  ): Bolt<ValueOf<I>, R, NoStreams, S>;

  bolt<
    I extends Inputs,
    O = never,
    N extends NamedStreams = NoStreams,
    S extends StateDeclarations = NoStreams,
    K extends string = never,
  >(
    name: string,
    input: I,
    bolt: AnyBolt<ValueOf<I>, O, N, S, G, K>,
    options?: BoltOptions<S, K>,
  ): Bolt<ValueOf<I>, O, Pick<N, K & keyof N>, S>;

  sink<I extends Inputs>(
    name: string,
    input: I,
    target: SinkTarget<ValueOf<I>>,
    options?: SinkOptions,
  ): Sink<ValueOf<I>>;

  /** A table printed at the end of a run, made from the keyed state of a bolt. */
  report<S, K extends keyof S & string>(title: string, bolt: HasState<S>, options: ReportOptions<S, K>): void;
}
