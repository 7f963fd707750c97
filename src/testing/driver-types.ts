// Owns: the face of the testing kit: options and the driver's interface. Types only; topology-driver.ts implements it.

import type { MillraceError } from '../base/errors.ts';
import type { DeadLetter } from '../delivery/delivery.ts';
import type { Guarantee } from '../delivery/guarantee.ts';
import type { RunCounters } from '../runtime/run-types.ts';
import type { StateKey, StateValue } from '../topology/state-types.ts';
import type { HasState, Sink, Spout } from '../topology/stream-types.ts';
import type { Aim } from './interference.ts';

export interface TestOptions {
  readonly guarantee: Guarantee;
  /** Seed of everything random: ids, jitter, where shuffles start. Default 1. Same seed, same run. */
  readonly seed?: number;
  /** Partitions per direct spout, by name; default 1. */
  readonly partitions?: Readonly<Record<string, number>>;
  /** Classic spouts to feed from the test. The others run their own code, at most 1,000 calls of `next` per moment. */
  readonly replace?: readonly string[];
  /** As `--set` on the command line: `{ 'count.parallelism': '8' }`. */
  readonly set?: Readonly<Record<string, string>>;
}

/** A component, as the builder returned it or by its name. */
export type Component = { readonly name: string } | string;

export interface TestCounters extends RunCounters {
  /** Tuples that a bolt with manual acks ended twice. */
  readonly doubleAcks: number;
}

/** What the engine logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface CrashOptions {
  /** How many of the commits that waited (`holdCommits`) had reached the disk. Default 0. */
  readonly keptCommits?: number;
}

export interface TopologyDriver {
  /** Appends values to partition 0 of a spout's source. They are read by the next `run`. */
  feed<T>(spout: Spout<T>, ...values: NoInfer<T>[]): void;
  feed(spout: string, ...values: unknown[]): void;
  /** Appends values to one partition. */
  feedTo<T>(spout: Spout<T>, partition: number, ...values: NoInfer<T>[]): void;
  feedTo(spout: string, partition: number, ...values: unknown[]): void;
  /** Appends a record that the decoder refuses, to partition 0. */
  feedUndecodable(spout: Component, raw: Uint8Array, error?: unknown): void;

  /**
   * Runs until nothing is left to do at this point in time, promises of bolts included (not their real timers and I/O: see
   * `until`). Rejects with the MillraceError that ends the run; the driver is at its end then.
   */
  run(): Promise<void>;
  /** Moves the clock and runs at every moment at which something is due. Rejects as `run`, also with MR_STALLED. */
  advance(ms: number): Promise<void>;
  /** Runs, in real time, until `condition` holds: for bolts that do real I/O. Rejects after `limitMs` (default 5,000). */
  until(condition: () => boolean, limitMs?: number): Promise<void>;
  /** Milliseconds that the clock was moved since the start. */
  now(): number;

  /** Values that the sink has acknowledged, in order, over all crashes. */
  output<T>(sink: Sink<T>): readonly T[];
  output(sink: string): readonly unknown[];
  /** Live keyed state of a bolt, of all its tasks; with `committed` what is stored. */
  state<S, K extends keyof S & string>(
    bolt: HasState<S>,
    state: K,
    which?: 'live' | 'committed',
  ): Promise<Map<StateKey, StateValue<S[K]>>>;
  state(bolt: string, state: string, which?: 'live' | 'committed'): Promise<Map<StateKey, unknown>>;
  /** Stored positions of a spout: per partition the offset to go on from. */
  positions(spout: Component): Promise<ReadonlyMap<number, number>>;
  /** Everything that was given up, over all crashes. */
  deadLetters(): readonly DeadLetter[];
  /** Counters since the start or the last crash. */
  counters(): TestCounters;
  /** Records in flight, those that wait for a replay included. */
  pending(): number;
  /** Tuples that wait or are being executed, per task of a bolt or sink. */
  waiting(component: Component): readonly number[];
  /** The component that holds the run up, with the reason; null if none does. */
  blockedBy(): { readonly component: string; readonly why: string } | null;
  /** What the engine logged, over all crashes. */
  logs(): readonly LogLine[];
  /** Turns of the lane since the start or the last crash. */
  turns(): number;

  /** The next executions of a bolt, or writes of a sink, fail. With `when` a sink refuses single values. */
  failNext(component: Component, aim?: Aim & { readonly error?: unknown }): void;
  /** The next executions of a bolt, or writes of a sink, begin `ms` later. */
  delayNext(component: Component, ms: number, aim?: Aim): void;
  /** Forgets what `failNext` and `delayNext` ordered for a component. */
  clear(component: Component): void;
  /** From now on the sink acknowledges nothing. */
  holdWrites(sink: Component): void;
  /** Acknowledges what was held, and what comes. */
  releaseWrites(sink: Component): void;
  /** Fails what was held; what comes is acknowledged. */
  failWrites(sink: Component, error?: unknown): void;
  /** From now on positions and state do not reach the store. */
  holdCommits(): void;
  releaseCommits(): void;
  /** Commits are refused with this error; null: no longer. */
  refuseCommits(error: MillraceError | null): void;
  /** Dead letters are refused with this error; null: no longer. */
  refuseDeadLetters(error: MillraceError | null): void;

  /** Takes no more records and finishes what is in flight. True once all is done and stored; may be called again. */
  drain(): Promise<boolean>;
  /** Stores positions and state now, whatever the timer says. */
  commit(): Promise<void>;
  /** The process dies at once and is started again with what was durable. This driver is at its end. */
  crash(options?: CrashOptions): Promise<TopologyDriver>;
  /** Ends at once, without storing anything; `close` of every component is called. */
  close(): Promise<void>;
}
