// Owns: the snapshots in a replica's folder: writing one, receiving one from another replica, keeping two. Not here: what
// is in them, and when one is made (the driver's).
//
// Invariants:
// - A file has a snapshot's name only when all of it is durable: written, flushed, renamed, and the folder flushed.
// - The two newest are kept, and the log from the older one on: should the newer one be damaged, nothing is lost.
// - A received one has a name of its own until a record in the log says that it is in use.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import { type FileSystem, type OpenFile, writeFully } from '../../files/file-system.ts';
import type { Configuration } from '../../paxos/configuration.ts';
import { damaged, isDiskFull, judged } from './disk-errors.ts';
import { encodeHeader, type Owner } from './file-header.ts';
import type { DiskLimits } from './limits.ts';
import { listReplicaFiles, partialPath, snapshotPath, stagedPath } from './replica-files.ts';
import { ChunkSum, encodeChunk, encodeFooter, MAX_HASH_BYTES } from './snapshot-format.ts';
import { checkSnapshot, type SnapshotInfo } from './snapshot-reader.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';

/** A state to be written down. */
export interface SnapshotSource {
  /** Entries that it covers. */
  readonly index: number;
  readonly configuration: Configuration;
  /** At most `MAX_HASH_BYTES`. */
  readonly stateHash: Uint8Array;
  /** Each of 1 to `DiskLimits.chunkBytes`. Asked for one after the other, with turns of the event loop in between. */
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface SnapshotContext {
  readonly fs: FileSystem;
  readonly folder: string;
  readonly owner: Owner;
  readonly limits: DiskLimits;
  /** The disk failed for good. */
  readonly onFailure: (error: Error) => void;
}

export class SnapshotStore {
  private readonly context: SnapshotContext;
  private current: SnapshotInfo | undefined;
  /** Index of the one before. */
  private previous: number | undefined;
  private writing = false;

  constructor(context: SnapshotContext, current: SnapshotInfo | undefined, previous: number | undefined) {
    this.context = context;
    this.current = current;
    this.previous = previous;
  }

  /** Undefined only on a damaged disk that has none. */
  get newest(): SnapshotInfo | undefined {
    return this.current;
  }

  /** The index below which the log is of no more use. */
  get trimIndex(): number {
    return this.previous ?? 0;
  }

  /**
   * Writes a snapshot, durably. `logged` resolves when the log holds all that the snapshot covers. Rejects with
   * MR_DISK_FULL, then nothing has changed; or MR_IO, then the disk has failed.
   */
  async write(source: SnapshotSource, logged: () => Promise<void>): Promise<SnapshotInfo> {
    const { fs, folder, owner } = this.context;
    assert(!this.writing, 'one snapshot is written at a time');
    assert(source.index > (this.current?.index ?? -1), 'a snapshot is newer than the one before');
    assert(source.stateHash.length <= MAX_HASH_BYTES, `a state hash has at most ${MAX_HASH_BYTES} bytes`);
    const file = snapshotPath(folder, source.index);
    const temporary = `${file}.tmp`;
    this.writing = true;
    try {
      await fs.remove(temporary);
      const open = await fs.open(temporary, 'write');
      const bytes = await this.fill(open, source, owner).finally(() => open.close());
      await logged();
      await fs.rename(temporary, file);
      await fs.flushFolder(folder);
      const { index, configuration, stateHash } = source;
      const info = { index, file, bytes, configuration, stateHash };
      await this.adopt(info);
      return info;
    } catch (error) {
      if (isDiskFull(error)) await fs.remove(temporary).catch(() => {});
      throw this.failed(error, 'write', temporary);
    } finally {
      this.writing = false;
    }
  }

  /** Begins, or goes on, to receive the snapshot of `index`. Rejects with MR_DISK_FULL or MR_IO. */
  async receive(index: number): Promise<SnapshotReceiver> {
    const { fs, folder } = this.context;
    try {
      const files = await listReplicaFiles(fs, folder);
      for (const old of files.staged) if (old !== index) await fs.remove(stagedPath(folder, old));
      for (const old of files.partial) if (old !== index) await fs.remove(partialPath(folder, old));
      // One that was whole before a restart: its end is looked at again, that is all.
      if (files.staged.includes(index))
        await fs.rename(stagedPath(folder, index), partialPath(folder, index));
      const file = await fs.open(partialPath(folder, index), 'write');
      return new SnapshotReceiver(this.context, index, file, await file.size());
    } catch (error) {
      throw this.failed(error, 'receive a snapshot in', folder);
    }
  }

  /** The log says that the staged snapshot of `index` is in use. */
  async use(index: number): Promise<void> {
    const { fs, folder, owner, limits } = this.context;
    const file = snapshotPath(folder, index);
    try {
      await fs.rename(stagedPath(folder, index), file);
      await fs.flushFolder(folder);
      const { info, damage } = await checkSnapshot(fs, file, index, owner, limits.chunkBytes);
      if (damage !== undefined) throw damaged(damage);
      await this.adopt(info);
    } catch (error) {
      throw this.failed(error, 'use', file);
    }
  }

  private async fill(file: OpenFile, source: SnapshotSource, owner: Owner): Promise<number> {
    const { chunkBytes, snapshotFlushBytes } = this.context.limits;
    const sum = new ChunkSum();
    let end = 0;
    let flushed = 0;
    const put = async (bytes: Buffer): Promise<void> => {
      await writeFully(file, bytes, bytes.length, end);
      end += bytes.length;
      if (end - flushed < snapshotFlushBytes) return;
      await file.flush();
      flushed = end;
    };
    await put(encodeHeader('snapshot', owner, source.index));
    for await (const chunk of source.chunks) {
      assert(chunk.length > 0 && chunk.length <= chunkBytes, `a chunk has 1 to ${chunkBytes} bytes`);
      await put(encodeChunk(chunk, sum));
      await nextTurn();
    }
    const { configuration, stateHash } = source;
    const { chunks, dataBytes, crc } = sum;
    await put(encodeFooter({ chunks, dataBytes, crc, configuration, stateHash }));
    await file.flush();
    return end;
  }

  private async adopt(info: SnapshotInfo): Promise<void> {
    const { fs, folder } = this.context;
    this.previous = this.current?.index;
    this.current = info;
    const oldest = this.previous ?? info.index;
    for (const index of (await listReplicaFiles(fs, folder)).snapshots)
      if (index < oldest) await fs.remove(snapshotPath(folder, index));
    for (const name of await fs.list(folder))
      if (name.endsWith('.damaged')) await fs.remove(`${folder}/${name}`);
  }

  /** What an error means. All but a full disk means that nobody knows what is on the disk any more. */
  private failed(error: unknown, doing: string, path: string): Error {
    const failure = judged(error, doing, path);
    if (!isDiskFull(error)) this.context.onFailure(failure);
    return failure;
  }
}
