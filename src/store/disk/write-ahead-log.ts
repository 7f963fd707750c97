// Owns: appending records durably: group commit with one flush at a time, from segment to segment. Not here: reading them
// back (recovery.ts), making segments (segment-pool.ts).
//
// Invariants:
// - Exactly one flush is in flight, and the next one is written only after it is durable. So a flush that can be read proves
//   that all before it were durable.
// - A segment's first flush holds a preamble and nothing else; a slot (state-slots.ts) follows it.
// - A place in a segment is written with one content only: what does not get through is written again as it was.
// - After an error of the disk nothing is written or acknowledged any more: the kernel may have dropped the pages that it
//   could not write, and a second flush would succeed over lost data (Rebello et al., "Can Applications Recover from
//   fsync Failures?", USENIX ATC 2020). A full disk is no such error: what is written again then is all of the flush.
//
// A flush begins a turn of the event loop after the one before it has ended, so that those whom that one has answered come
// along with the next.

import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { MillraceError } from '../../base/errors.ts';
import { writeFully } from '../../files/file-system.ts';
import { encodeWrite } from '../../paxos/codec/record-codec.ts';
import type { HardState, Write } from '../../paxos/effects.ts';
import { isDiskFull, judged } from './disk-errors.ts';
import { HEADER_BYTES } from './file-header.ts';
import { encodePreamble, FLUSH_HEADER_BYTES, type FlushHeader, writeFlushHeader } from './flush-format.ts';
import { FlushMeter } from './flush-meter.ts';
import { BLOCK_BYTES, bytesOnDisk, writeSectors } from './sectors.ts';
import type { OpenSegment, PoolContext, SegmentPool } from './segment-pool.ts';
import type { StateSlots } from './state-slots.ts';

/** A segment on the disk that holds a part of the log. */
export interface LiveSegment {
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
  /** Entries in the log when it was begun: all entries from there on are in this segment or in a later one. */
  readonly baseLength: number;
}

/** What the log is after all that is durable. */
export interface LogShape {
  readonly length: number;
  readonly decided: number;
  readonly hard: HardState;
}

export interface LogEvents {
  /** All writes up to this number are durable. */
  onPersisted(number: number): void;
  /** The staged snapshot of this index is in use, durably. */
  onSnapshotInUse(index: number): void;
  /** True: there is no room to go on for long. Take no more from clients until it is false again. */
  onFull(full: boolean): void;
  /** The disk is of no more use: end the process. Nothing that was not acknowledged before will be. */
  onFailure(error: Error): void;
}

export interface LogParts {
  readonly context: PoolContext;
  readonly clock: Clock;
  readonly pool: SegmentPool;
  readonly slots: StateSlots;
  readonly events: LogEvents;
  /** Segments with parts of the log, ascending. */
  readonly live: readonly LiveSegment[];
  readonly shape: LogShape;
  /** Of the last flush that belongs to the log. */
  readonly previous: number;
  /** Higher than all sequences that were ever used. */
  readonly nextSequence: number;
}

interface Waiting {
  readonly write: Write;
  readonly bytes: Uint8Array;
}

/** The first of live segments that is needed for the entries from `index` on. */
export function firstNeeded(live: readonly LiveSegment[], index: number): number {
  return Math.max(
    0,
    live.findLastIndex(({ baseLength }) => baseLength <= index),
  );
}

export class WriteAheadLog {
  readonly meter: FlushMeter;
  private readonly parts: LogParts;
  private live: LiveSegment[];
  private shape: LogShape;
  private previous: number;
  private nextSequence: number;
  private segment: OpenSegment | undefined;
  private position = 0;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private appended = 0;
  private persisted = 0;
  private running: Promise<void> | undefined;
  private preparing: Promise<void> = Promise.resolve();
  private plain = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private sectors = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private barriers: { readonly number: number; resolve(): void; reject(error: Error): void }[] = [];
  private failure: Error | undefined;
  private closing = false;
  /** What there is no room for. */
  private readonly lacking = new Set<'flush' | 'segment'>();

  constructor(parts: LogParts) {
    this.parts = parts;
    this.meter = new FlushMeter(parts.clock, parts.context.limits.slowFlushMs);
    this.live = [...parts.live];
    this.shape = parts.shape;
    this.previous = parts.previous;
    this.nextSequence = parts.nextSequence;
  }

  /** Begins a segment: seals what was before, durably. Rejects with system errors. */
  async open(): Promise<void> {
    await this.beginSegment(BLOCK_BYTES);
    this.prepareAhead();
  }

  get isFull(): boolean {
    return this.lacking.size > 0;
  }

  /** Bytes of records that wait for the flush after the present one. */
  get bytesWaiting(): number {
    return this.waitingBytes;
  }

  append(write: Write): void {
    assert(!this.closing, 'nothing is written to a disk that is closed');
    assert(write.number === this.appended + 1, 'writes come in the order of their numbers');
    this.appended = write.number;
    if (this.failure !== undefined) return;
    const bytes = encodeWrite(write);
    this.waiting.push({ write, bytes });
    this.waitingBytes += bytes.length;
    if (this.waitingBytes > this.parts.context.limits.waitingBytes) this.fail(this.stayedFull());
    this.running ??= this.run();
  }

  /** Resolves when all that was appended so far is durable. */
  logged(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.persisted >= this.appended) return Promise.resolve();
    return new Promise((resolve, reject) => this.barriers.push({ number: this.appended, resolve, reject }));
  }

  /** The entries below `index` are of no more use. */
  async trim(index: number): Promise<void> {
    const needed = firstNeeded(this.live, index);
    const old = this.live.slice(0, needed);
    this.live = this.live.slice(needed);
    await this.parts.pool.retire(old);
  }

  /** Writes what waits, marks an orderly end, and lets go of the files. */
  async close(): Promise<void> {
    this.closing = true;
    await this.running;
    await this.preparing;
    if (this.failure === undefined && this.waiting.length === 0) await this.writeClosingMark();
    this.settleBarriers(
      new MillraceError('MR_LOG_CLOSED', 'The disk was closed.', { next: 'open it again' }),
    );
    await this.parts.pool.close();
    await this.segment?.file.close();
    await this.parts.slots.close();
  }

  /** The one loop that writes. Never rejects. */
  private async run(): Promise<void> {
    try {
      while (this.waiting.length > 0 && this.failure === undefined) {
        await nextTurn();
        await this.flush(this.takeBatch());
      }
    } catch (error) {
      if (!(error instanceof Stopped)) this.fail(error);
    } finally {
      this.running = undefined;
    }
  }

  private takeBatch(): Waiting[] {
    const { flushBytes } = this.parts.context.limits;
    let count = 0;
    let bytes = 0;
    while (count < this.waiting.length && bytes < flushBytes) bytes += this.waiting[count++]!.bytes.length;
    const batch = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    this.waitingBytes -= bytes;
    return batch;
  }

  private async flush(batch: readonly Waiting[]): Promise<void> {
    let length = FLUSH_HEADER_BYTES;
    for (const { bytes } of batch) length += bytes.length;
    if (this.position + bytesOnDisk(length) > this.segment!.bytes) {
      await this.whenThereIsRoom('flush', () => this.beginSegment(length));
      this.prepareAhead();
    }
    this.reserve(length);
    let at = FLUSH_HEADER_BYTES;
    for (const { bytes } of batch) {
      this.plain.set(bytes, at);
      at += bytes.length;
    }
    this.meter.begin();
    await this.writeFlush({ hasPreamble: false, isClosing: false, records: batch.length }, length);
    const hard = batch.findLast(({ write }) => write.hard !== undefined)?.write.hard;
    if (hard !== undefined) await this.writeSlot(hard);
    this.meter.end(batch.length, bytesOnDisk(length));
    for (const { write } of batch) this.note(write);
    this.acknowledge(batch);
  }

  private acknowledge(batch: readonly Waiting[]): void {
    const { events } = this.parts;
    this.persisted = batch.at(-1)!.write.number;
    events.onPersisted(this.persisted);
    for (const { write } of batch) if (write.snapshot > 0) events.onSnapshotInUse(write.snapshot);
    const ready = this.barriers.filter(({ number }) => number <= this.persisted);
    this.barriers = this.barriers.filter(({ number }) => number > this.persisted);
    for (const { resolve } of ready) resolve();
  }

  private note(write: Write): void {
    this.shape = {
      length: write.from + write.entries.length,
      decided: Math.max(this.shape.decided, write.decided),
      hard: write.hard ?? this.shape.hard,
    };
  }

  /** Goes on in a segment that has room for a flush of `length`. */
  private async beginSegment(length: number): Promise<void> {
    const { pool } = this.parts;
    const { hard } = this.shape;
    const preamble = encodePreamble({ ...this.shape, previous: this.previous });
    const head = FLUSH_HEADER_BYTES + preamble.length;
    const segment = await pool.take(bytesOnDisk(head) + bytesOnDisk(length));
    const before = this.segment;
    this.segment = segment;
    this.position = HEADER_BYTES;
    this.reserve(head);
    this.plain.set(preamble, FLUSH_HEADER_BYTES);
    await this.writeFlush({ hasPreamble: true, isClosing: false, records: 0 }, head);
    await this.writeSlot(hard);
    const { number, path, bytes } = segment;
    this.live.push({ number, path, bytes, baseLength: this.shape.length });
    await before?.file.close();
  }

  /** Writes `plain[0 … length)` as the next flush. */
  private async writeFlush(header: Omit<FlushHeader, 'sequence'>, length: number): Promise<void> {
    const { number, file } = this.segment!;
    const sequence = this.nextSequence++;
    writeFlushHeader(this.plain, { ...header, sequence }, length - FLUSH_HEADER_BYTES);
    const bytes = writeSectors(this.sectors, this.plain, length, number, this.position);
    await this.whenThereIsRoom('flush', () => writeFully(file, this.sectors, bytes, this.position, true));
    this.position += bytes;
    this.previous = sequence;
  }

  private writeSlot(hard: HardState): Promise<void> {
    const slot = { sequence: this.previous, segment: this.segment!.number, hard };
    return this.whenThereIsRoom('flush', () => this.parts.slots.write(slot));
  }

  private async writeClosingMark(): Promise<void> {
    if (this.segment === undefined || this.position + BLOCK_BYTES > this.segment.bytes) return;
    try {
      await this.writeFlush({ hasPreamble: false, isClosing: true, records: 0 }, FLUSH_HEADER_BYTES);
    } catch (error) {
      if (!(error instanceof Stopped)) this.fail(error);
    }
  }

  private reserve(length: number): void {
    if (length > this.plain.length) this.plain = Buffer.allocUnsafeSlow(2 * length);
    const bytes = bytesOnDisk(length);
    if (bytes > this.sectors.length) this.sectors = Buffer.allocUnsafeSlow(2 * bytes);
  }

  /** The next segment, while this one is being filled. */
  private prepareAhead(): void {
    const { pool } = this.parts;
    this.preparing = this.whenThereIsRoom('segment', () => pool.prepare()).catch((error: unknown) => {
      if (!(error instanceof Stopped)) this.fail(error);
    });
  }

  private async whenThereIsRoom<T>(what: 'flush' | 'segment', work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await work();
        this.lack(what, false);
        return result;
      } catch (error) {
        if (!isDiskFull(error)) throw error;
      }
      if (this.closing || this.failure !== undefined) throw new Stopped();
      this.lack(what, true);
      await wait(this.parts.context.limits.fullRetryMs, undefined, { ref: false });
    }
  }

  private lack(what: 'flush' | 'segment', lacking: boolean): void {
    const before = this.isFull;
    if (lacking) this.lacking.add(what);
    else this.lacking.delete(what);
    if (this.isFull !== before) this.parts.events.onFull(this.isFull);
  }

  private stayedFull(): MillraceError {
    return new MillraceError(
      'MR_DISK_FULL',
      `The disk took nothing for too long: ${this.parts.context.folder}.`,
      {
        expected: `at most ${this.parts.context.limits.waitingBytes} bytes that wait for the disk`,
        got: `${this.waitingBytes} bytes`,
        next: 'free some space, or look at the disk, and start again: nothing that was acknowledged is lost',
      },
    );
  }

  private fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = judged(error, 'write the log in', this.parts.context.folder);
    this.settleBarriers(this.failure);
    this.parts.events.onFailure(this.failure);
  }

  private settleBarriers(error: Error): void {
    for (const { reject } of this.barriers) reject(error);
    this.barriers = [];
  }
}

/** The disk is full, and it is being closed: nobody waits for room any more. */
class Stopped extends Error {}
