// Owns: the few things that the checkpoint journal asks of a file system, and the real one. Tests put one with faults
// in its place. Not here: what an error means (journal-errors.ts); errors pass through as Node throws them.

import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCodeOf } from '../base/errors.ts';

export interface OpenFile {
  /** Bytes read; fewer than asked for only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes`, or throws; after a throw any part of it may be there. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  size(): Promise<number>;
  truncate(size: number): Promise<void>;
  /** The content and the size are durable when it resolves (fdatasync). */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileSystem {
  /** `create` makes an empty file or empties one that is there. */
  open(path: string, mode: 'create' | 'read' | 'read-write'): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Names in a folder; none for a folder that does not exist. */
  list(folder: string): Promise<string[]>;
  /**
   * Makes a folder and those above it, durably. The lowest FOLDER_LEVELS are made durable even if they are there: a
   * crash may have come between making them and that.
   */
  makeFolder(folder: string): Promise<void>;
  /** Makes the names in a folder durable (fsync of the folder). */
  syncFolder(folder: string): Promise<void>;
}

/** apps, the app, the lane: what is below the data folder. */
const FOLDER_LEVELS = 3;

const FLAGS = { create: 'w+', read: 'r', 'read-write': 'r+' } as const;

export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    return new NodeFile(await open(path, FLAGS[mode]));
  },
  rename,
  unlink,
  async list(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return [];
      throw error;
    }
  },
  makeFolder: (folder) => makeFolder(folder, FOLDER_LEVELS),
  syncFolder,
};

/** Not mkdir's own `recursive`: under /proc and its like that never comes back. */
async function makeFolder(folder: string, levels: number): Promise<void> {
  const above = dirname(folder);
  if (above === folder) return;
  if (levels > 0) await makeFolder(above, levels - 1);
  let made = true;
  try {
    await mkdir(folder);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') {
      made = false;
    } else if (code === 'ENOENT') {
      await makeFolder(above, 0);
      await mkdir(folder);
    } else {
      throw error;
    }
  }
  // A new folder is a name in the one above it.
  if (made || levels > 0) await syncFolder(above);
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; there the file system's own journal keeps names in order.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

class NodeFile implements OpenFile {
  private readonly handle: FileHandle;

  constructor(handle: FileHandle) {
    this.handle = handle;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const { bytesRead } = await this.handle.read(target, done, target.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  truncate(size: number): Promise<void> {
    return this.handle.truncate(size);
  }

  datasync(): Promise<void> {
    return this.handle.datasync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
