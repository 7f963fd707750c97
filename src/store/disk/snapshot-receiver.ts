// Owns: a snapshot that comes from another replica in pieces, also over a restart. Not here: when it comes into use.
// Invariant: what `finish` gives was read again from front to back and is durable.

import { assert } from '../../base/assert.ts';
import { MillraceError } from '../../base/errors.ts';
import { type OpenFile, writeFully } from '../../files/file-system.ts';
import { damaged, isDiskFull, judged } from './disk-errors.ts';
import { partialPath, stagedPath } from './replica-files.ts';
import { checkSnapshot, type SnapshotInfo } from './snapshot-reader.ts';
import type { SnapshotContext } from './snapshot-store.ts';

export class SnapshotReceiver {
  readonly index: number;
  private readonly context: SnapshotContext;
  private readonly file: OpenFile;
  private end: number;
  private flushed: number;

  constructor(context: SnapshotContext, index: number, file: OpenFile, end: number) {
    this.context = context;
    this.index = index;
    this.file = file;
    this.end = end;
    this.flushed = end;
  }

  /** Bytes of the file that are here: where to go on. */
  get offset(): number {
    return this.end;
  }

  /** The next bytes of the file, which begin at `offset`. Rejects with MR_DISK_FULL (try again later) or MR_IO. */
  async write(bytes: Uint8Array, offset: number): Promise<void> {
    assert(offset === this.end, 'a snapshot is received in order');
    try {
      await writeFully(this.file, bytes, bytes.length, offset);
      this.end += bytes.length;
      if (this.end - this.flushed < this.context.limits.snapshotFlushBytes) return;
      await this.file.flush();
      this.flushed = this.end;
    } catch (error) {
      throw this.failed(error, 'write');
    }
  }

  /**
   * All bytes are here. Resolves when the snapshot is whole and durable: then tell the core `snapshot-staged`. Rejects
   * with MR_DATA_DAMAGED if it is not whole; then it is gone and has to be fetched again from the beginning.
   */
  async finish(): Promise<SnapshotInfo> {
    const { fs, folder, owner, limits } = this.context;
    const path = partialPath(folder, this.index);
    const staged = stagedPath(folder, this.index);
    try {
      // A file that an earlier life wrote may never have reached the disk.
      await this.file.flush();
      await this.file.close();
      const { info, damage } = await checkSnapshot(fs, path, this.index, owner, limits.chunkBytes);
      if (damage !== undefined) {
        await fs.remove(path);
        throw damaged(damage);
      }
      await fs.rename(path, staged);
      await fs.flushFolder(folder);
      return { ...info, file: staged };
    } catch (error) {
      throw this.failed(error, 'finish');
    }
  }

  /** Stops here. What was received stays, for another try. */
  async close(): Promise<void> {
    await this.file.close();
  }

  private failed(error: unknown, doing: string): Error {
    const failure = judged(error, doing, partialPath(this.context.folder, this.index));
    const isDamaged = failure instanceof MillraceError && failure.code === 'MR_DATA_DAMAGED';
    if (!isDamaged && !isDiskFull(error)) this.context.onFailure(failure);
    return failure;
  }
}
