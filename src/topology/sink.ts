// Owns: what a sink is made of. Types only. The exactly-once sink (a learner with its own progress) extends
// SinkWriter when that guarantee arrives; nothing here may assume that `write` is the only way in.

import type { ConnectorContext } from './source.ts';

/** A value that the other side refused for good: writing it again would fail again. */
export interface RejectedWrite {
  /** Position in the batch. */
  readonly index: number;
  readonly error: unknown;
}

export interface SinkWriter<T> {
  /**
   * Writes a batch in order. It is done when the other side has acknowledged all of it: only then are the tuples
   * acked. A rejection fails all tuples of the batch (they are replayed); RejectedWrites fail only those.
   * The array belongs to the writer. A property and not a method, so that its parameter is checked strictly.
   */
  readonly write: (values: readonly T[]) => undefined | Promise<undefined | readonly RejectedWrite[]>;
  close?(): Promise<void> | void;
}

export interface SinkDefinition<T> {
  readonly kind: 'sink';
  /** For people: `topic totals`. */
  readonly description: string;
  open(context: ConnectorContext): Promise<SinkWriter<T>>;
}

/** Something that a sink can write to and that may be a source as well (a topic). See SourceProvider. */
export interface SinkProvider<T> {
  readonly sink: SinkDefinition<T>;
}
