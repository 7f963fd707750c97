// A disk in memory that crashes, fills up and fails as told. What was not flushed may be there after a crash, or not, or
// in part: each small sector and each change of a name is kept or lost on its own.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { fraction, Sfc32 } from '../../src/base/random.ts';
import type { FileSystem, OpenFile } from '../../src/store/file-system.ts';

/** Smaller than real ones, so that small records are torn in the middle. */
const SECTOR = 8;

interface Inode {
  durable: Buffer;
  current: Buffer;
}

type NameChange = { readonly name: string; readonly inode: Inode | null };

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: told to`), { code });
}

export class FakeDisk implements FileSystem {
  /** Operations until the crash. */
  crashAfter = Number.POSITIVE_INFINITY;
  /** Bytes that fit. */
  capacity = Number.POSITIVE_INFINITY;
  /** Asked before each operation; throws what the disk is to fail with, or waits. */
  fault: (operation: string, path: string) => void | Promise<void> = () => {};
  /** Operations so far, `datasync journal-…` and so on. */
  readonly operations: string[] = [];
  crashed = false;
  private readonly random: Sfc32;
  private names = new Map<string, Inode>();
  private durableNames = new Map<string, Inode>();
  private pendingNames: NameChange[] = [];
  private whenCrashed: () => void = () => {};

  constructor(seed = 1) {
    this.random = new Sfc32(seed, 2, 3);
  }

  /** Runs until it is done or the disk crashes; true if it crashed. A crashed disk never answers again. */
  async untilCrash(work: () => Promise<void>): Promise<boolean> {
    const crash = new Promise<void>((resolve) => {
      this.whenCrashed = resolve;
    });
    await Promise.race([work(), crash]);
    return this.crashed;
  }

  /** The disk as the next process finds it after a power failure. */
  restarted(): FakeDisk {
    const next = new FakeDisk(this.random.int32());
    const names = new Map(this.durableNames);
    for (const { name, inode } of this.pendingNames) {
      if (this.chance(0.5)) continue;
      if (inode === null) names.delete(name);
      else names.set(name, inode);
    }
    const survivors = new Map<Inode, Inode>();
    for (const [name, inode] of names) {
      const survivor = survivors.get(inode) ?? this.surviving(inode);
      survivors.set(inode, survivor);
      next.names.set(name, survivor);
    }
    next.durableNames = new Map(next.names);
    return next;
  }

  /** Names of the files, sorted. */
  files(): string[] {
    return [...this.names.keys()].sort();
  }

  content(path: string): Buffer {
    return (this.names.get(path) as Inode).current;
  }

  /** Puts a file there, durably. */
  put(path: string, content: Buffer): void {
    const inode = { durable: Buffer.from(content), current: Buffer.from(content) };
    this.names.set(path, inode);
    this.durableNames.set(path, inode);
  }

  async open(path: string, mode: 'create' | 'read' | 'read-write'): Promise<OpenFile> {
    await this.step('open', path);
    let inode = this.names.get(path);
    if (mode === 'create') {
      inode = { durable: Buffer.alloc(0), current: Buffer.alloc(0) };
      this.setName(path, inode);
    }
    if (inode === undefined) throw systemError('ENOENT');
    return new FakeFile(this, path, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.step('rename', to);
    const inode = this.names.get(from);
    if (inode === undefined) throw systemError('ENOENT');
    this.setName(to, inode);
    this.setName(from, null);
  }

  async unlink(path: string): Promise<void> {
    await this.step('unlink', path);
    this.setName(path, null);
  }

  async list(folder: string): Promise<string[]> {
    await this.step('list', folder);
    return [...this.names.keys()]
      .filter((name) => name.startsWith(`${folder}/`))
      .map((name) => name.slice(folder.length + 1));
  }

  async makeFolder(folder: string): Promise<void> {
    await this.step('makeFolder', folder);
  }

  async syncFolder(folder: string): Promise<void> {
    await this.step('syncFolder', folder);
    this.durableNames = new Map(this.names);
    this.pendingNames = [];
  }

  /** One operation begins. Counts it, and stops for good at the crash. */
  async step(operation: string, path: string): Promise<void> {
    if (this.crashed) await forever();
    if (this.chance(0.3)) await nextTurn();
    if (this.operations.length >= this.crashAfter) {
      this.crashed = true;
      this.whenCrashed();
    }
    if (this.crashed) await forever();
    this.operations.push(`${operation} ${path.slice(path.lastIndexOf('/') + 1)}`);
    await this.fault(operation, path);
  }

  used(): number {
    let sum = 0;
    for (const inode of new Set(this.names.values())) sum += inode.current.length;
    return sum;
  }

  private setName(name: string, inode: Inode | null): void {
    if (inode === null) this.names.delete(name);
    else this.names.set(name, inode);
    this.pendingNames.push({ name, inode });
  }

  private chance(probability: number): boolean {
    return fraction(this.random) < probability;
  }

  private surviving({ durable, current }: Inode): Inode {
    const keepsAll = this.chance(0.3);
    const shorter = Math.min(durable.length, current.length);
    const longer = Math.max(durable.length, current.length);
    const size = keepsAll
      ? current.length
      : shorter + Math.floor(fraction(this.random) * (longer - shorter + 1));
    const content = Buffer.alloc(size);
    for (let at = 0; at < size; at += SECTOR) {
      const from = keepsAll || this.chance(0.6) ? current : durable;
      if (at < from.length) from.copy(content, at, at, Math.min(at + SECTOR, size));
    }
    return { durable: content, current: content };
  }
}

class FakeFile implements OpenFile {
  private readonly disk: FakeDisk;
  private readonly path: string;
  private readonly inode: Inode;

  constructor(disk: FakeDisk, path: string, inode: Inode) {
    this.disk = disk;
    this.path = path;
    this.inode = inode;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    await this.disk.step('read', this.path);
    return this.inode.current.copy(target, 0, position, position + target.length);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const copy = Buffer.from(bytes);
    await this.disk.step('write', this.path);
    const room = this.disk.capacity - this.disk.used();
    const growth = Math.max(0, position + copy.length - this.inode.current.length);
    const written = growth > room ? Math.max(0, copy.length - (growth - room)) : copy.length;
    const size = Math.max(this.inode.current.length, position + written);
    const next = Buffer.alloc(size);
    this.inode.current.copy(next);
    copy.copy(next, position, 0, written);
    this.inode.current = next;
    if (written < copy.length) throw systemError('ENOSPC');
  }

  async size(): Promise<number> {
    await this.disk.step('size', this.path);
    return this.inode.current.length;
  }

  async truncate(size: number): Promise<void> {
    await this.disk.step('truncate', this.path);
    this.inode.current = Buffer.from(this.inode.current.subarray(0, size));
  }

  async datasync(): Promise<void> {
    await this.disk.step('datasync', this.path);
    this.inode.durable = this.inode.current;
  }

  async close(): Promise<void> {
    await this.disk.step('close', this.path);
  }
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
