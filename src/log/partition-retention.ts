// Owns: carrying out retention on one partition that this process writes. Which segments go: retention.ts.
// Invariant: the new `earliest` is published before a file is removed, so that a reader that misses a file finds the
// reason when it looks again.

import type { Clock } from '../base/clock.ts';
import type { FileSystem } from '../files/file-system.ts';
import type { PartitionWriter } from './partition-writer.ts';
import { expiredSegments, type SegmentSummary } from './retention.ts';
import { extendIndex, indexName, readIndex, segmentPath } from './segment-files.ts';
import { NO_TIMESTAMP } from './segment-index.ts';
import type { TopicConfig } from './topic-config.ts';

/** What retention of a partition is given. */
export interface PartitionRetentionContext {
  readonly files: FileSystem;
  readonly folder: string;
  readonly config: TopicConfig;
  readonly clock: Clock;
  readonly writer: PartitionWriter;
}

export class PartitionRetention {
  private readonly context: PartitionRetentionContext;
  private readonly summaries = new Map<number, SegmentSummary>();
  private running: Promise<void> = Promise.resolve();

  constructor(context: PartitionRetentionContext) {
    this.context = context;
  }

  /** One run after the other. Rejects with system errors and MR_DATA_DAMAGED. */
  run(): Promise<void> {
    const { retentionBytes, retentionMs } = this.context.config;
    if (retentionBytes === null && retentionMs === null) return Promise.resolve();
    const run = this.running.then(() => this.runOnce());
    this.running = run.catch(() => undefined);
    return run;
  }

  /** Resolves when no run is under way. */
  settled(): Promise<void> {
    return this.running;
  }

  private async runOnce(): Promise<void> {
    const { files, folder, config, clock, writer } = this.context;
    const now = clock.wallMs();
    const newest = writer.newestTimestamp;
    const old = config.retentionMs !== null && newest !== NO_TIMESTAMP && newest < now - config.retentionMs;
    if (old) await writer.roll();
    const closed: SegmentSummary[] = [];
    for (const base of writer.bases.slice(0, -1)) closed.push(await this.summary(base));
    const expired = expiredSegments(closed, writer.watermark.end.position, config, now);
    if (expired === 0) return;
    const gone = writer.bases.splice(0, expired);
    await writer.publish();
    for (const base of gone) {
      this.summaries.delete(base);
      await files.remove(segmentPath(folder, base));
      await files.remove(`${folder}/${indexName(base)}`);
    }
    await files.flushFolder(folder);
  }

  private async summary(base: number): Promise<SegmentSummary> {
    const known = this.summaries.get(base);
    if (known !== undefined) return known;
    const { files, folder } = this.context;
    const path = segmentPath(folder, base);
    const bytes = await files.sizeOf(path);
    const index = await readIndex(files, folder, base, bytes);
    if (index.coveredBytes < bytes) {
      const file = await files.open(path, 'read');
      try {
        await extendIndex(index, file, bytes);
      } finally {
        await file.close();
      }
    }
    const summary = { base, bytes, newestTimestamp: index.maxTimestamp };
    this.summaries.set(base, summary);
    return summary;
  }
}
