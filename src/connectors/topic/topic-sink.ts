// Owns: a topic of the embedded log as a sink: encoding, partitioning, appending. A tuple is acked when its record is as
// safe as `durability` says.
// Invariant: the records of one key are in the topic in the order in which they were written, but for those that were refused.

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

/** What is appended to one partition in one call. */
interface Piece {
  readonly partition: number;
  readonly records: AppendRecord[];
  bytes: number;
}

class TopicSinkWriter implements SinkWriter<unknown> {
  private readonly writer: TopicWriter;
  private readonly options: TopicSinkOptions;

  constructor(writer: TopicWriter, options: TopicSinkOptions) {
    this.writer = writer;
    this.options = options;
  }

  /** Everything is appended before it first waits, so that batches stay in their order in each partition. */
  write = async (values: readonly unknown[]): Promise<readonly RejectedWrite[]> => {
    const { durability } = this.options;
    const rejected: RejectedWrite[] = [];
    const pieces = this.piecesOf(values, rejected);
    await Promise.all(
      pieces.map(({ partition, records }) => this.writer.append(partition, records, { durability })),
    );
    return rejected;
  };

  /** Leaves out what the topic would refuse, because a refused append takes the others in it with it. */
  private piecesOf(values: readonly unknown[], rejected: RejectedWrite[]): Piece[] {
    const { writer } = this;
    const pieces: Piece[] = [];
    const last = new Map<number, Piece>();
    for (let index = 0; index < values.length; index++) {
      try {
        const record = this.encode(values[index]);
        const { refused, bytes } = writer.examine(record);
        if (refused !== null) throw refused;
        const partition = writer.partitionFor(record.key);
        let piece = last.get(partition);
        if (piece === undefined || piece.bytes + bytes > writer.maxAppendBytes) {
          piece = { partition, records: [], bytes: 0 };
          last.set(partition, piece);
          pieces.push(piece);
        }
        piece.records.push(record);
        piece.bytes += bytes;
      } catch (error) {
        rejected.push({ index, error });
      }
    }
    return pieces;
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
