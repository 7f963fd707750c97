// Owns: a file system in memory that fails as disks fail. What was not flushed is lost or kept sector by sector, and name by
// name; a failed flush leaves pages that look clean; disks fill up; bits flip. Not here: when that happens (the tests).

import { setImmediate as nextTurn } from 'node:timers/promises';
import { fraction, Sfc32 } from '../../../src/base/random.ts';
import type { FileSystem, OpenFile } from '../../../src/files/file-system.ts';

const SECTOR = 512;

interface Inode {
  durable: Buffer;
  current: Buffer;
  /** Sectors that a flush would write. What differs and is not in here is lost with the power. */
  readonly dirty: Set<number>;
}

/** Names that change together: a rename is atomic, also over a crash. */
type NameChange = readonly { readonly name: string; readonly inode: Inode | undefined }[];

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: told to`), { code });
}

export class MemoryFiles implements FileSystem {
  /** Operations until the process dies. */
  diesAfter = Number.POSITIVE_INFINITY;
  /** Bytes that fit. */
  capacity = Number.POSITIVE_INFINITY;
  /** Asked before each operation; throws what it is to fail with, or waits. */
  fault: (operation: string, path: string) => void | Promise<void> = () => {};
  /** `flush wal-…` and so on. */
  readonly operations: string[] = [];
  dead = false;
  private readonly random: Sfc32;
  private names = new Map<string, Inode>();
  private durableNames = new Map<string, Inode>();
  private pendingNames: NameChange[] = [];
  private whenDead: () => void = () => {};

  constructor(seed = 1) {
    this.random = new Sfc32(seed, 7, 11);
  }

  /** Runs until it is done or the process dies; true if it died. A dead process never hears of the disk again. */
  async untilDeath(work: () => Promise<unknown>): Promise<boolean> {
    const death = new Promise<void>((resolve) => {
      this.whenDead = resolve;
    });
    await Promise.race([work(), death]);
    return this.dead;
  }

  /** What the next process finds if this one was killed: all that was written, durable or not. */
  afterKill(): MemoryFiles {
    this.dead = true;
    const next = new MemoryFiles(this.random.int32());
    const copies = new Map<Inode, Inode>();
    const copy = (inode: Inode): Inode => {
      const known = copies.get(inode) ?? {
        durable: Buffer.from(inode.durable),
        current: Buffer.from(inode.current),
        dirty: new Set(inode.dirty),
      };
      copies.set(inode, known);
      return known;
    };
    for (const [name, inode] of this.names) next.names.set(name, copy(inode));
    for (const [name, inode] of this.durableNames) next.durableNames.set(name, copy(inode));
    next.pendingNames = this.pendingNames.map((change) =>
      change.map(({ name, inode }) => ({ name, inode: inode && copy(inode) })),
    );
    return next;
  }

  /** What the next process finds if the power was lost. */
  afterPowerLoss(): MemoryFiles {
    this.dead = true;
    const next = new MemoryFiles(this.random.int32());
    const names = new Map(this.durableNames);
    for (const change of this.pendingNames) if (this.chance(0.5)) apply(change, names);
    const survivors = new Map<Inode, Inode>();
    for (const [name, inode] of names) {
      const survivor = survivors.get(inode) ?? this.surviving(inode);
      survivors.set(inode, survivor);
      next.names.set(name, survivor);
    }
    next.durableNames = new Map(next.names);
    return next;
  }

  files(): string[] {
    return [...this.names.keys()].sort();
  }

  content(path: string): Buffer {
    const inode = this.names.get(path);
    if (inode === undefined) throw systemError('ENOENT');
    return inode.current;
  }

  /** Puts a file there, durably. */
  put(path: string, content: Buffer): void {
    const inode = { durable: Buffer.from(content), current: Buffer.from(content), dirty: new Set<number>() };
    this.names.set(path, inode);
    this.durableNames.set(path, inode);
  }

  drop(path: string): void {
    this.names.delete(path);
    this.durableNames.delete(path);
  }

  flipBit(path: string, byte: number, bit: number): void {
    const inode = this.names.get(path)!;
    for (const content of new Set([inode.current, inode.durable])) {
      if (byte < content.length) content[byte]! ^= 1 << bit;
    }
  }

  async open(path: string, mode: 'read' | 'write'): Promise<OpenFile> {
    await this.step('open', path);
    let inode = this.names.get(path);
    if (inode === undefined) {
      if (mode === 'read') throw systemError('ENOENT');
      inode = { durable: Buffer.alloc(0), current: Buffer.alloc(0), dirty: new Set() };
      this.change([{ name: path, inode }]);
    }
    return this.opened(path, inode);
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

  async remove(path: string): Promise<void> {
    await this.step('remove', path);
    if (this.names.has(path)) this.change([{ name: path, inode: undefined }]);
  }

  async removeFolder(path: string): Promise<void> {
    for (const name of this.files()) if (name.startsWith(`${path}/`)) await this.remove(name);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.step('rename', to);
    const inode = this.names.get(from);
    if (inode === undefined) throw systemError('ENOENT');
    this.change([
      { name: to, inode },
      { name: from, inode: undefined },
    ]);
  }

  async flushFolder(path: string): Promise<void> {
    await this.step('flushFolder', path);
    this.durableNames = new Map(this.names);
    this.pendingNames = [];
  }

  async readWhole(path: string): Promise<Buffer> {
    await this.step('readWhole', path);
    return Buffer.from(this.content(path));
  }

  async sizeOf(path: string): Promise<number> {
    await this.step('sizeOf', path);
    return this.content(path).length;
  }

  private opened(path: string, inode: Inode): OpenFile {
    const write = async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      await this.step('write', path);
      const part = Buffer.from(bytes.subarray(offset, offset + length));
      const room = this.capacity - this.used() + Math.max(0, inode.current.length - position);
      const fits = Math.min(length, Math.max(0, room));
      resize(inode, Math.max(inode.current.length, position + fits));
      // Sector by sector, so that a death finds half of it.
      for (let at = 0; at < fits; at += SECTOR - ((position + at) % SECTOR)) {
        const end = Math.min(fits, at + SECTOR - ((position + at) % SECTOR));
        part.copy(inode.current, position + at, at, end);
        inode.dirty.add(Math.floor((position + at) / SECTOR));
        if (this.chance(1 / 16)) await this.step('writing', path);
      }
      if (fits === 0 && length > 0) throw systemError('ENOSPC');
      return fits;
    };
    const flush = async (operation: string, sectors: Iterable<number>) => {
      try {
        await this.step(operation, path);
      } catch (error) {
        // The kernel takes the pages for clean although they are not on the disk.
        for (const sector of [...sectors]) if (this.chance(0.5)) inode.dirty.delete(sector);
        throw error;
      }
      const flushed = [...sectors];
      const end = (flushed.reduce((highest, sector) => Math.max(highest, sector), -1) + 1) * SECTOR;
      lengthen(inode, Math.min(end, inode.current.length));
      for (const sector of flushed) this.persist(inode, sector);
    };
    return {
      path,
      write,
      writeDurably: async (bytes, offset, length, position) => {
        const written = await write(bytes, offset, length, position);
        const first = Math.floor(position / SECTOR);
        const last = Math.floor((position + written - 1) / SECTOR);
        await flush(
          'flush',
          Array.from({ length: last - first + 1 }, (_, index) => first + index),
        );
        return written;
      },
      read: async (bytes, offset, length, position) => {
        await this.step('read', path);
        return inode.current.copy(bytes, offset, position, Math.min(position + length, inode.current.length));
      },
      flush: async () => {
        await flush('flush', inode.dirty);
        if (inode.durable.length > inode.current.length)
          inode.durable = Buffer.from(inode.durable.subarray(0, inode.current.length));
      },
      truncate: async (size) => {
        await this.step('truncate', path);
        inode.current = Buffer.from(inode.current.subarray(0, size));
      },
      size: async () => {
        await this.step('size', path);
        return inode.current.length;
      },
      close: () => this.step('close', path),
    };
  }

  private persist(inode: Inode, sector: number): void {
    if (!inode.dirty.delete(sector)) return;
    const from = sector * SECTOR;
    const to = Math.min(from + SECTOR, inode.current.length);
    inode.current.copy(inode.durable, from, from, to);
  }

  /** One operation begins; stops for good when the process dies. */
  private async step(operation: string, path: string): Promise<void> {
    if (this.dead) await forever();
    if (this.chance(0.2)) await nextTurn();
    if (this.operations.length >= this.diesAfter) {
      this.dead = true;
      this.whenDead();
    }
    if (this.dead) await forever();
    this.operations.push(`${operation} ${path.slice(path.lastIndexOf('/') + 1)}`);
    await this.fault(operation, path);
  }

  private used(): number {
    let sum = 0;
    for (const inode of new Set(this.names.values())) sum += inode.current.length;
    return sum;
  }

  private change(change: NameChange): void {
    apply(change, this.names);
    this.pendingNames.push(change);
  }

  private chance(probability: number): boolean {
    return fraction(this.random) < probability;
  }

  private surviving(inode: Inode): Inode {
    const { durable, current, dirty } = inode;
    const sizes = [durable.length, current.length].sort((a, b) => a - b);
    const size = sizes[0]! + Math.floor(fraction(this.random) * (sizes[1]! - sizes[0]! + 1));
    const content = Buffer.alloc(this.chance(0.5) ? sizes[1]! : size);
    durable.copy(content);
    const kept = fraction(this.random);
    for (const sector of dirty) {
      if (!this.chance(kept)) continue;
      const from = sector * SECTOR;
      current.copy(content, from, from, Math.min(from + SECTOR, content.length));
    }
    return { durable: content, current: Buffer.from(content), dirty: new Set() };
  }
}

function apply(change: NameChange, names: Map<string, Inode>): void {
  for (const { name, inode } of change) {
    if (inode === undefined) names.delete(name);
    else names.set(name, inode);
  }
}

function lengthen(inode: Inode, size: number): void {
  if (size <= inode.durable.length) return;
  const longer = Buffer.alloc(size);
  inode.durable.copy(longer);
  inode.durable = longer;
}

function resize(inode: Inode, size: number): void {
  if (size === inode.current.length) return;
  const longer = Buffer.alloc(size);
  inode.current.copy(longer);
  inode.current = longer;
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
