// Owns: the names of the files in a checkpoint folder and how one comes into being whole.
//
//   journal-<base>.ckpt    the commits after `base`
//   snapshot-<base>.ckpt   the image at `base`, maybe with effects of later commits (checkpoint-journal.ts says why)
//   *.tmp                  being written; means nothing after a crash

import { join } from 'node:path';
import type { FileSystem, OpenFile } from './file-system.ts';
import { encodeFileHeader, FILE_HEADER_BYTES, type FileKind } from './frame-format.ts';

const NAME = /^(journal|snapshot)-(\d{16})\.ckpt$/;

export interface CheckpointFiles {
  /** Base sequences, ascending. */
  readonly journals: readonly number[];
  readonly snapshots: readonly number[];
  /** Names of unfinished files. */
  readonly unfinished: readonly string[];
}

export function filePath(folder: string, kind: FileKind, base: number): string {
  return join(folder, `${kind}-${String(base).padStart(16, '0')}.ckpt`);
}

export function temporaryPath(folder: string, kind: FileKind, base: number): string {
  return `${filePath(folder, kind, base)}.tmp`;
}

export async function listFiles(fs: FileSystem, folder: string): Promise<CheckpointFiles> {
  const bases: Record<FileKind, number[]> = { journal: [], snapshot: [] };
  const unfinished: string[] = [];
  for (const name of await fs.list(folder)) {
    const match = NAME.exec(name);
    if (match !== null) bases[match[1] as FileKind].push(Number(match[2]));
    else if (name.endsWith('.ckpt.tmp')) unfinished.push(name);
  }
  const ascending = (a: number, b: number) => a - b;
  return {
    journals: bases.journal.sort(ascending),
    snapshots: bases.snapshot.sort(ascending),
    unfinished,
  };
}

/** Makes an empty journal: it is there durably and with its whole header, or not at all. Left open. */
export async function createJournal(fs: FileSystem, folder: string, base: number): Promise<OpenFile> {
  const temporary = temporaryPath(folder, 'journal', base);
  const file = await fs.open(temporary, 'create');
  try {
    await file.write(encodeFileHeader('journal', base), 0);
    await file.datasync();
    await fs.rename(temporary, filePath(folder, 'journal', base));
    await fs.syncFolder(folder);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Writes a snapshot of `frames` and puts it in place durably. Gives its size, or null if `abandoned` said so on the way.
 * The files that it replaces are still there.
 */
export async function writeSnapshot(
  fs: FileSystem,
  folder: string,
  base: number,
  frames: Iterable<Uint8Array>,
  abandoned: () => boolean,
): Promise<number | null> {
  const temporary = temporaryPath(folder, 'snapshot', base);
  const file = await fs.open(temporary, 'create');
  let size = FILE_HEADER_BYTES;
  try {
    await file.write(encodeFileHeader('snapshot', base), 0);
    for (const frame of frames) {
      if (abandoned()) return null;
      await file.write(frame, size);
      size += frame.length;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  await fs.rename(temporary, filePath(folder, 'snapshot', base));
  await fs.syncFolder(folder);
  return size;
}

/** Removes what a snapshot made superfluous and what never was finished. May stop anywhere. */
export async function removeSuperfluous(fs: FileSystem, folder: string, base: number): Promise<void> {
  const files = await listFiles(fs, folder);
  for (const kind of ['snapshot', 'journal'] as const) {
    for (const old of files[`${kind}s`]) if (old < base) await fs.unlink(filePath(folder, kind, old));
  }
  for (const name of files.unfinished) await fs.unlink(join(folder, name));
}
