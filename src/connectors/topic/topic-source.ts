// Owns: a topic of the embedded log as a direct source.

import { MillraceError } from '../../base/errors.ts';
import type { TopicReader } from '../../log/index.ts';
import type { Chunk, ConnectorContext, DirectReader, DirectSource } from '../../topology/source.ts';
import { type Decode, decodeChunk } from './decode.ts';
import { type Seed, seedTopic } from './seed.ts';
import { sharedLog } from './topic-log.ts';

export interface TopicSourceOptions {
  readonly decode: Decode<unknown>;
  readonly seed: Seed | undefined;
}

export function topicSource(name: string, options: TopicSourceOptions): DirectSource<unknown> {
  return {
    kind: 'direct',
    description: `topic ${name}`,
    open: (context) => openReader(name, options, context),
  };
}

async function openReader(
  name: string,
  options: TopicSourceOptions,
  context: ConnectorContext,
): Promise<DirectReader<unknown>> {
  const log = await sharedLog(context);
  if (options.seed !== undefined) await seedTopic(log, name, options.seed, context);
  if (!(await log.hasTopic(name))) throw missing(name, context);
  return new TopicSourceReader(await log.reader(name), options.decode);
}

class TopicSourceReader implements DirectReader<unknown> {
  readonly partitions: readonly number[];
  readonly bounded = false;
  private readonly reader: TopicReader;
  private readonly decode: Decode<unknown>;

  constructor(reader: TopicReader, decode: Decode<unknown>) {
    this.reader = reader;
    this.decode = decode;
    this.partitions = Array.from({ length: reader.partitions }, (_, partition) => partition);
  }

  earliest(partition: number): Promise<number> {
    return this.reader.earliest(partition);
  }

  latest(partition: number): Promise<number> {
    return this.reader.latest(partition);
  }

  async read(partition: number, from: number, maxRecords: number, maxBytes: number): Promise<Chunk<unknown>> {
    const chunk = await this.reader.read(partition, from, maxRecords, maxBytes);
    return decodeChunk(chunk, partition, this.decode);
  }

  onData(listener: () => void): () => void {
    return this.reader.onData(listener);
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}

function missing(name: string, context: ConnectorContext): MillraceError {
  return new MillraceError(
    'MR_TOPIC_NOT_FOUND',
    `Spout '${context.component}' reads topic ${name}, which does not exist.`,
    {
      expected: `a topic ${name} in ${context.dataDir}`,
      got: 'none',
      next: `Make it with "millrace topics create ${name}" or fill it with "millrace topics produce ${name} FILE" (with the same --data).`,
    },
  );
}
