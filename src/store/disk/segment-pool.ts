// Owns: making segments before they are needed, and using old ones again. Not here: what is written to them (write-ahead-log.ts).
//
// Overwriting blocks that a file already has costs no change of the file system's own books, so a flush is one write to the
// device instead of several. So a segment is filled with zeros when it is made, or is an old one as it is: its numbers tell
// old sectors from new ones (sectors.ts).
//
// Invariants:
// - A file has a segment's name only with its header and at its full size, both durable; and never loses that name before a
//   durable snapshot has taken the place of what is in it, or while it holds nothing.
// - A number is used once, and segments are begun in the order of their numbers.

import { type FileSystem, type OpenFile, writeFully } from '../../files/file-system.ts';
import { encodeHeader, HEADER_BYTES, type Owner } from './file-header.ts';
import type { DiskLimits } from './limits.ts';
import { segmentPath, sparePath } from './replica-files.ts';
import { BLOCK_BYTES } from './sectors.ts';

/** A segment that is ready to be written. */
export interface OpenSegment {
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
  readonly file: OpenFile;
}

export interface PoolContext {
  readonly fs: FileSystem;
  readonly folder: string;
  readonly owner: Owner;
  readonly limits: DiskLimits;
}

export class SegmentPool {
  private readonly context: PoolContext;
  private nextNumber: number;
  /** Of files that can be used again. */
  private readonly spares: number[];
  /** At most one is ready. */
  private ready: OpenSegment | undefined;
  /** Makes one at a time. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(context: PoolContext, nextNumber: number, spares: readonly number[]) {
    this.context = context;
    this.nextNumber = nextNumber;
    this.spares = [...spares];
  }

  /** Makes a segment ready for the next `take`, if none is. Rejects with system errors; can be tried again. */
  prepare(): Promise<void> {
    return this.inTurn(async () => {
      this.ready ??= await this.make(this.context.limits.segmentBytes);
    });
  }

  /** A segment with room for `bytes`. Rejects as `prepare`. */
  take(bytes: number): Promise<OpenSegment> {
    return this.inTurn(async () => {
      const { segmentBytes } = this.context.limits;
      const needed = bytes + HEADER_BYTES;
      if (needed > segmentBytes) await this.putBack();
      if (needed > segmentBytes) return this.make(Math.ceil(needed / BLOCK_BYTES) * BLOCK_BYTES);
      const segment = this.ready ?? (await this.make(segmentBytes));
      this.ready = undefined;
      return segment;
    });
  }

  /** Nothing in these segments is of use any more. They go one by one: a crash leaves no hole behind. */
  retire(
    segments: readonly { readonly number: number; readonly path: string; readonly bytes: number }[],
  ): Promise<void> {
    return this.inTurn(async () => {
      const { fs, folder, limits } = this.context;
      for (const { number, path, bytes } of segments) {
        if (bytes === limits.segmentBytes && this.spares.length < limits.spareSegments) {
          await fs.rename(path, sparePath(folder, number));
          await fs.flushFolder(folder);
          this.spares.push(number);
        } else {
          await fs.remove(path);
          await fs.flushFolder(folder);
        }
      }
    });
  }

  async close(): Promise<void> {
    await this.last.catch(() => {});
    await this.ready?.file.close();
    this.ready = undefined;
  }

  /** Segments are begun in the order of their numbers: what is ready must not come after a larger one made now. */
  private async putBack(): Promise<void> {
    const { fs, folder } = this.context;
    const { ready } = this;
    if (ready === undefined) return;
    await ready.file.close();
    this.ready = undefined;
    await fs.rename(ready.path, sparePath(folder, ready.number));
    await fs.flushFolder(folder);
    this.spares.push(ready.number);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work, work);
    this.last = result;
    return result;
  }

  private async make(bytes: number): Promise<OpenSegment> {
    const { fs, folder, owner, limits } = this.context;
    const number = this.nextNumber++;
    const old = bytes === limits.segmentBytes ? this.spares.pop() : undefined;
    const draft = sparePath(folder, old ?? number);
    const path = segmentPath(folder, number);
    const file = await fs.open(draft, 'write');
    try {
      if (old === undefined) await this.fill(file, bytes);
      // An earlier life may have died between making it and its flush: it is here, and not on the disk.
      else await file.flush();
      const header = encodeHeader('segment', owner, number, bytes);
      // Also opens the way for durable writes, while the file has the name that it was opened by.
      await writeFully(file, header, HEADER_BYTES, 0, true);
      await fs.rename(draft, path);
      await fs.flushFolder(folder);
      return { number, path, bytes, file };
    } catch (error) {
      await file.close();
      // Half a segment would take room that a full disk has not got. If this fails too, it is removed at the next start.
      if (old === undefined) await fs.remove(draft).catch(() => {});
      else this.spares.push(old);
      throw error;
    }
  }

  private async fill(file: OpenFile, bytes: number): Promise<void> {
    const zeros = Buffer.alloc(Math.min(bytes, this.context.limits.fillBytes));
    for (let at = 0; at < bytes; at += zeros.length) {
      await writeFully(file, zeros, Math.min(zeros.length, bytes - at), at);
      await file.flush();
    }
  }
}
