// Owns: the names of the files in a replica's folder. Not here: what is in them.
//
//   replica.lock            held while a process has the folder
//   state-a, state-b        hard state (state-slots.ts)
//   wal-<number>.log        segments of the write-ahead log; the last one may be prepared and not begun
//   spare-<number>.log      segments to be used again under a new number, or not finished being made
//   snapshot-<index>.snap   the state after so many entries
//   staged-<index>.snap     one from another replica, whole and durable, not yet in use
//   staged-<index>.part     one that is being received
//   *.tmp                   being written; means nothing after a crash
//   *.damaged               a snapshot that could not be read and that an older one has replaced

import type { FileSystem } from '../../files/file-system.ts';

export const LOCK_NAME = 'replica.lock';

const NAME = /^(wal|spare|snapshot|staged)-(\d{16})\.(log|snap|part)$/;

export interface ReplicaFiles {
  /** Numbers, ascending. */
  readonly segments: readonly number[];
  readonly spares: readonly number[];
  /** Indexes, ascending. */
  readonly snapshots: readonly number[];
  readonly staged: readonly number[];
  readonly partial: readonly number[];
  /** Names of files that mean nothing. */
  readonly unfinished: readonly string[];
  readonly hasState: boolean;
}

export function segmentPath(folder: string, number: number): string {
  return `${folder}/wal-${digits(number)}.log`;
}

export function sparePath(folder: string, number: number): string {
  return `${folder}/spare-${digits(number)}.log`;
}

export function snapshotPath(folder: string, index: number): string {
  return `${folder}/snapshot-${digits(index)}.snap`;
}

export function stagedPath(folder: string, index: number): string {
  return `${folder}/staged-${digits(index)}.snap`;
}

export function partialPath(folder: string, index: number): string {
  return `${folder}/staged-${digits(index)}.part`;
}

function digits(value: number): string {
  return String(value).padStart(16, '0');
}

export async function listReplicaFiles(fs: FileSystem, folder: string): Promise<ReplicaFiles> {
  const found = new Map<string, number[]>();
  const unfinished: string[] = [];
  let hasState = false;
  for (const name of await fs.list(folder)) {
    const match = NAME.exec(name);
    const kind = match === null ? '' : `${match[1]}.${match[3]}`;
    if (match !== null) found.set(kind, [...(found.get(kind) ?? []), Number(match[2])]);
    else if (name.endsWith('.tmp')) unfinished.push(name);
    else if (name.startsWith('state-')) hasState = true;
  }
  const ascending = (kind: string) => (found.get(kind) ?? []).sort((a, b) => a - b);
  return {
    segments: ascending('wal.log'),
    spares: ascending('spare.log'),
    snapshots: ascending('snapshot.snap'),
    staged: ascending('staged.snap'),
    partial: ascending('staged.part'),
    unfinished,
    hasState,
  };
}
