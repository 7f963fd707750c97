// Owns: appending to one partition: group commit, offsets, idempotence, rolling over to new segments, failures.
// Not here: what an interrupted writer left (recovery.ts), who may write (folder-lock.ts), removing old segments
// (retention.ts).
//
// Group commit: one write and at most one flush are in flight; all that arrives meanwhile is encoded at once, into the
// next group, while the thread pool works. Invariants:
//   - offsets are given in the order of calls and groups are written in order, so the log has no gaps;
//   - nothing is acknowledged before its group is as safe as asked and its watermark is published;
//   - a write that failed for lack of space is undone (file, offsets, producers) together with everything that was encoded
//     behind it; any other failure, and every failed flush, ends the writer for good: the state of the disk is unknown.

import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { MillraceError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { type FileSystem, type OpenFile, writeAtomically, writeFully } from '../files/file-system.ts';
import { ioError } from '../files/io-error.ts';
import { AppendGroup } from './append-group.ts';
import { LOG_LIMITS } from './limits.ts';
import { logClosed } from './log-errors.ts';
import { writeProducerSnapshot } from './producer-snapshot.ts';
import type { ProducerTable } from './producer-state.ts';
import type { AppendOptions, AppendRecord, AppendResult, Durability } from './record.ts';
import { RecordBatchWriter } from './record-batch-writer.ts';
import type { RecoveredPartition } from './recovery.ts';
import { indexName, segmentPath } from './segment-files.ts';
import { SegmentIndex } from './segment-index.ts';
import type { TopicConfig } from './topic-config.ts';
import type { LogPosition, Watermark } from './watermarks.ts';

/** What a partition's writer is given. */
export interface PartitionWriterContext {
  readonly files: FileSystem;
  readonly folder: string;
  readonly config: TopicConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Makes a mark known to readers, here and in other processes. */
  publish(mark: Watermark): Promise<void>;
  /** The writer cannot go on. */
  onFailure(error: MillraceError): void;
  /** A segment was closed: there may be something for retention to do. */
  onRoll(): void;
}

const SPARE_ENCODERS = 2;
const FIRST_ENCODER_BYTES = 65_536;

export class PartitionWriter {
  /** Base offsets of all segments, ascending; retention takes from the front. */
  readonly bases: number[];
  private readonly context: PartitionWriterContext;
  private readonly producers: ProducerTable;
  private file: OpenFile;
  private index: SegmentIndex;
  private end: LogPosition;
  private flushed: LogPosition;
  private visible: LogPosition;
  private visiblyFlushed: LogPosition;
  private publishing: Promise<void> = Promise.resolve();
  private groups: AppendGroup[] = [];
  private readonly encoders: RecordBatchWriter[] = [];
  private readonly waitingForRoom: (() => void)[] = [];
  private pendingBytes = 0;
  private nextOffset: number;
  private working: Promise<void> | null = null;
  private failure: MillraceError | null = null;
  private flushTimer: NodeJS.Timeout | null = null;

  constructor(context: PartitionWriterContext, recovered: RecoveredPartition) {
    this.context = context;
    this.bases = recovered.bases;
    this.file = recovered.file;
    this.index = recovered.index;
    this.producers = recovered.producers;
    this.end = recovered.end;
    this.flushed = recovered.end;
    this.visible = recovered.end;
    this.visiblyFlushed = recovered.end;
    this.nextOffset = recovered.end.offset;
  }

  /** What readers may know: `visible` lags behind `end` while a flush is under way. */
  get watermark(): Watermark {
    return { earliest: this.bases[0]!, end: this.visible, flushed: this.visiblyFlushed };
  }

  /** Publishes the watermark; one at a time, so that an older one never replaces a newer one. */
  publish(): Promise<void> {
    const publishing = this.publishing.then(() => this.context.publish(this.watermark));
    this.publishing = publishing.catch(() => undefined);
    return publishing;
  }

  /** See TopicWriter.append. */
  async append(records: readonly AppendRecord[], options: AppendOptions): Promise<AppendResult> {
    // Whoever waits for room goes first: the order of calls is the order in the log.
    if (this.waitingForRoom.length > 0 || this.pendingBytes >= LOG_LIMITS.pendingBytes) {
      return new Promise((resolve) =>
        this.waitingForRoom.push(() => resolve(this.enqueue(records, options))),
      );
    }
    return this.enqueue(records, options);
  }

  /** Resolves when everything that was appended before is on the disk. */
  flush(): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    return this.settle('flushed');
  }

  /** Flushes and stores what makes the next opening fast. Must be called once. */
  async close(): Promise<void> {
    if (this.flushTimer !== null) clearTimeout(this.flushTimer);
    this.flushTimer = null;
    try {
      if (this.failure === null) {
        await this.flush();
        await this.storeHints();
      }
    } finally {
      this.stop(logClosed('The writer'));
      await this.working;
      await this.publishing;
      await this.file.close();
    }
  }

  /** Closes the file of a writer that was never used. */
  abandon(): Promise<void> {
    return this.file.close();
  }

  /** Refuses everything from now on, with `error`. */
  stop(error: MillraceError): void {
    this.failure ??= error;
    for (const group of this.groups) group.reject(this.failure);
    this.groups = [];
    this.makeRoom();
  }

  /** Closes the segment being written if it holds anything, so that retention can have it. */
  roll(): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    const group = this.groups.at(-1) ?? this.groupToFill();
    group.roll = true;
    return this.join(group, 'flushed');
  }

  /** Largest timestamp in the segment being written; NO_TIMESTAMP while it is empty. */
  get newestTimestamp(): number {
    return this.index.maxTimestamp;
  }

  private async enqueue(records: readonly AppendRecord[], options: AppendOptions): Promise<AppendResult> {
    if (this.failure !== null) throw this.failure;
    const durability = options.durability ?? this.context.config.durability;
    const stamp = options.producer ?? null;
    const repeated = stamp === null ? null : this.producers.check(stamp, records.length);
    if (repeated !== null) {
      const { baseOffset, lastOffset } = repeated;
      await this.settle(durability);
      return { baseOffset, lastOffset, duplicate: true };
    }
    const group = this.groupToFill();
    const before = group.bytes;
    const { batchBytes } = LOG_LIMITS;
    const baseOffset = group.add(records, stamp, Math.trunc(this.context.clock.wallMs()), batchBytes);
    assert(group.endOffset <= Number.MAX_SAFE_INTEGER, 'offsets are below 2^53');
    this.nextOffset = group.endOffset;
    this.pendingBytes += group.bytes - before;
    if (stamp !== null) this.producers.add(stamp, records.length, baseOffset);
    await this.join(group, durability);
    return { baseOffset, lastOffset: baseOffset + records.length - 1, duplicate: false };
  }

  /** Resolves when all that is there now is as safe as `durability` says. */
  private settle(durability: Durability): Promise<void> {
    return this.join(this.groups.at(-1) ?? this.groupToFill(), durability);
  }

  private join(group: AppendGroup, durability: Durability): Promise<void> {
    if (durability === 'flushed') group.flush = true;
    if (durability === 'interval') group.flushSoon = true;
    const settled = group.settled();
    this.work();
    return settled;
  }

  private groupToFill(): AppendGroup {
    const limit = Math.min(LOG_LIMITS.groupBytes, this.context.config.segmentBytes);
    const last = this.groups.at(-1);
    if (last !== undefined && last.bytes < limit) return last;
    const { maxRecordBytes } = this.context.config;
    const encoder = this.encoders.pop() ?? new RecordBatchWriter(FIRST_ENCODER_BYTES, maxRecordBytes);
    const group = new AppendGroup(encoder, this.nextOffset);
    this.groups.push(group);
    return group;
  }

  private work(): void {
    if (this.working !== null || this.groups.length === 0) return;
    // A microtask later, so that all appends of one turn share a write.
    this.working = Promise.resolve()
      .then(() => this.drain())
      .finally(() => {
        this.working = null;
        this.work();
      });
  }

  private async drain(): Promise<void> {
    for (let group = this.groups.shift(); group !== undefined; group = this.groups.shift()) {
      try {
        group.seal();
        await this.write(group);
        if (group.flush) await this.flushFile();
        if (group.roll && this.end.position > 0) await this.beginSegment();
        group.producers((producer) => this.producers.trim(producer, this.end.offset));
        if (group.flushSoon && !group.flush) this.flushLater();
        this.acknowledge(group);
      } catch (error) {
        await this.fail(group, error);
      }
      this.pendingBytes -= group.bytes;
      this.recycle(group.encoder);
      this.makeRoom();
    }
  }

  private async write(group: AppendGroup): Promise<void> {
    const { bytes } = group;
    if (bytes === 0) return;
    if (this.end.position > 0 && this.end.position + bytes > this.context.config.segmentBytes) {
      await this.beginSegment();
    }
    const { segment, position } = this.end;
    // With nothing unflushed before it, a group is written and flushed in one go. If that fails for lack of space, all
    // that it may have left in the page cache is cut off with it, so appending may go on; other errors end the writer.
    const durably = group.flush && this.flushed.offset === this.end.offset;
    try {
      await writeFully(this.file, group.encoder.buffer, bytes, position, durably);
    } catch (error) {
      throw ioError(error, 'append to', this.file.path);
    }
    group.index(this.index);
    this.end = { offset: group.endOffset, segment, position: position + bytes };
    if (durably) this.flushed = this.end;
  }

  private async flushFile(): Promise<void> {
    const { end } = this;
    if (this.flushed.offset === end.offset) return;
    try {
      await this.file.flush();
    } catch (error) {
      // Whatever the reason (also ENOSPC): after a failed flush the kernel may drop the pages. See file-system.ts.
      throw flushFailed(error, this.file.path);
    }
    this.flushed = end;
  }

  /** Publishes and resolves; meanwhile the next group can be written. */
  private acknowledge(group: AppendGroup): void {
    this.visible = this.end;
    this.visiblyFlushed = this.flushed;
    this.publish().then(
      () => group.resolve(),
      (thrown: unknown) => {
        const error = ioError(thrown, 'publish the watermark of', this.context.folder);
        this.giveUp(error);
        group.reject(error);
      },
    );
  }

  /** Everything of the segment before is flushed before the next one is begun: recovery relies on it. */
  private async beginSegment(): Promise<void> {
    await this.flushFile();
    await this.storeHints();
    const base = this.end.offset;
    const path = segmentPath(this.context.folder, base);
    let file: OpenFile;
    try {
      file = await this.context.files.open(path, 'write');
      await this.context.files.flushFolder(this.context.folder);
    } catch (error) {
      throw ioError(error, 'begin', path);
    }
    await this.file.close();
    this.file = file;
    this.index = new SegmentIndex(base);
    this.bases.push(base);
    this.end = { offset: base, segment: base, position: 0 };
    this.flushed = this.end;
    this.context.onRoll();
  }

  /** Index and producer table only save work: without them the next opening reads more. */
  private async storeHints(): Promise<void> {
    const { files, folder, logger } = this.context;
    try {
      await writeAtomically(files, folder, indexName(this.index.baseOffset), this.index.encode());
      // Only what is in the log may be in the snapshot; the table may be ahead of it.
      const table = this.producers.upTo(this.end.offset);
      await writeProducerSnapshot(files, folder, { place: this.end, table });
    } catch (error) {
      logger.warn({ folder, error: messageOf(error) }, 'could not store the index; it will be rebuilt');
    }
  }

  private async fail(group: AppendGroup, thrown: unknown): Promise<void> {
    const error = ioError(thrown, 'append to', this.file.path);
    const failed = [group, ...this.groups];
    this.groups = [];
    const undone = error.code === 'MR_DISK_FULL' && (await this.undo());
    if (!undone) this.giveUp(error);
    // Groups that arrived while the file was cut were given offsets that count on the failed ones.
    failed.push(...this.groups);
    this.groups = [];
    this.nextOffset = this.end.offset;
    this.producers.rollBack(this.end.offset);
    for (const each of failed) {
      each.reject(error);
      if (each === group) continue;
      this.pendingBytes -= each.bytes;
      this.recycle(each.encoder);
    }
  }

  private giveUp(error: MillraceError): void {
    if (this.failure !== null) return;
    this.failure = error;
    this.context.onFailure(error);
  }

  /** Cuts off what a failed write left. */
  private async undo(): Promise<boolean> {
    try {
      await this.file.truncate(this.end.position);
      return true;
    } catch {
      return false;
    }
  }

  private flushLater(): void {
    if (this.flushTimer !== null || this.failure !== null) return;
    this.flushTimer = setTimeout(() => {
      this.flushTimer = null;
      // A failure reaches the users through `onFailure` and their next call.
      if (this.failure === null) this.flush().catch(() => undefined);
    }, this.context.config.flushIntervalMs);
    this.flushTimer.unref();
  }

  private recycle(encoder: RecordBatchWriter): void {
    if (this.encoders.length >= SPARE_ENCODERS || encoder.buffer.length > 2 * LOG_LIMITS.groupBytes) return;
    encoder.reset();
    this.encoders.push(encoder);
  }

  private makeRoom(): void {
    while (
      this.waitingForRoom.length > 0 &&
      (this.failure !== null || this.pendingBytes < LOG_LIMITS.pendingBytes)
    ) {
      this.waitingForRoom.shift()!();
    }
  }
}

function flushFailed(error: unknown, path: string): MillraceError {
  return new MillraceError('MR_IO', `A flush of ${path} failed; the writer stops.`, {
    expected: 'fdatasync without an error',
    got: messageOf(error),
    next: 'check the disk, then open the log again: it keeps what is whole, and what was acknowledged is',
    cause: error,
  });
}
