// Owns: what the log's tests share: folders, clocks, a disk that fails on request, a crash.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import type { ErrorCode } from '../../src/base/error-codes.ts';
import { MillraceError } from '../../src/base/errors.ts';
import { type FileSystem, nodeFileSystem, type OpenFile } from '../../src/files/file-system.ts';
import { Log } from '../../src/log/index.ts';
import type { TopicReader } from '../../src/log/topic-reader.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class ManualClock implements Clock {
  now = 1_700_000_000_000;
  monotonicMs(): number {
    return this.now;
  }
  wallMs(): number {
    return this.now;
  }
}

export async function openLog(
  dataDir: string,
  files?: FileSystem,
  clock: Clock = new ManualClock(),
): Promise<Log> {
  return Log.open({ dataDir, clock, ...(files === undefined ? {} : { files }) });
}

/** What the disk would hold if the process died now: a copy of the folder, without the lock of the (living) owner. */
export function crash(dataDir: string): string {
  const copy = temporaryFolder();
  cpSync(dataDir, copy, { recursive: true, filter: (path) => !path.endsWith('writer.lock') });
  return copy;
}

export function partitionFolder(dataDir: string, topic: string, partition = 0): string {
  return join(dataDir, 'topics', topic, String(partition));
}

export function segmentFile(dataDir: string, topic: string, base = 0, partition = 0): string {
  return join(partitionFolder(dataDir, topic, partition), `${String(base).padStart(20, '0')}.log`);
}

/** All values of a partition from `from` on, as text. */
export async function readTexts(
  reader: TopicReader,
  partition = 0,
  from = 0,
  step = 7,
): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  for (let offset = from; ; ) {
    const chunk = await reader.read(partition, offset, step, 100_000);
    if (chunk.count === 0) return texts;
    texts.push(...chunk.valueTexts());
    offset = chunk.nextOffset;
  }
}

/** Resolves with the MillraceError that `work` rejects with; fails the test if it does not. */
export async function errorOf(work: Promise<unknown>): Promise<MillraceError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('expected a MillraceError');
}

export async function codeOf(work: Promise<unknown>): Promise<ErrorCode> {
  return (await errorOf(work)).code;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}

/** Node's file system with faults that a test switches on. They concern segment files only. */
export class FaultyFileSystem {
  /** Bytes that still fit on the disk. */
  room = Number.POSITIVE_INFINITY;
  /** Flushes fail with EIO. */
  failFlush = false;
  /** Writes fail with EIO after this many bytes. */
  failWriteAfter = Number.POSITIVE_INFINITY;
  flushes = 0;
  writes = 0;
  /** Awaited before each flush. */
  beforeFlush: () => Promise<void> = () => Promise.resolve();
  readonly port: FileSystem;

  constructor() {
    const real = nodeFileSystem();
    this.port = {
      ...real,
      open: async (path, mode) => {
        const file = await real.open(path, mode);
        return path.endsWith('.log') && mode === 'write' ? this.wrap(file) : file;
      },
    };
  }

  private wrap(file: OpenFile): OpenFile {
    const write: OpenFile['write'] = async (bytes, offset, length, position) => {
      this.writes++;
      if (this.failWriteAfter <= 0) throw systemError('EIO');
      if (this.room <= 0) throw systemError('ENOSPC');
      const part = Math.min(length, this.room, this.failWriteAfter);
      this.room -= part;
      this.failWriteAfter -= part;
      return file.write(bytes, offset, part, position);
    };
    const flush = async (): Promise<void> => {
      this.flushes++;
      await this.beforeFlush();
      if (this.failFlush) throw systemError('EIO');
      return file.flush();
    };
    const writeDurably: OpenFile['write'] = async (bytes, offset, length, position) => {
      const written = await write(bytes, offset, length, position);
      await flush();
      return written;
    };
    return { ...file, write, flush, writeDurably };
  }
}
