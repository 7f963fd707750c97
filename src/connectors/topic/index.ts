// Owns: `topic(name)`: a topic of the embedded log, as a source and as a sink. Not here: the log itself (log/).

import type { Durability, TopicOptions } from '../../log/index.ts';
import type { SinkDefinition, SinkProvider } from '../../topology/sink.ts';
import type { DirectSource, SourceProvider } from '../../topology/source.ts';
import type { Key } from '../../topology/types.ts';
import type { Decode, TopicRecord } from './decode.ts';
import type { Seed } from './seed.ts';
import { type Encode, topicSink } from './topic-sink.ts';
import { topicSource } from './topic-source.ts';

export type { Decode, TopicRecord } from './decode.ts';
export type { Seed, SeedRecord } from './seed.ts';
export type { Encode } from './topic-sink.ts';

/** Both a source (`decode`, `seed`) and a sink (`key`, `encode`, `timestamp`, `durability`). */
export interface Topic<T> extends SourceProvider<T>, SinkProvider<T> {
  readonly name: string;
  readonly source: DirectSource<T>;
  readonly sink: SinkDefinition<T>;
}

export interface SinkSide<T> {
  /** The record's key, which decides its partition (Kafka's murmur2). Without one, partitions take turns. */
  readonly key?: (value: T) => Key;
  /** Default: strings as text, Uint8Arrays as bytes, everything else as JSON, null as a tombstone. */
  readonly encode?: Encode<T>;
  /** Milliseconds since 1970. Default: now. */
  readonly timestamp?: (value: T) => number;
  /** When a tuple is acked. Default `flushed`: the record is on the disk. */
  readonly durability?: Durability;
  /** Settings of the topic, if it has to be made. */
  readonly create?: TopicOptions;
}

export interface SourceSide {
  /** Example data, for a topic that does not exist yet. */
  readonly seed?: Seed;
}

/**
 * A topic of the embedded log in the data folder of the run. As a source it has to exist (MR_TOPIC_NOT_FOUND); as a sink
 * it is made if it is missing. Names follow Kafka's rule (MR_TOPIC_INVALID). Values are text unless `decode` says otherwise.
 */
export function topic(
  name: string,
  options: SourceSide & SinkSide<Uint8Array> & { decode: 'bytes' },
): Topic<Uint8Array>;
export function topic(
  name: string,
  options: SourceSide & SinkSide<string> & { decode: 'text' },
): Topic<string>;
export function topic<T>(
  name: string,
  options: SourceSide & SinkSide<NoInfer<T>> & { decode: (record: TopicRecord) => T },
): Topic<T>;
export function topic<T = unknown>(
  name: string,
  options: SourceSide & SinkSide<T> & { decode: 'json' },
): Topic<T>;
export function topic<T = string>(name: string, options?: SourceSide & SinkSide<T>): Topic<T>;
export function topic(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: the overloads above are the types; `any` is what is compatible with all of them.
  options: SourceSide & SinkSide<any> & { readonly decode?: Decode<any> } = {},
  // biome-ignore lint/suspicious/noExplicitAny: as above.
): Topic<any> {
  const source = topicSource(name, { decode: options.decode ?? 'text', seed: options.seed });
  const sink = topicSink(name, {
    key: options.key,
    encode: options.encode ?? 'auto',
    timestamp: options.timestamp,
    durability: options.durability ?? 'flushed',
    topic: options.create ?? {},
  });
  return { name, source, sink };
}
