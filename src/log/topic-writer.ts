// Owns: the one writer of a topic: its lock, its partitions' writers, the choice of partitions, retention's schedule.
// Invariant: from `open` to the end of `close` this process holds the topic's writer lock.

import type { Clock } from '../base/clock.ts';
import { MillraceError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { partitionForKey } from '../base/murmur2.ts';
import type { FileSystem } from '../files/file-system.ts';
import { FolderLock } from '../files/folder-lock.ts';
import { ioError } from '../files/io-error.ts';
import { LOG_LIMITS } from './limits.ts';
import { logClosed, partitionUnknown } from './log-errors.ts';
import { PartitionRetention } from './partition-retention.ts';
import { PartitionWriter } from './partition-writer.ts';
import type { AppendOptions, AppendRecord, AppendResult } from './record.ts';
import { BATCH_HEADER_BYTES } from './record-batch-format.ts';
import { examineRecord } from './record-batch-writer.ts';
import { recoverPartition } from './recovery.ts';
import type { TopicConfig } from './topic-config.ts';
import { type TopicView, WRITER_LOCK } from './topic-view.ts';
import { type Watermark, WatermarkFile } from './watermarks.ts';

/** What a topic's writer is given. */
export interface TopicWriterContext {
  readonly files: FileSystem;
  readonly topic: string;
  readonly folder: string;
  readonly config: TopicConfig;
  readonly view: TopicView;
  readonly clock: Clock;
  readonly logger: Logger;
  onClose(): void;
}

export class TopicWriter {
  readonly topic: string;
  readonly partitions: number;
  private readonly context: TopicWriterContext;
  private readonly lock: FolderLock;
  private readonly watermarks: WatermarkFile;
  private readonly writers: PartitionWriter[] = [];
  private readonly retentions: PartitionRetention[] = [];
  private nextKeyless = 0;
  private retentionTimer: NodeJS.Timeout | null = null;
  private closing: Promise<void> | null = null;

  private constructor(context: TopicWriterContext, lock: FolderLock, watermarks: WatermarkFile) {
    this.context = context;
    this.topic = context.topic;
    this.partitions = context.config.partitions;
    this.lock = lock;
    this.watermarks = watermarks;
  }

  /** Throws MR_DATA_LOCKED, MR_DATA_DAMAGED, MR_DATA_FORMAT, MR_IO, MR_DISK_FULL. */
  static async open(context: TopicWriterContext): Promise<TopicWriter> {
    const { files, folder, topic, config } = context;
    const lock = await FolderLock.acquire(`${folder}/${WRITER_LOCK}`, `Topic ${topic}`);
    try {
      const watermarks = await WatermarkFile.open(files, folder, config.partitions, 'write');
      const writer = new TopicWriter(context, lock, watermarks);
      try {
        await writer.start();
        return writer;
      } catch (error) {
        for (const partition of writer.writers) await partition.abandon();
        await watermarks.close();
        throw error;
      }
    } catch (error) {
      await lock.release();
      throw ioError(error, 'open', folder);
    }
  }

  /**
   * The partition of a record: Kafka's default for a key (murmur2 of its bytes), one after the other without a key.
   */
  partitionFor(key: Uint8Array | string | null | undefined): number {
    if (key === null || key === undefined) {
      const partition = this.nextKeyless;
      this.nextKeyless = (partition + 1) % this.partitions;
      return partition;
    }
    return partitionForKey(typeof key === 'string' ? Buffer.from(key) : key, this.partitions);
  }

  /** Records that take more bytes than this together (see `examine`) may be refused by one append. */
  readonly maxAppendBytes = LOG_LIMITS.maxAppendBytes - BATCH_HEADER_BYTES;

  /** What `append` would throw because of this record alone, or null, and the most bytes that it can take in a batch. */
  examine(record: AppendRecord): { readonly refused: MillraceError | null; readonly bytes: number } {
    return examineRecord(record, this.context.config.maxRecordBytes);
  }

  /**
   * Appends records in order, all or none. Resolves when they are as safe as `durability` says and readers can see them.
   * The array and its contents must not change until then. Calls for one partition take effect in the order in which they are made.
   *
   * Throws MR_PARTITION_UNKNOWN, MR_RECORD_TOO_LARGE, MR_SEQUENCE_GAP, MR_PRODUCER_FENCED, MR_USAGE,
   * MR_DISK_FULL (later appends may succeed), MR_IO (this writer is of no more use), MR_LOG_CLOSED.
   */
  append(
    partition: number,
    records: readonly AppendRecord[],
    options: AppendOptions = {},
  ): Promise<AppendResult> {
    if (this.closing !== null) return Promise.reject(logClosed(`The writer of topic ${this.topic}`));
    const writer = this.writers[partition];
    if (writer === undefined) {
      return Promise.reject(partitionUnknown(this.topic, partition, this.partitions));
    }
    if (records.length === 0) return Promise.reject(nothingToAppend());
    return writer.append(records, options);
  }

  /** Resolves when everything that was appended before is on the disk. Throws MR_IO, MR_DISK_FULL, MR_LOG_CLOSED. */
  async flush(): Promise<void> {
    if (this.closing !== null) throw logClosed(`The writer of topic ${this.topic}`);
    await Promise.all(this.writers.map((writer) => writer.flush()));
  }

  /** Removes the segments that are past the topic's retention; also done every minute and after each new segment. */
  async enforceRetention(): Promise<void> {
    for (const retention of this.retentions) await retention.run();
  }

  /** Flushes all and gives the lock back. Throws what the flush throws; the lock is given back all the same. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async start(): Promise<void> {
    const { files, folder, config, view, clock, logger, topic } = this.context;
    const marks = await this.watermarks.read();
    const published: Watermark[] = [];
    for (let partition = 0; partition < config.partitions; partition++) {
      const partitionFolder = `${folder}/${partition}`;
      const recovered = await recoverPartition(files, partitionFolder, marks[partition] ?? null, logger);
      const writer = new PartitionWriter(
        {
          files,
          folder: partitionFolder,
          config,
          clock,
          logger,
          publish: (mark) => this.publish(partition, mark),
          onFailure: (error) => this.stop(error),
          onRoll: () => this.scheduleRetention(partition),
        },
        recovered,
      );
      this.writers.push(writer);
      this.retentions.push(new PartitionRetention({ files, folder: partitionFolder, config, clock, writer }));
      published.push(writer.watermark);
      await this.watermarks.publish(partition, writer.watermark);
    }
    logger.debug({ topic, partitions: config.partitions }, 'topic opened for writing');
    view.goLive(published);
    this.startRetentionTimer();
  }

  private async publish(partition: number, mark: Watermark): Promise<void> {
    await this.watermarks.publish(partition, mark);
    this.context.view.advance(partition, mark);
  }

  /** One partition cannot go on, so none does: its disk is theirs. */
  private stop(error: MillraceError): void {
    this.context.logger.error({ topic: this.topic, error: error.message }, 'the writer stops');
    for (const writer of this.writers) writer.stop(error);
  }

  private startRetentionTimer(): void {
    const { retentionBytes, retentionMs } = this.context.config;
    if (retentionBytes === null && retentionMs === null) return;
    for (let partition = 0; partition < this.partitions; partition++) this.scheduleRetention(partition);
    this.retentionTimer = setInterval(() => {
      for (let partition = 0; partition < this.partitions; partition++) this.scheduleRetention(partition);
    }, LOG_LIMITS.retentionCheckMs);
    this.retentionTimer.unref();
  }

  private scheduleRetention(partition: number): void {
    const retention = this.retentions[partition]!;
    retention.run().catch((error: unknown) => {
      this.context.logger.warn({ topic: this.topic, error: messageOf(error) }, 'retention failed');
    });
  }

  private async shutDown(): Promise<void> {
    if (this.retentionTimer !== null) clearInterval(this.retentionTimer);
    for (const retention of this.retentions) await retention.settled();
    const results = await Promise.allSettled(this.writers.map((writer) => writer.close()));
    try {
      await this.watermarks.flush();
      await this.watermarks.close();
    } finally {
      this.context.view.endLive();
      await this.lock.release();
      this.context.onClose();
    }
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}

function nothingToAppend(): MillraceError {
  return new MillraceError('MR_USAGE', 'An append has no records.', {
    expected: 'one record or more',
    next: 'do not call append with an empty array',
  });
}
