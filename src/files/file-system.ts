// Owns: the port through which the log and the store reach the disk, and its implementation over Node. Tests put one in between
// that tears writes, fills up or fails flushes. Not here: what is written.
// Invariant: nothing here retries. A failed flush in particular is reported once and never tried again: after it, the
// kernel may have dropped the dirty pages and a second `fdatasync` would succeed over lost data (Rebello et al., "Can
// Applications Recover from fsync Failures?", USENIX ATC 2020).

import {
  close,
  constants,
  fdatasync,
  promises as fs,
  fstat,
  ftruncate,
  open as openFile,
  read as readFile,
  write as writeFile,
} from 'node:fs';

export interface OpenFile {
  readonly path: string;
  /** Writes at `position`; may write less than asked. Returns the bytes written. */
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /**
   * Writes like `write`; what it wrote is on the disk when it resolves (`O_DSYNC`). One trip through the thread pool
   * instead of two, with no need of the main thread in between. Says nothing of what was written before.
   */
  writeDurably(bytes: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Reads at `position`; returns fewer bytes at the end of the file only. */
  read(bytes: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** `fdatasync`: contents and size are on the disk afterwards. */
  flush(): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** All methods reject with Node's system errors. */
export interface FileSystem {
  /** `write` makes the file if it is missing and keeps what is in it. */
  open(path: string, mode: 'read' | 'write'): Promise<OpenFile>;
  /** Names in a folder, in no order. */
  list(folder: string): Promise<string[]>;
  makeFolder(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  removeFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes the creations, renames and removals in a folder durable. */
  flushFolder(path: string): Promise<void>;
  readWhole(path: string): Promise<Buffer>;
  sizeOf(path: string): Promise<number>;
}

export function nodeFileSystem(): FileSystem {
  return {
    open: openNodeFile,
    list: (folder) => fs.readdir(folder),
    makeFolder: async (path) => void (await fs.mkdir(path, { recursive: true })),
    remove: (path) => fs.rm(path, { force: true }),
    removeFolder: (path) => fs.rm(path, { force: true, recursive: true }),
    rename: (from, to) => fs.rename(from, to),
    flushFolder,
    readWhole: (path) => fs.readFile(path),
    sizeOf: async (path) => (await fs.stat(path)).size,
  };
}

/** Writes a small file so that it is there whole or not at all, also after a power failure. */
export async function writeAtomically(
  files: FileSystem,
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const temporary = `${folder}/${name}.new`;
  await files.remove(temporary);
  const file = await files.open(temporary, 'write');
  try {
    await writeFully(file, bytes, bytes.length, 0);
    await file.flush();
  } finally {
    await file.close();
  }
  await files.rename(temporary, `${folder}/${name}`);
  await files.flushFolder(folder);
}

/** Writes the first `length` bytes at `position`, in as many writes as it takes. */
export async function writeFully(
  file: OpenFile,
  bytes: Uint8Array,
  length: number,
  position: number,
  durably = false,
): Promise<void> {
  let done = 0;
  while (done < length) {
    done += durably
      ? await file.writeDurably(bytes, done, length - done, position + done)
      : await file.write(bytes, done, length - done, position + done);
  }
}

/** Fills `bytes` from `offset` on as far as the file goes. Returns the bytes read. */
export async function readFully(
  file: OpenFile,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < length) {
    const got = await file.read(bytes, offset + done, length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

async function openNodeFile(path: string, mode: 'read' | 'write'): Promise<OpenFile> {
  const flags = mode === 'read' ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT;
  const fd = await openDescriptor(path, flags);
  let through: Promise<number> | null = null;
  const write = (to: number, bytes: Uint8Array, offset: number, length: number, position: number) =>
    call<number>((done) => writeFile(to, bytes, offset, length, position, done));
  return {
    path,
    write: (bytes, offset, length, position) => write(fd, bytes, offset, length, position),
    writeDurably: async (bytes, offset, length, position) => {
      through ??= openDescriptor(path, constants.O_RDWR | constants.O_DSYNC);
      return write(await through, bytes, offset, length, position);
    },
    read: (bytes, offset, length, position) =>
      call((done) => readFile(fd, bytes, offset, length, position, done)),
    flush: () => call<void>((done) => fdatasync(fd, done)),
    truncate: (size) => call<void>((done) => ftruncate(fd, size, done)),
    size: async () => (await call<{ size: number }>((done) => fstat(fd, done))).size,
    close: async () => {
      const second = await through;
      if (second !== null) await closeDescriptor(second);
      await closeDescriptor(fd);
    },
  };
}

function openDescriptor(path: string, flags: number): Promise<number> {
  return call((done) => openFile(path, flags, 0o644, done));
}

function closeDescriptor(fd: number): Promise<void> {
  return call((done) => close(fd, done));
}

async function flushFolder(path: string): Promise<void> {
  const folder = await fs.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

type Done<T> = (error: Error | null, result?: T) => void;

/** Callbacks instead of `fs.promises`: a file handle there costs several times as much per call. */
function call<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (error) reject(error);
      else resolve(result as T);
    });
  });
}
