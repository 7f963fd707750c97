// Owns: what a spout is made of. Two kinds: a direct source (partitions with offsets, read by range by the engine)
// and Storm's classic spout (keeps its own books). Types only.

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { TaskInfo } from './types.ts';

/** What connectors get from the run they belong to. */
export interface ConnectorContext {
  /** Absolute path of the data folder. */
  readonly dataDir: string;
  /** Name of the topology. */
  readonly app: string;
  /** Name of the component that opens it. */
  readonly component: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Says what a long start is busy with, for the progress line: `loading topic flights: 1,200,000 records`. */
  status(text: string): void;
  /**
   * One shared instance per run and key (a log, a client). The first caller's `open` makes it; the run closes it
   * after all components are closed, in reverse order of opening.
   */
  shared<R extends { close(): Promise<void> | void }>(key: string, open: () => Promise<R>): Promise<R>;
}

/** A record that its decoder refused. It goes to the dead-letter topic with its raw bytes. */
export interface RejectedRecord {
  /** Position in `Chunk.values`; the value there is undefined and is not emitted. */
  readonly index: number;
  readonly raw: Uint8Array;
  readonly error: unknown;
}

/** A contiguous read of one partition. */
export interface Chunk<T> {
  readonly values: readonly T[];
  /** Offset of `values[0]`. */
  readonly firstOffset: number;
  /** Where the next read goes on; `firstOffset + values.length` unless the partition has gaps. */
  readonly nextOffset: number;
  /** Offset per value, given only where the partition has gaps. */
  readonly offsets?: readonly number[];
  readonly rejected?: readonly RejectedRecord[];
}

/** A source that the engine reads by offset range, again and again with the same result. */
export interface DirectSource<T> {
  readonly kind: 'direct';
  /** For people: `topic lines`. */
  readonly description: string;
  open(context: ConnectorContext): Promise<DirectReader<T>>;
}

export interface DirectReader<T> {
  /** Partition numbers, ascending. */
  readonly partitions: readonly number[];
  /** Smallest offset that can be read. */
  earliest(partition: number): Promise<number>;
  /** One past the largest offset that can be read now. */
  latest(partition: number): Promise<number>;
  /**
   * Records from `from` on, at most `maxRecords` and about `maxBytes` (at least one record if there is any). An
   * empty chunk means that there is none yet. May answer at once. Throws MR_OFFSET_OUT_OF_RANGE below `earliest`.
   */
  read(partition: number, from: number, maxRecords: number, maxBytes: number): Chunk<T> | Promise<Chunk<T>>;
  /** True if nothing will ever come after `latest` (a file, a generator with a count). */
  readonly bounded: boolean;
  /** Calls `listener` when there may be more to read. Returns how to stop. */
  onData(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Where a classic spout puts its tuples. */
export interface SpoutOut<T> {
  /** Emits a tuple tree's root. With an `id` the spout hears of its end through `ack` or `fail`. */
  emit(value: T, id?: unknown): void;
}

/** Storm's spout: a source that keeps its own books and replays what failed by itself. */
export interface ClassicSpout<T> {
  open?(context: TaskInfo): void | Promise<void>;
  /** Emits what is there, at most a few tuples. Returns false if there was nothing (it is then asked again a little later). */
  next(out: SpoutOut<T>): boolean | Promise<boolean>;
  ack?(id: unknown): void;
  fail?(id: unknown, reason: FailReason): void;
  /** True when nothing will come any more. */
  done?(): boolean;
  close?(): void | Promise<void>;
}

/** One instance per task. */
export interface ClassicSource<T> {
  readonly kind: 'classic';
  readonly description: string;
  create(task: TaskInfo): ClassicSpout<T>;
}

export type FailReason = 'failed' | 'timed-out';

export type Source<T> = DirectSource<T> | ClassicSource<T>;

/**
 * Something that a spout can read and that may be a sink as well (a topic). DirectSource and SinkDefinition cannot be
 * one object, as both have `kind` and `open`; a connector that is both carries one of each.
 */
export interface SourceProvider<T> {
  readonly source: Source<T>;
}
