// Owns: a replica's disk: opening its folder after a restart and all that the replica's driver asks of it. Not here: the
// parts that do it (recovery.ts, write-ahead-log.ts, snapshot-store.ts; each says what it promises).
//
// A driver appends each Effects.write, tells the core `persisted` on onPersisted, writes a snapshot now and then and tells
// the core `trim` when it is there; asked to `fetch`, it receives one, and tells `snapshot-staged` when `finish` resolves.

import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { type FileSystem, readFully, writeFully } from '../../files/file-system.ts';
import { FolderLock } from '../../files/folder-lock.ts';
import type { Recovered, Write } from '../../paxos/effects.ts';
import { type DamagePlace, damaged, judged } from './disk-errors.ts';
import { MAX_CLUSTER_BYTES, type Owner } from './file-header.ts';
import type { FlushFigures } from './flush-meter.ts';
import { DISK_LIMITS, type DiskLimits } from './limits.ts';
import { type LastFlush, type Recovery, type RecoveryContext, recoverFolder } from './recovery.ts';
import { LOCK_NAME, snapshotPath, sparePath } from './replica-files.ts';
import { SegmentPool } from './segment-pool.ts';
import { readSnapshot, type SnapshotInfo } from './snapshot-reader.ts';
import type { SnapshotReceiver } from './snapshot-receiver.ts';
import { type SnapshotSource, SnapshotStore } from './snapshot-store.ts';
import { StateSlots } from './state-slots.ts';
import { type LogEvents, WriteAheadLog } from './write-ahead-log.ts';

export interface Lock {
  release(): Promise<void>;
}

export interface DiskEvents extends Pick<LogEvents, 'onPersisted' | 'onFull' | 'onFailure'> {}

export interface ReplicaDiskOptions extends Owner {
  /** Absolute; was formatted (format.ts). */
  readonly folder: string;
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: DiskEvents;
  /** `report`: damage of the log is in `recovered`, for the others to repair. `refuse`: it is an error; for a replica alone. */
  readonly onDamage: 'report' | 'refuse';
  readonly limits?: Partial<DiskLimits>;
  /** Keeps other processes out. A lock file in the folder if not given. */
  readonly lock?: () => Promise<Lock>;
}

export interface DiskFigures extends FlushFigures {
  /** No room: nothing should be taken from clients. */
  readonly isFull: boolean;
  readonly bytesWaiting: number;
}

/**
 * Opens a replica's folder and makes it ready to be written. Throws MR_DATA_LOCKED; MR_STORE_FOLDER if it is empty or belongs to another
 * cluster or replica; MR_DATA_FORMAT; MR_DATA_DAMAGED with file and offset (nothing is changed then); MR_DISK_FULL; MR_IO.
 */
export async function openReplicaDisk(options: ReplicaDiskOptions): Promise<ReplicaDisk> {
  const { folder, fs } = options;
  const context = contextOf(options);
  let lock: Lock | undefined;
  try {
    lock = await (options.lock ?? (() => lockFolder(folder)))();
    const recovery = await recoverFolder(context);
    if (recovery.damage !== undefined && options.onDamage === 'refuse') throw damaged(recovery.damage);
    tell(options.logger, recovery);
    await prepareFolder(fs, folder, recovery);
    return await ReplicaDisk.open(options, context, recovery, lock);
  } catch (error) {
    await lock?.release();
    throw judged(error, 'open', folder);
  }
}

export function contextOf(
  options: Owner & { folder: string; fs: FileSystem; limits?: Partial<DiskLimits> },
): RecoveryContext {
  const { fs, folder, cluster, replica } = options;
  const bytes = Buffer.byteLength(cluster);
  assert(bytes > 0 && bytes <= MAX_CLUSTER_BYTES, `a cluster's name has 1 to ${MAX_CLUSTER_BYTES} bytes`);
  return { fs, folder, owner: { cluster, replica }, limits: { ...DISK_LIMITS, ...options.limits } };
}

export function lockFolder(folder: string): Promise<Lock> {
  return FolderLock.acquire(`${folder}/${LOCK_NAME}`, `the replica in ${folder}`);
}

function tell(logger: Logger, { damage, harmless, recovered, replayed }: Recovery): void {
  if (damage !== undefined)
    logger.error({ ...damage, entries: recovered.entries.length }, 'the log is damaged');
  for (const place of harmless) logger.warn({ ...place }, 'damage without harm: another copy was used');
  logger.info(
    { offset: recovered.offset, length: recovered.offset + recovered.entries.length, replayed },
    'log recovered',
  );
}

/** Makes what was read durable once more, and removes what means nothing. */
async function prepareFolder(
  fs: FileSystem,
  folder: string,
  { last, files, harmless, snapshot }: Recovery,
): Promise<void> {
  if (last !== undefined) await writeAgain(fs, last);
  for (const name of files.unfinished) await fs.remove(`${folder}/${name}`);
  for (const index of files.snapshots) {
    const path = snapshotPath(folder, index);
    const isBroken = harmless.some(({ file }) => file === path) && path !== snapshot?.file;
    if (isBroken) await fs.rename(path, `${path}.damaged`);
  }
  await fs.flushFolder(folder);
}

/**
 * The process before may have died between its write and its flush, or of a flush that failed: what was read may be in the
 * page cache alone, even as clean. Only writing it again and flushing makes it durable.
 */
async function writeAgain(fs: FileSystem, { file, from, to }: LastFlush): Promise<void> {
  const open = await fs.open(file, 'write');
  try {
    const bytes = Buffer.allocUnsafeSlow(to - from);
    await readFully(open, bytes, 0, bytes.length, from);
    await writeFully(open, bytes, bytes.length, from);
    await open.flush();
  } finally {
    await open.close();
  }
}

/** Gives back what a segment has room for and will never hold. */
async function shorten(fs: FileSystem, { file, to }: LastFlush): Promise<void> {
  const open = await fs.open(file, 'write');
  try {
    await open.truncate(to);
  } finally {
    await open.close();
  }
}

export class ReplicaDisk {
  /** For the core. */
  readonly recovered: Recovered;
  /** Not undefined exactly if `recovered.damaged`. */
  readonly damage: DamagePlace | undefined;
  private readonly context: RecoveryContext;
  private readonly snapshots: SnapshotStore;
  private readonly log: WriteAheadLog;
  private readonly lock: Lock;
  /** Work beside the log, one after the other. */
  private housekeeping: Promise<void> = Promise.resolve();
  private readonly fail: (error: Error) => void;

  /** Use `openReplicaDisk`. */
  static async open(
    options: ReplicaDiskOptions,
    context: RecoveryContext,
    recovery: Recovery,
    lock: Lock,
  ): Promise<ReplicaDisk> {
    const { fs, folder, owner, limits } = context;
    const spares: number[] = [];
    for (const number of recovery.files.spares) {
      const path = sparePath(folder, number);
      if ((await fs.sizeOf(path)) === limits.segmentBytes && spares.length < limits.spareSegments)
        spares.push(number);
      else await fs.remove(path);
    }
    const slots = await StateSlots.open(fs, folder, owner, recovery.slots);
    const pool = new SegmentPool(context, recovery.nextNumber, spares);
    const disk = new ReplicaDisk(options, context, recovery, { slots, pool, lock });
    try {
      await disk.log.open();
      // Now that a later segment has been begun, what was cut or is void cannot come back.
      if (recovery.last !== undefined) await shorten(fs, recovery.last);
      const unused = recovery.unused.map(({ number, file, bytes }) => ({ number, path: file, bytes }));
      await pool.retire(unused);
      if (recovery.isStaged) await disk.snapshots.use(recovery.snapshot!.index);
    } catch (error) {
      await disk.log.close().catch(() => {});
      throw error;
    }
    return disk;
  }

  private constructor(
    { clock, events }: ReplicaDiskOptions,
    context: RecoveryContext,
    recovery: Recovery,
    { slots, pool, lock }: { slots: StateSlots; pool: SegmentPool; lock: Lock },
  ) {
    const { recovered, snapshot, olderSnapshot } = recovery;
    const hard = recovery.damage === undefined ? recovered.hard : { ...recovered.hard, damaged: true };
    this.recovered = { ...recovered, hard };
    this.damage = recovery.damage;
    this.context = context;
    this.lock = lock;
    let failed = false;
    this.fail = (error) => {
      if (!failed) events.onFailure(error);
      failed = true;
    };
    this.snapshots = new SnapshotStore({ ...context, onFailure: this.fail }, snapshot, olderSnapshot);
    const { entries, offset, decided } = recovered;
    this.log = new WriteAheadLog({
      context,
      clock,
      pool,
      slots,
      events: {
        onPersisted: (number) => events.onPersisted(number),
        onFull: (full) => events.onFull(full),
        onFailure: this.fail,
        onSnapshotInUse: (index) => void this.inTurn(() => this.snapshots.use(index)),
      },
      live: recovery.live.map((one) =>
        one.path === recovery.last?.file ? { ...one, bytes: recovery.last.to } : one,
      ),
      shape: { length: offset + entries.length, decided, hard },
      previous: recovery.previous,
      nextSequence: recovery.nextSequence,
    });
  }

  /** The newest snapshot in use; undefined only on a damaged disk that has none. */
  get snapshot(): SnapshotInfo | undefined {
    return this.snapshots.newest;
  }

  get figures(): DiskFigures {
    return { ...this.log.meter.figures(), isFull: this.log.isFull, bytesWaiting: this.log.bytesWaiting };
  }

  /** Takes a record; `onPersisted` tells when it is durable. In the order of their numbers, from 1 on. */
  append(write: Write): void {
    this.log.append(write);
  }

  /** The chunks of a snapshot, checked. Throws MR_DATA_DAMAGED where one is not what was written. */
  readSnapshot(snapshot: Pick<SnapshotInfo, 'file' | 'index'>): AsyncGenerator<Uint8Array, void> {
    const { fs, owner, limits } = this.context;
    return readSnapshot(fs, snapshot, owner, limits.chunkBytes);
  }

  /** Bytes of a snapshot's file as they are, to give them to another replica. Fewer only at its end. */
  async readSnapshotFile(
    { file }: Pick<SnapshotInfo, 'file'>,
    offset: number,
    length: number,
  ): Promise<Buffer> {
    const open = await this.context.fs.open(file, 'read');
    try {
      const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, (await open.size()) - offset)));
      return bytes.subarray(0, await readFully(open, bytes, 0, bytes.length, offset));
    } finally {
      await open.close();
    }
  }

  /**
   * Writes a snapshot and forgets the log before the one that was the newest until now. What it covers must have been
   * appended. Afterwards tell the core `trim`. Rejects with MR_DISK_FULL (nothing has changed) or MR_IO.
   */
  async writeSnapshot(source: SnapshotSource): Promise<SnapshotInfo> {
    const info = await this.snapshots.write(source, () => this.log.logged());
    await this.inTurn(() => this.log.trim(this.snapshots.trimIndex));
    return info;
  }

  /** Begins, or goes on, to receive another replica's snapshot. Rejects with MR_DISK_FULL or MR_IO. */
  receiveSnapshot(index: number): Promise<SnapshotReceiver> {
    return this.snapshots.receive(index);
  }

  /** Writes what waits, if the disk takes it, and gives the folder back. */
  async close(): Promise<void> {
    await this.log.close();
    await this.housekeeping;
    await this.lock.release();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.housekeeping = this.housekeeping.then(work).catch((error: unknown) => {
      this.fail(judged(error, 'tidy', this.context.folder));
    });
    return this.housekeeping;
  }
}
