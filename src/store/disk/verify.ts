// Owns: looking at all the files of a stopped replica, also those that a start would not read. Changes nothing.

import { MillraceError } from '../../base/errors.ts';
import type { FileSystem } from '../../files/file-system.ts';
import { FolderLock } from '../../files/folder-lock.ts';
import { type DamagePlace, judged, notFormatted } from './disk-errors.ts';
import { HEADER_BYTES, type Owner, ownerIn } from './file-header.ts';
import { DISK_LIMITS } from './limits.ts';
import { type Recovery, recoverFolder } from './recovery.ts';
import { LOCK_NAME, segmentPath, snapshotPath, stagedPath } from './replica-files.ts';
import { peekSegment, SegmentMemory, scanSegment } from './segment-scan.ts';
import { checkSnapshot } from './snapshot-reader.ts';
import { SLOT_NAMES } from './state-slots.ts';

export interface FolderReport extends Owner {
  readonly problems: readonly FolderProblem[];
  readonly segments: number;
  readonly flushes: number;
  readonly snapshots: number;
  /** Undefined if a start is not possible at all. */
  readonly log: { readonly offset: number; readonly length: number; readonly decided: number } | undefined;
}

export interface FolderProblem extends DamagePlace {
  /** `lost`: entries or promises are missing; a start tells of it. `copy`: another copy is whole. */
  readonly severity: 'lost' | 'copy';
}

/** Throws MR_DATA_LOCKED while a process has the folder; MR_STORE_FOLDER if it is none; MR_DATA_FORMAT; MR_IO. */
export async function verifyReplicaFolder(folder: string, fs: FileSystem): Promise<FolderReport> {
  try {
    const holder = await FolderLock.holder(`${folder}/${LOCK_NAME}`);
    if (holder !== null) throw inUse(folder, holder);
    const owner = await ownerOf(fs, folder);
    const context = { fs, folder, owner, limits: DISK_LIMITS };
    const problems: FolderProblem[] = [];
    let recovery: Recovery | undefined;
    try {
      recovery = await recoverFolder(context);
      if (recovery.damage !== undefined) problems.push({ ...recovery.damage, severity: 'lost' });
      problems.push(...recovery.harmless.map((place) => ({ ...place, severity: 'copy' as const })));
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'MR_DATA_DAMAGED') throw error;
      problems.push({ file: folder, offset: 0, why: error.message, severity: 'lost' });
    }
    if (recovery?.olderSnapshot !== undefined && problems.length === 0) {
      const fallback = await recoverFolder({ ...context, withoutNewestSnapshot: true });
      if (fallback.damage !== undefined) problems.push({ ...fallback.damage, severity: 'copy' });
    }
    const counts = await lookAtAll(fs, folder, owner, recovery, problems);
    const log = recovery?.recovered;
    return {
      ...owner,
      problems,
      ...counts,
      log: log && { offset: log.offset, length: log.offset + log.entries.length, decided: log.decided },
    };
  } catch (error) {
    throw judged(error, 'verify', folder);
  }
}

/** The files that the recovery had no need of. */
async function lookAtAll(
  fs: FileSystem,
  folder: string,
  owner: Owner,
  recovery: Recovery | undefined,
  problems: FolderProblem[],
): Promise<Pick<FolderReport, 'segments' | 'flushes' | 'snapshots'>> {
  const add = (place: DamagePlace | undefined): void => {
    if (
      place === undefined ||
      problems.some(({ file, offset }) => file === place.file && offset === place.offset)
    )
      return;
    problems.push({ ...place, severity: 'copy' });
  };
  const memory = new SegmentMemory();
  let flushes = 0;
  const segments = recovery?.files.segments ?? [];
  for (const number of segments) {
    const start = await peekSegment(fs, segmentPath(folder, number), number, owner);
    add(start.damage);
    if (start.damage !== undefined) continue;
    const end = await scanSegment(fs, start, memory, () => {
      flushes++;
      return true;
    });
    // A segment that an earlier life did not fill was cut behind its last flush.
    if (end.damage?.offset !== start.bytes) add(end.damage);
  }
  const snapshots = recovery?.files.snapshots ?? [];
  for (const index of snapshots)
    add((await checkSnapshot(fs, snapshotPath(folder, index), index, owner, DISK_LIMITS.chunkBytes)).damage);
  for (const index of recovery?.files.staged ?? [])
    add((await checkSnapshot(fs, stagedPath(folder, index), index, owner, DISK_LIMITS.chunkBytes)).damage);
  return { segments: segments.length, flushes, snapshots: snapshots.length };
}

/** As the first readable file with a replica's number says. */
async function ownerOf(fs: FileSystem, folder: string): Promise<Owner> {
  const names = (await fs.list(folder)).filter((name) => name.startsWith('wal-'));
  for (const name of [...SLOT_NAMES, ...names.sort()]) {
    const owner = await ownerOfFile(fs, `${folder}/${name}`);
    if (owner !== undefined && owner.replica > 0) return owner;
  }
  throw notFormatted(folder);
}

async function ownerOfFile(fs: FileSystem, path: string): Promise<Owner | undefined> {
  try {
    const file = await fs.open(path, 'read');
    try {
      const bytes = Buffer.alloc(HEADER_BYTES);
      return ownerIn(bytes.subarray(0, await file.read(bytes, 0, HEADER_BYTES, 0)));
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

function inUse(folder: string, process: number): MillraceError {
  return new MillraceError('MR_DATA_LOCKED', `The replica in ${folder} runs.`, {
    expected: 'a stopped replica',
    got: `process ${process} has the folder`,
    next: 'stop it first, or ask it by: millrace store status',
  });
}
