// Owns: reading one partition: finding offsets and timestamps, going from segment to segment, keeping a window.
// Not here: how far may be read (topic-view.ts), decoding (record-chunk.ts).

import { MillraceError, systemCodeOf } from '../base/errors.ts';
import type { FileSystem, OpenFile } from '../files/file-system.ts';
import { ioError } from '../files/io-error.ts';
import { LOG_LIMITS } from './limits.ts';
import { damaged, offsetOutOfRange } from './log-errors.ts';
import { ReadWindow } from './read-window.ts';
import { RecordChunk } from './record-chunk.ts';
import { extendIndex, listSegments, readIndex, segmentOf, segmentPath } from './segment-files.ts';
import type { SegmentIndex } from './segment-index.ts';
import type { TopicView } from './topic-view.ts';
import type { LogPosition } from './watermarks.ts';

/** Smallest read of a file, however few bytes were asked for. */
const MIN_READ_BYTES = 65_536;

export class PartitionReader {
  private readonly files: FileSystem;
  private readonly topic: string;
  private readonly partition: number;
  private readonly folder: string;
  private readonly view: TopicView;
  private bases: readonly number[] = [];
  private readonly open = new Map<number, OpenFile>();
  private readonly indexes = new Map<number, SegmentIndex>();
  private window: ReadWindow | null = null;
  /** The read under way; files are closed after it. */
  private loading: Promise<unknown> = Promise.resolve();
  /** A place whose offset is known without an index: where the last window or the log ended. */
  private known: LogPosition | null = null;

  constructor(files: FileSystem, topic: string, partition: number, folder: string, view: TopicView) {
    this.files = files;
    this.topic = topic;
    this.partition = partition;
    this.folder = folder;
    this.view = view;
  }

  async earliest(): Promise<number> {
    await this.view.refresh();
    return this.view.mark(this.partition).earliest;
  }

  async latest(): Promise<number> {
    await this.view.refresh();
    return this.view.mark(this.partition).end.offset;
  }

  /** See TopicReader.read. */
  async read(from: number, maxRecords: number, maxBytes: number): Promise<RecordChunk> {
    if (this.window?.holds(from) && from >= this.view.mark(this.partition).earliest) {
      return this.window.chunk(from, maxRecords, maxBytes);
    }
    if (from >= this.view.mark(this.partition).end.offset) await this.view.refresh();
    const { earliest, end } = this.view.mark(this.partition);
    if (!(from >= earliest && from <= end.offset)) {
      throw offsetOutOfRange(this.topic, this.partition, from, earliest, end.offset);
    }
    if (from === end.offset) {
      this.known = end;
      return RecordChunk.empty(from);
    }
    try {
      const loading = this.load(from, maxBytes);
      this.loading = loading.catch(() => undefined);
      this.window = await loading;
    } catch (error) {
      throw await this.explain(error, from);
    }
    return this.window.chunk(from, maxRecords, maxBytes);
  }

  /** See TopicReader.offsetForTimestamp. */
  async offsetForTimestamp(timestamp: number): Promise<number> {
    await this.view.refresh();
    const { earliest, end } = this.view.mark(this.partition);
    this.bases = await listSegments(this.files, this.folder);
    for (const base of this.bases) {
      if (base > end.segment) break;
      const index = await this.indexOf(base, await this.sizeOf(base, end));
      if (index.maxTimestamp < timestamp || index.coveredOffset <= earliest) continue;
      let offset = Math.max(earliest, index.floorTimestamp(timestamp).offset);
      while (offset < index.coveredOffset) {
        const chunk = await this.read(offset, LOG_LIMITS.readBytes, LOG_LIMITS.readBytes);
        for (const cursor = chunk.cursor(); cursor.next(); ) {
          if (cursor.timestamp >= timestamp) return cursor.offset;
        }
        offset = chunk.nextOffset;
      }
    }
    return end.offset;
  }

  async close(): Promise<void> {
    await this.loading;
    this.window = null;
    const open = [...this.open.values()];
    this.open.clear();
    for (const file of open) await file.close();
  }

  private async load(from: number, maxBytes: number): Promise<ReadWindow> {
    const bytes = Math.min(LOG_LIMITS.readBytes, Math.max(MIN_READ_BYTES, maxBytes));
    let place = await this.placeBefore(from);
    for (;;) {
      const { end } = this.view.mark(this.partition);
      const size = await this.sizeOf(place.segment, end);
      if (place.position >= size) {
        place = await this.nextSegment(place);
        continue;
      }
      const file = await this.file(place.segment);
      const window = await ReadWindow.load(file, place.segment, place.position, place.offset, size, bytes);
      place = { offset: window.endOffset, segment: place.segment, position: window.endPosition };
      this.known = place;
      if (window.holds(from)) return window;
    }
  }

  /** A place at which a batch begins that is not behind `from`, and near it. */
  private async placeBefore(from: number): Promise<LogPosition> {
    if (this.known?.offset === from) return this.known;
    const { end } = this.view.mark(this.partition);
    this.bases = await listSegments(this.files, this.folder);
    const segment = segmentOf(this.bases, from);
    if (segment < 0) throw damaged(this.folder, 0, `the segment file with offset ${from} is missing`);
    const size = await this.sizeOf(segment, end);
    const index = await this.indexOf(segment, size);
    const entry = index.floor(from);
    return { offset: entry.offset, segment, position: entry.position };
  }

  private async nextSegment(place: LogPosition): Promise<LogPosition> {
    if (!this.bases.includes(place.offset)) this.bases = await listSegments(this.files, this.folder);
    if (this.bases.includes(place.offset))
      return { offset: place.offset, segment: place.offset, position: 0 };
    const path = segmentPath(this.folder, place.segment);
    throw damaged(path, place.position, `the records from offset ${place.offset} on are missing`);
  }

  /** Bytes of a segment that may be read. */
  private async sizeOf(segment: number, end: LogPosition): Promise<number> {
    if (segment === end.segment) return end.position;
    return (await this.file(segment)).size();
  }

  private async indexOf(base: number, bytes: number): Promise<SegmentIndex> {
    const index = this.indexes.get(base) ?? (await readIndex(this.files, this.folder, base, bytes));
    await extendIndex(index, await this.file(base), bytes);
    this.indexes.set(base, index);
    return index;
  }

  private async file(base: number): Promise<OpenFile> {
    const known = this.open.get(base);
    if (known !== undefined) return known;
    const file = await this.files.open(segmentPath(this.folder, base), 'read');
    this.open.set(base, file);
    for (const [oldest, handle] of this.open) {
      if (this.open.size <= LOG_LIMITS.openSegments) break;
      this.open.delete(oldest);
      await handle.close();
    }
    return file;
  }

  /** A file that is not there any more may have been removed by retention while we looked. */
  private async explain(error: unknown, from: number): Promise<MillraceError> {
    if (
      systemCodeOf(error) === 'ENOENT' ||
      (error instanceof MillraceError && error.code === 'MR_DATA_DAMAGED')
    ) {
      await this.view.refresh();
      const { earliest, end } = this.view.mark(this.partition);
      if (from < earliest) return offsetOutOfRange(this.topic, this.partition, from, earliest, end.offset);
    }
    return ioError(error, 'read', this.folder);
  }
}
