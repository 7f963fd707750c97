// Owns: a topic of the embedded log as a sink: encoding, partitioning, appending. A tuple is acked when its record is as
// safe as `durability` says.

import { MillraceError, messageOf } from '../../base/errors.ts';
import type { AppendRecord, Durability, TopicOptions, TopicWriter } from '../../log/index.ts';
import type { RejectedWrite, SinkDefinition, SinkWriter } from '../../topology/sink.ts';
import type { Key } from '../../topology/types.ts';
import { sharedWriter } from './topic-log.ts';

/** `text`: strings as they are, everything else by String(). `json`: JSON. `bytes`: Uint8Arrays. Or a function; null makes a tombstone. */
export type Encode<T> = 'text' | 'json' | 'bytes' | 'auto' | ((value: T) => Uint8Array | string | null);

export interface TopicSinkOptions {
  readonly key: ((value: unknown) => Key) | undefined;
  readonly encode: Encode<unknown>;
  readonly timestamp: ((value: unknown) => number) | undefined;
  readonly durability: Durability;
  readonly topic: TopicOptions;
}

export function topicSink(name: string, options: TopicSinkOptions): SinkDefinition<unknown> {
  return {
    kind: 'sink',
    description: `topic ${name}`,
    open: async (context) => new TopicSinkWriter(await sharedWriter(context, name, options.topic), options),
  };
}

/** A record and its place in the batch of tuples. */
interface Placed {
  readonly index: number;
  readonly record: AppendRecord;
}

class TopicSinkWriter implements SinkWriter<unknown> {
  private readonly writer: TopicWriter;
  private readonly options: TopicSinkOptions;

  constructor(writer: TopicWriter, options: TopicSinkOptions) {
    this.writer = writer;
    this.options = options;
  }

  write = async (values: readonly unknown[]): Promise<readonly RejectedWrite[]> => {
    const rejected: RejectedWrite[] = [];
    const byPartition = new Map<number, Placed[]>();
    for (let index = 0; index < values.length; index++) {
      try {
        const record = this.encode(values[index]);
        const partition = this.writer.partitionFor(record.key);
        const placed = byPartition.get(partition);
        if (placed === undefined) byPartition.set(partition, [{ index, record }]);
        else placed.push({ index, record });
      } catch (error) {
        rejected.push({ index, error });
      }
    }
    await Promise.all(
      [...byPartition].map(([partition, placed]) => this.append(partition, placed, rejected)),
    );
    return rejected;
  };

  private async append(
    partition: number,
    placed: readonly Placed[],
    rejected: RejectedWrite[],
  ): Promise<void> {
    const { durability } = this.options;
    try {
      const records = placed.map(({ record }) => record);
      await this.writer.append(partition, records, { durability });
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (placed.length === 1) {
        rejected.push({ index: placed[0]!.index, error });
        return;
      }
      // One record of the batch is too large; the others must not suffer for it. One after the other keeps their order.
      for (const one of placed) await this.append(partition, [one], rejected);
    }
  }

  private encode(value: unknown): AppendRecord {
    const { key, timestamp } = this.options;
    return {
      value: encodeValue(value, this.options.encode),
      ...(key === undefined ? {} : { key: keyBytes(key(value)) }),
      ...(timestamp === undefined ? {} : { timestamp: timestamp(value) }),
    };
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MR_RECORD_TOO_LARGE';
}

/** What a key looks like in the topic: text for what has a plain text form, bytes as they are, JSON for arrays. */
function keyBytes(key: Key): Uint8Array | string | null {
  if (key === null || typeof key === 'string' || key instanceof Uint8Array) return key;
  if (Array.isArray(key))
    return JSON.stringify(key, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  return String(key);
}

function encodeValue(value: unknown, encode: Encode<unknown>): Uint8Array | string | null {
  if (typeof encode === 'function') return encode(value);
  if (value === null) return null;
  if (encode === 'bytes' || (encode === 'auto' && value instanceof Uint8Array)) {
    if (value instanceof Uint8Array) return value;
    throw notEncodable('a Uint8Array', value);
  }
  if (encode === 'text' || (encode === 'auto' && typeof value === 'string')) return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw notEncodable('a value that JSON can represent', messageOf(error));
  }
  if (text === undefined) throw notEncodable('a value that JSON can represent', typeof value);
  return text;
}

function notEncodable(expected: string, got: unknown): MillraceError {
  return new MillraceError('MR_SINK_FAILED', 'A value cannot be written to a topic.', {
    expected,
    got: String(got),
    next: 'Emit another value, or give the topic an encode function.',
  });
}
