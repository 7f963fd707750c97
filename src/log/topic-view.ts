// Owns: how far each partition of a topic can be read, as this process knows it, and who wants to hear of more.
// Two ways to know: a writer in this process tells (`live`), or the `watermarks` file that a writer elsewhere keeps is looked at.
//
// What readers see: records that have reached the durability that their append asked for, never more. So under `flushed`,
// a reader cannot act on a record that a power failure takes back (Kafka: consumers read up to the high watermark).

import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { FileSystem } from '../files/file-system.ts';
import { FolderLock } from '../files/folder-lock.ts';
import { scanBatches } from './batch-scan.ts';
import { LOG_LIMITS } from './limits.ts';
import { listSegments, segmentPath } from './segment-files.ts';
import { type LogPosition, type Watermark, WatermarkFile } from './watermarks.ts';

export const WRITER_LOCK = 'writer.lock';

export class TopicView {
  readonly partitions: number;
  private readonly file: WatermarkFile;
  private readonly logger: Logger;
  private readonly marks: Watermark[];
  /** What the file said when it was last looked at. */
  private readonly lastRead: (Watermark | null)[];
  private readonly listeners = new Set<() => void>();
  private live = false;
  private timer: NodeJS.Timeout | null = null;
  private looking = false;

  private constructor(
    file: WatermarkFile,
    lastRead: (Watermark | null)[],
    marks: Watermark[],
    logger: Logger,
  ) {
    this.file = file;
    this.lastRead = lastRead;
    this.marks = marks;
    this.partitions = marks.length;
    this.logger = logger;
  }

  static async open(
    files: FileSystem,
    topicFolder: string,
    partitions: number,
    logger: Logger,
  ): Promise<TopicView> {
    const file = await WatermarkFile.open(files, topicFolder, partitions, 'read');
    try {
      // First the lock, then the marks: a writer that comes in between has everything in its marks.
      const writing = (await FolderLock.holder(`${topicFolder}/${WRITER_LOCK}`)) !== null;
      const marks: Watermark[] = [];
      const read = await file.read();
      for (const [partition, mark] of read.entries()) {
        const folder = `${topicFolder}/${partition}`;
        marks.push(mark !== null && writing ? mark : await settledMark(files, folder, mark));
      }
      return new TopicView(file, read, marks, logger);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  mark(partition: number): Watermark {
    return this.marks[partition]!;
  }

  /** Looks whether a writer elsewhere has written. Does nothing while the writer is here. */
  async refresh(): Promise<void> {
    if (this.live) return;
    let news = false;
    for (const [partition, mark] of (await this.file.read()).entries()) {
      // A mark that nobody has written since we looked says less than what was found by looking at the log itself: after
      // a power failure it may be behind the log, or (for records that were not to be flushed) ahead of it.
      if (mark === null || this.live || sameMark(mark, this.lastRead[partition]!)) continue;
      this.lastRead[partition] = mark;
      const known = this.marks[partition]!;
      const end = mark.end.offset >= known.end.offset ? mark.end : known.end;
      const earliest = Math.max(mark.earliest, known.earliest);
      this.marks[partition] = { earliest, end, flushed: mark.flushed };
      if (end.offset > known.end.offset) news = true;
    }
    if (news) this.notify();
  }

  /** Calls `listener` whenever there is more to read. Returns how to stop. */
  onData(listener: () => void): () => void {
    const entry = (): void => listener();
    this.listeners.add(entry);
    this.poll();
    return () => {
      this.listeners.delete(entry);
      this.poll();
    };
  }

  /** The writer of this process begins to tell. */
  goLive(marks: readonly Watermark[]): void {
    this.live = true;
    for (const [partition, mark] of marks.entries()) this.marks[partition] = mark;
    this.poll();
    this.notify();
  }

  /** The writer of this process has ended. */
  endLive(): void {
    this.live = false;
    this.poll();
  }

  advance(partition: number, mark: Watermark): void {
    const more = mark.end.offset > this.marks[partition]!.end.offset;
    this.marks[partition] = mark;
    if (more) this.notify();
  }

  async close(): Promise<void> {
    this.listeners.clear();
    this.poll();
    await this.file.close();
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }

  /** Polls while somebody listens and the writer is not here. */
  private poll(): void {
    const wanted = this.listeners.size > 0 && !this.live;
    if (wanted && this.timer === null) this.timer = setInterval(() => this.look(), LOG_LIMITS.pollMs);
    if (wanted || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  private look(): void {
    if (this.looking) return;
    this.looking = true;
    this.refresh()
      .catch((error: unknown) =>
        this.logger.warn({ error: messageOf(error) }, 'could not look for new records'),
      )
      .finally(() => {
        this.looking = false;
      });
  }
}

function sameMark(a: Watermark, b: Watermark | null): boolean {
  if (b === null || a.earliest !== b.earliest) return false;
  return a.end.offset === b.end.offset && a.flushed.offset === b.flushed.offset;
}

/**
 * Where a partition without a writer ends: behind the last whole batch that follows the flushed mark. It is flushed here before
 * anybody may read it, for the writer that wrote it may have died before it could.
 */
async function settledMark(files: FileSystem, folder: string, mark: Watermark | null): Promise<Watermark> {
  const bases = await listSegments(files, folder);
  const earliest = Math.max(mark?.earliest ?? 0, bases[0] ?? 0);
  const last = bases.at(-1) ?? 0;
  let place: LogPosition = { offset: last, segment: last, position: 0 };
  if (mark !== null && bases.includes(mark.flushed.segment)) place = mark.flushed;
  for (const base of bases) {
    if (base < place.segment) continue;
    if (base !== place.segment && base !== place.offset) break;
    const begin = base === place.segment ? place : { offset: base, segment: base, position: 0 };
    const file = await files.open(segmentPath(folder, base), 'read');
    try {
      const size = await file.size();
      if (size > begin.position) await file.flush();
      const end = await scanBatches(file, { ...begin, end: size, checksums: true }, () => true);
      place = { offset: end.offset, segment: base, position: end.position };
      if (end.fault !== null) break;
    } finally {
      await file.close();
    }
  }
  return { earliest, end: place, flushed: place };
}
