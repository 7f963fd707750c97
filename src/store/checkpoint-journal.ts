// Owns: durable checkpoints of one lane in one folder: an append-only journal of commits, and now and then a snapshot
// that starts a new journal. Not here: the bytes (frame-format.ts, record-*.ts), reading them back (journal-recovery.ts).
//
// Invariants:
// - A commit is one record; it counts once its last frame is there. Commits that wait while a flush is running become
//   one record together. At most one record is ever unflushed.
// - The image holds flushed records only.
// - After a failed fsync nothing is known about the disk any more ("fsyncgate", 2018): everything is refused from then on.
// - A snapshot is written while commits go on, so it may hold some effects of records after its base. That is sound
//   because its journal starts at the base and records hold absolute values: replaying them in order gives the same
//   image whichever of their effects are already there (the redo pass over a fuzzy checkpoint in ARIES, Mohan et al.
//   1992). The snapshot's last frame names the newest record whose effects it may hold; recovery insists on having it.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { assert } from '../base/assert.ts';
import { MillraceError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Checkpoint, CheckpointDelta, CheckpointStore } from './checkpoint.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { FILE_HEADER_BYTES } from './frame-format.ts';
import { diskFull, inputOutput, isDiskFull, stayedFull } from './journal-errors.ts';
import { createJournal, filePath, removeSuperfluous, writeSnapshot } from './journal-files.ts';
import { type Recovered, recover } from './journal-recovery.ts';
import { RecordEncoder } from './record-encoder.ts';

export const JOURNAL_LIMITS = {
  /** A journal below this is never compacted. */
  compactionMinBytes: 4_194_304,
  /** Compacted when the journal is this many times the snapshot. */
  compactionRatio: 4,
  /** Commits that may wait for the flush that is running. */
  waitingCommits: 65_536,
  /** Commits that a full disk may hold back before the journal gives up. Empty ones, which only try again, do not count. */
  heldBackCommits: 1_024,
} as const;

export interface Lock {
  release(): Promise<void>;
}

export interface CheckpointJournalOptions {
  /** Absolute; made if missing. See `checkpointFolder`. */
  readonly folder: string;
  readonly fs: FileSystem;
  readonly logger: Logger;
  /** Keeps other processes out; called once the folder is there. Rejects with MR_DATA_LOCKED. */
  readonly lock: () => Promise<Lock>;
  /** For tests. */
  readonly compactionMinBytes?: number;
}

interface WaitingCommit {
  readonly delta: CheckpointDelta;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Locks the folder, reads it and cuts the torn tail that a crash may have left. Throws MR_DATA_LOCKED,
 * MR_DATA_DAMAGED, MR_DATA_FORMAT, MR_DISK_FULL or MR_IO.
 */
export async function openCheckpointJournal(options: CheckpointJournalOptions): Promise<CheckpointJournal> {
  const { folder, fs } = options;
  let lock: Lock | undefined;
  try {
    await fs.makeFolder(folder);
    lock = await options.lock();
    const recovered = await recover(fs, folder);
    await removeSuperfluous(fs, folder, recovered.snapshotBase);
    return new CheckpointJournal(options, lock, recovered, await openTail(fs, folder, recovered));
  } catch (error) {
    await lock?.release();
    throw isDiskFull(error) ? diskFull(folder, error) : inputOutput('opening the checkpoints', folder, error);
  }
}

async function openTail(
  fs: FileSystem,
  folder: string,
  { journalBase, journalEnd }: Recovered,
): Promise<OpenFile> {
  if (journalBase === null) return createJournal(fs, folder, 0);
  const file = await fs.open(filePath(folder, 'journal', journalBase), 'read-write');
  try {
    if ((await file.size()) > journalEnd) await file.truncate(journalEnd);
    // What was read may still be in the page cache only, and from here on the run builds on it.
    await file.datasync();
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

export class CheckpointJournal implements CheckpointStore {
  private readonly options: CheckpointJournalOptions;
  private readonly lock: Lock;
  private readonly image: Recovered['image'];
  private readonly encoder = new RecordEncoder();
  private file: OpenFile;
  private journalBase: number;
  private journalEnd: number;
  private snapshotBase: number;
  private snapshotBytes: number;
  /** Bytes in the journals after the snapshot. */
  private journalBytes: number;
  /** Compaction starts when `journalBytes` is above. */
  private compactAbove: number;
  private waiting: WaitingCommit[] = [];
  /** Changes that did not fit on the disk. */
  private heldBack: CheckpointDelta[] = [];
  private pumping = false;
  private idle: Promise<void> = Promise.resolve();
  private compaction: Promise<void> | null = null;
  private failure: Error | null = null;
  private closing: Promise<void> | null = null;

  /** Use `openCheckpointJournal`. */
  constructor(options: CheckpointJournalOptions, lock: Lock, recovered: Recovered, file: OpenFile) {
    this.options = options;
    this.lock = lock;
    this.file = file;
    this.image = recovered.image;
    this.journalBase = recovered.journalBase ?? 0;
    this.journalEnd = recovered.journalBase === null ? FILE_HEADER_BYTES : recovered.journalEnd;
    this.journalBytes = Math.max(recovered.journalBytes, FILE_HEADER_BYTES);
    this.snapshotBase = recovered.snapshotBase;
    this.snapshotBytes = recovered.snapshotBytes;
    this.compactAbove = this.compactionThreshold();
  }

  async load(): Promise<Checkpoint> {
    return this.image.view();
  }

  commit(delta: CheckpointDelta): Promise<void> {
    assert(this.closing === null, 'nothing is committed to a journal that is closed');
    assert(this.waiting.length < JOURNAL_LIMITS.waitingCommits, 'callers wait for their commits');
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting.push({ delta, resolve, reject });
      if (this.pumping) return;
      this.pumping = true;
      this.idle = this.pump();
    });
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** The one loop that writes. Never rejects: errors go to the waiting commits. */
  private async pump(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.waiting;
      this.waiting = [];
      const deltas = this.heldBack.concat(group.map(({ delta }) => delta).filter(changesSomething));
      try {
        if (this.failure !== null) throw this.failure;
        if (deltas.length > 0) await this.append(deltas);
        this.heldBack = [];
      } catch (error) {
        const refusal = this.refusal(error, deltas);
        for (const { reject } of group) reject(refusal);
        continue;
      }
      for (const { resolve } of group) resolve();
      await this.applyFlushed(deltas);
      await this.maybeCompact();
    }
    this.pumping = false;
  }

  /** Writes and flushes one record. Leaves the journal as it was if the disk is full. */
  private async append(deltas: readonly CheckpointDelta[]): Promise<void> {
    let end = this.journalEnd;
    try {
      for (const frame of this.encoder.record(this.image.sequence + 1, deltas)) {
        await this.file.write(frame, end);
        end += frame.length;
      }
    } catch (error) {
      if (isDiskFull(error)) {
        await this.file.truncate(this.journalEnd);
        throw diskFull(this.options.folder, error);
      }
      throw error;
    }
    try {
      await this.file.datasync();
    } catch (error) {
      throw inputOutput('flushing a checkpoint', this.options.folder, error);
    }
    this.journalBytes += end - this.journalEnd;
    this.journalEnd = end;
    // Before the changes themselves: a snapshot frame must not name less than it may hold.
    this.image.sequence++;
  }

  /** In pieces, so that a large commit does not hold the lane up. */
  private async applyFlushed(deltas: readonly CheckpointDelta[]): Promise<void> {
    for (const delta of deltas) for (const _ of this.image.apply(delta)) await nextTurn();
  }

  /** What the callers are told; decides whether the journal can go on. */
  private refusal(error: unknown, deltas: readonly CheckpointDelta[]): Error {
    const refusal = inputOutput('writing a checkpoint', this.options.folder, error);
    const isFull = refusal instanceof MillraceError && refusal.code === 'MR_DISK_FULL';
    const canGoOn = isFull && deltas.length <= JOURNAL_LIMITS.heldBackCommits;
    if (canGoOn) this.heldBack = [...deltas];
    else if (isFull) this.failure ??= stayedFull(this.options.folder, refusal);
    else this.failure ??= refusal;
    return this.failure ?? refusal;
  }

  private compactionThreshold(): number {
    const minimum = this.options.compactionMinBytes ?? JOURNAL_LIMITS.compactionMinBytes;
    return Math.max(minimum, JOURNAL_LIMITS.compactionRatio * this.snapshotBytes);
  }

  /** Starts a new journal at once; the snapshot is written beside the commits. */
  private async maybeCompact(): Promise<void> {
    if (this.journalBytes <= this.compactAbove || this.compaction !== null || this.closing !== null) return;
    try {
      // A journal without a snapshot of its own is there after a compaction that failed half-way.
      if (this.journalBase === this.snapshotBase) await this.startJournal();
      this.compaction = this.compact().finally(() => {
        this.compaction = null;
      });
    } catch (error) {
      this.compactionFailed(error);
    }
  }

  private async startJournal(): Promise<void> {
    const base = this.image.sequence;
    assert(base > this.journalBase, 'a journal is left only when there is a record in it');
    const old = this.file;
    this.file = await createJournal(this.options.fs, this.options.folder, base);
    this.journalBase = base;
    this.journalEnd = FILE_HEADER_BYTES;
    await old.close();
  }

  private async compact(): Promise<void> {
    const { fs, folder } = this.options;
    const base = this.journalBase;
    try {
      const frames = new RecordEncoder().snapshot(this.image);
      const bytes = await writeSnapshot(fs, folder, base, frames, () => this.closing !== null);
      if (bytes === null) return;
      await removeSuperfluous(fs, folder, base);
      this.snapshotBase = base;
      this.snapshotBytes = bytes;
      this.journalBytes = this.journalEnd;
      this.compactAbove = this.compactionThreshold();
    } catch (error) {
      this.compactionFailed(error);
    }
  }

  /** A full disk only puts the compaction off; the commits decide for themselves. Anything else ends the journal. */
  private compactionFailed(error: unknown): void {
    if (!isDiskFull(error)) {
      this.failure ??= inputOutput('compacting the checkpoints', this.options.folder, error);
      return;
    }
    this.compactAbove = this.journalBytes * 2;
    this.options.logger.warn(
      { folder: this.options.folder, journalBytes: this.journalBytes },
      'no room to compact the checkpoints; trying again later',
    );
  }

  private async shutDown(): Promise<void> {
    // In the same turn as `closing`, nothing can be queued any more.
    await this.idle;
    await this.compaction;
    try {
      await this.file.close();
    } finally {
      await this.lock.release();
    }
  }
}

function changesSomething({ positions, drop, parallelism, state, meta }: CheckpointDelta): boolean {
  const some = (part: { size: number } | undefined) => part !== undefined && part.size > 0;
  return (
    some(positions) ||
    some(parallelism) ||
    some(meta) ||
    (drop !== undefined && drop.length > 0) ||
    (state !== undefined && state.length > 0)
  );
}
