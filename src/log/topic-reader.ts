// Owns: a reader of a topic, with nothing but its own windows and file handles. Any number of them may exist, in any number of processes.

import type { FileSystem } from '../files/file-system.ts';
import { logClosed, partitionUnknown } from './log-errors.ts';
import { PartitionReader } from './partition-reader.ts';
import type { RecordChunk } from './record-chunk.ts';
import type { TopicView } from './topic-view.ts';

export class TopicReader {
  readonly topic: string;
  readonly partitions: number;
  private readonly view: TopicView;
  private readonly readers: PartitionReader[] = [];
  private readonly unsubscribes = new Set<() => void>();
  private readonly onClose: () => void;
  private closed = false;

  constructor(files: FileSystem, topic: string, folder: string, view: TopicView, onClose: () => void) {
    this.topic = topic;
    this.view = view;
    this.onClose = onClose;
    this.partitions = view.partitions;
    for (let partition = 0; partition < this.partitions; partition++) {
      this.readers.push(new PartitionReader(files, topic, partition, `${folder}/${partition}`, view));
    }
  }

  /** Smallest offset that can be read. */
  earliest(partition: number): Promise<number> {
    return this.reader(partition).then((reader) => reader.earliest());
  }

  /** One past the largest offset that can be read now. */
  latest(partition: number): Promise<number> {
    return this.reader(partition).then((reader) => reader.latest());
  }

  /** The first offset whose record is at or after `timestamp` (milliseconds since 1970); `latest` if there is none. */
  offsetForTimestamp(partition: number, timestamp: number): Promise<number> {
    return this.reader(partition).then((reader) => reader.offsetForTimestamp(timestamp));
  }

  /**
   * Records from `from` on: at most `maxRecords`, and about `maxBytes` (at least one record if there is any). An empty
   * chunk means that there is none yet. One read of a partition at a time.
   *
   * Throws MR_OFFSET_OUT_OF_RANGE, MR_DATA_DAMAGED, MR_PARTITION_UNKNOWN, MR_IO, MR_LOG_CLOSED.
   */
  async read(partition: number, from: number, maxRecords: number, maxBytes: number): Promise<RecordChunk> {
    return (await this.reader(partition)).read(from, Math.max(1, maxRecords), maxBytes);
  }

  /**
   * Calls `listener` when there may be more to read: at once if the writer is in this process, within 50 ms otherwise.
   * Returns how to stop.
   */
  onData(listener: () => void): () => void {
    const unsubscribe = this.view.onData(listener);
    this.unsubscribes.add(unsubscribe);
    return () => {
      this.unsubscribes.delete(unsubscribe);
      unsubscribe();
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const unsubscribe of this.unsubscribes) unsubscribe();
    for (const reader of this.readers) await reader.close();
    this.onClose();
  }

  private async reader(partition: number): Promise<PartitionReader> {
    if (this.closed) throw logClosed(`The reader of topic ${this.topic}`);
    const reader = this.readers[partition];
    if (reader === undefined) throw partitionUnknown(this.topic, partition, this.partitions);
    return reader;
  }
}
