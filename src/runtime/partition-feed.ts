// Owns: reading one partition ahead of the lane: at most one chunk being emitted, one waiting, one being read. Not here:
// how many records may be emitted (delivery/), emitting (direct-spout-task.ts).
// Invariants: records come out in the order of their offsets, each once; nothing at or behind `end` comes out; an empty
// answer is asked again only after the reader said that there may be more.

import { MillraceError, messageOf } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { FeedBuffer } from '../delivery/delivery.ts';
import type { Chunk, DirectReader, RejectedRecord } from '../topology/source.ts';

export interface FeedOwner {
  wake(): void;
  fatal(error: MillraceError): void;
}

export class PartitionFeed implements FeedBuffer {
  /** Number of the feed in its lane. */
  readonly id: number;
  readonly partition: number;
  /** Where it stops; Infinity if it goes on for ever. */
  readonly end: number;
  position: number;
  private readonly component: string;
  private readonly reader: DirectReader<unknown>;
  private readonly owner: FeedOwner;
  private chunk: Chunk<unknown> | null = null;
  /** Next record in `chunk`, and one past the last that may be used. */
  private index = 0;
  private count = 0;
  private nextRejected = 0;
  private waiting: Chunk<unknown> | null = null;
  private fetchFrom: number;
  private reading = false;
  /** The reader had nothing more and has not said otherwise since. */
  private dry = false;
  private stirred = false;
  private closed = false;
  /** Reused by `plainRun`. */
  private readonly run: { values: readonly unknown[]; index: number } = { values: [], index: 0 };

  constructor(
    owner: FeedOwner,
    reader: DirectReader<unknown>,
    from: {
      readonly id: number;
      readonly component: string;
      readonly partition: number;
      readonly position: number;
      readonly end: number;
    },
  ) {
    this.owner = owner;
    this.reader = reader;
    this.id = from.id;
    this.component = from.component;
    this.partition = from.partition;
    this.position = from.position;
    this.fetchFrom = from.position;
    this.end = from.end;
  }

  get available(): number {
    return this.count - this.index;
  }

  get known(): number {
    if (this.end !== Number.POSITIVE_INFINITY) return this.end;
    if (this.waiting !== null) return this.waiting.nextOffset;
    return this.index < this.count ? this.offsetBehind(this.count - 1) : this.position;
  }

  /** Everything before `end` was taken. */
  get exhausted(): boolean {
    return this.position >= this.end;
  }

  /** A read that has not been answered. */
  get waitsForReader(): boolean {
    return this.reading;
  }

  countBefore(offset: number): number {
    const { chunk } = this;
    if (chunk === null) return 0;
    if (chunk.offsets === undefined) return Math.max(0, Math.min(this.available, offset - this.position));
    let count = 0;
    while (this.index + count < this.count && chunk.offsets[this.index + count]! < offset) count++;
    return count;
  }

  /** Makes records available if there are any, and reads ahead. */
  fill(): void {
    if (this.index === this.count && this.waiting !== null) this.install(this.waiting);
    if (this.waiting === null && !this.reading && !this.dry && this.fetchFrom < this.end) this.fetch();
    if (this.index < this.count) return;
    if (this.waiting !== null) this.install(this.waiting);
    // What was passed over without a record (a gap) is behind us too, or a gap before `end` would never end.
    else if (!this.reading) this.position = Math.max(this.position, Math.min(this.fetchFrom, this.end));
  }

  /** There may be more to read. */
  stir(): void {
    this.stirred = true;
    this.dry = false;
    this.owner.wake();
  }

  /** Offset of the next record. */
  get offset(): number {
    return this.chunk?.offsets?.[this.index] ?? this.position;
  }

  /** Value of the next record. */
  get value(): unknown {
    return this.chunk?.values[this.index];
  }

  /** The next record if its decoder refused it. */
  get rejected(): RejectedRecord | null {
    const rejected = this.chunk?.rejected?.[this.nextRejected];
    return rejected !== undefined && rejected.index === this.index ? rejected : null;
  }

  /** Where the partition goes on behind the next record. */
  get nextOffset(): number {
    return this.chunk?.offsets === undefined ? this.position + 1 : this.offsetBehind(this.index);
  }

  /** The next records, up to `limit`, if they have contiguous offsets and none of them was refused; else null. */
  plainRun(limit: number): { readonly values: readonly unknown[]; readonly index: number } | null {
    const { chunk } = this;
    if (chunk === null || chunk.offsets !== undefined) return null;
    if (chunk.rejected !== undefined && this.nextRejected < chunk.rejected.length) return null;
    // The last record of a chunk may be followed by a gap.
    if (this.index + limit === chunk.values.length) return null;
    this.run.values = chunk.values;
    this.run.index = this.index;
    return this.run;
  }

  /** Moves on behind `count` records of a plain run. */
  takeRun(count: number): void {
    this.position += count;
    this.index += count;
  }

  /** Moves on to the record after the next one. */
  take(): void {
    const rejected = this.chunk?.rejected?.[this.nextRejected];
    if (rejected !== undefined && rejected.index === this.index) this.nextRejected++;
    this.position = this.nextOffset;
    this.index++;
  }

  close(): void {
    this.closed = true;
    this.chunk = null;
    this.waiting = null;
    this.index = 0;
    this.count = 0;
  }

  private offsetBehind(index: number): number {
    const chunk = this.chunk!;
    if (index + 1 === chunk.values.length) return Math.min(chunk.nextOffset, this.end);
    return Math.min(chunk.offsets?.[index + 1] ?? chunk.firstOffset + index + 1, this.end);
  }

  private install(chunk: Chunk<unknown>): void {
    this.waiting = null;
    this.chunk = chunk;
    this.index = 0;
    this.nextRejected = 0;
    this.count = chunk.values.length;
    this.position = Math.min(chunk.offsets?.[0] ?? chunk.firstOffset, this.end);
    if (chunk.nextOffset > this.end) this.count = this.countBefore(this.end);
  }

  private fetch(): void {
    this.reading = true;
    this.stirred = false;
    let answer: Chunk<unknown> | Promise<Chunk<unknown>>;
    try {
      answer = this.reader.read(this.partition, this.fetchFrom, LIMITS.fetchRecords, LIMITS.fetchBytes);
    } catch (error) {
      this.failed(error);
      return;
    }
    if (!(answer instanceof Promise)) {
      this.arrived(answer);
      return;
    }
    answer.then(
      (chunk) => {
        if (this.closed) return;
        this.arrived(chunk);
        this.owner.wake();
      },
      (error: unknown) => this.failed(error),
    );
  }

  private arrived(chunk: Chunk<unknown>): void {
    this.reading = false;
    const skipped = chunk.nextOffset > this.fetchFrom;
    this.fetchFrom = chunk.nextOffset;
    if (chunk.values.length > 0) this.waiting = chunk;
    else {
      // What was appended between the read and its answer has stirred us already; behind a gap there may be more.
      this.dry = !this.stirred && !skipped;
    }
  }

  private failed(error: unknown): void {
    this.reading = false;
    if (this.closed) return;
    if (error instanceof MillraceError) {
      this.owner.fatal(error);
      return;
    }
    this.owner.fatal(
      new MillraceError(
        'MR_SPOUT_FAILED',
        `Spout '${this.component}' could not read partition ${this.partition}.`,
        {
          expected: `records from offset ${this.fetchFrom} on`,
          got: messageOf(error),
          next: 'Look whether the source is there and readable, then run again: nothing is skipped.',
          cause: error,
        },
      ),
    );
  }
}
