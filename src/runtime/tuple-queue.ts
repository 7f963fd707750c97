// Owns: the queue in front of one task. Not here: who may push (collector.ts) and when the task runs (lane.ts).
//
// Values lie in a ring, one place a tuple. What tuples have in common lies beside it once per *segment*: a run of tuples that
// came one after the other, on one input, from one tree. A segment has one edge of that tree; it is acked when its last tuple is
// done. So a bolt that emits ten tuples costs one edge id and not ten, and a tuple in a queue costs one store. A tuple that
// has to be acked on its own (it went asynchronous, a bolt holds it, a sink writes it) gets an edge of its own when it is taken, before
// the edge of its segment is acked: so the tree cannot be zero in between.
//
// Invariants: `head` and `tail` only grow (modulo 2^32) and `tail - head` is the number of waiting tuples; each waiting
// tuple is in one segment, and segments lie in the order of their tuples; a place that holds no tuple holds `undefined`, so
// that the queue keeps nothing alive; `capacity` is passed only by what one `execute` emits, `hardLimit` never.

import { MillraceError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';

const FIRST_SIZE = 64;
/** 32-bit words of a segment: handle, root id (2), edge id (2), input, position behind its last tuple, unused. */
export const SEGMENT_WORDS = 8;
/** In `openHandle` while there is no segment to extend. No handle of a tree has this value. */
const CLOSED = 0x7fff_ffff;

/** Raised when any queue of a lane is filled to its capacity; lowered by whoever heeds it. */
export interface Pressure {
  raised: boolean;
}

/** The queues of one component. */
export interface QueueGroup {
  readonly component: string;
  readonly capacity: number;
  readonly pressure: Pressure;
  /** How many of them are full: while there is one, producers do not run. */
  full: number;
}

/** Told when a queue that was empty has a tuple. */
export interface Readiness {
  mark(task: number): void;
}

export class TupleQueue {
  /** The component that reads it, for messages. */
  readonly component: string;
  readonly capacity: number;
  readonly group: QueueGroup;
  head = 0;
  tail = 0;
  mask = FIRST_SIZE - 1;
  values: unknown[] = new Array<unknown>(FIRST_SIZE).fill(undefined);
  /** First segment, one past the last, and the ring they lie in. */
  firstSegment = 0;
  endSegments = 0;
  segmentMask = FIRST_SIZE - 1;
  segments = new Int32Array(FIRST_SIZE * SEGMENT_WORDS);
  /** Tree and input of the last segment: a tuple with the same ones extends it. */
  openHandle = CLOSED;
  openRootLo = 0;
  openRootHi = 0;
  openInput = 0;
  /** `extend` takes the slow way when the tail gets here: the ring is full or the capacity is reached. */
  private stop: number;
  private readonly hardLimit: number;
  private readonly pressure: Pressure;
  /** It is counted in `group.full`. */
  private counted = false;
  private readiness: Readiness | null = null;
  private reader = -1;

  constructor(group: QueueGroup) {
    this.group = group;
    this.component = group.component;
    this.capacity = group.capacity;
    this.hardLimit = group.capacity + LIMITS.queueOverflow;
    this.pressure = group.pressure;
    this.stop = Math.min(FIRST_SIZE, group.capacity);
  }

  /** `reader` is the number of the task that reads it. */
  readBy(readiness: Readiness, reader: number): void {
    this.readiness = readiness;
    this.reader = reader;
  }

  get size(): number {
    return (this.tail - this.head) | 0;
  }

  get full(): boolean {
    return ((this.tail - this.head) | 0) >= this.capacity;
  }

  /** Appends a tuple to the last segment. Throws MR_QUEUE_OVERFLOW past the hard limit. */
  extend(value: unknown): void {
    const tail = this.tail;
    if (tail === this.stop) this.makeRoom();
    this.values[tail & this.mask] = value;
    this.tail = (tail + 1) | 0;
  }

  /** Starts a segment with its first tuple. Throws as `extend`; then nothing was appended. */
  open(
    value: unknown,
    handle: number,
    rootLo: number,
    rootHi: number,
    edgeLo: number,
    edgeHi: number,
    input: number,
  ): void {
    const position = this.tail;
    if (this.endSegments === this.firstSegment) this.readiness?.mark(this.reader);
    else {
      this.segments[((this.endSegments - 1) & this.segmentMask) * SEGMENT_WORDS + 6] = position;
    }
    if (((this.endSegments - this.firstSegment) | 0) > this.segmentMask) this.growSegments();
    this.extend(value);
    const { segments } = this;
    const at = (this.endSegments & this.segmentMask) * SEGMENT_WORDS;
    segments[at] = handle;
    segments[at + 1] = rootLo;
    segments[at + 2] = rootHi;
    segments[at + 3] = edgeLo;
    segments[at + 4] = edgeHi;
    segments[at + 5] = input;
    this.endSegments = (this.endSegments + 1) | 0;
    this.openHandle = handle;
    this.openRootLo = rootLo;
    this.openRootHi = rootHi;
    this.openInput = input;
  }

  /** Where the words of the first segment start. */
  get segment(): number {
    return (this.firstSegment & this.segmentMask) * SEGMENT_WORDS;
  }

  /** The position behind the last tuple of the first segment. */
  get segmentEnd(): number {
    const isLast = ((this.firstSegment + 1) | 0) === this.endSegments;
    return isLast ? this.tail : this.segments[this.segment + 6]!;
  }

  /** Gives up the first segment, whose tuples have all been taken. */
  endSegment(): void {
    this.firstSegment = (this.firstSegment + 1) | 0;
    if (this.firstSegment === this.endSegments) this.openHandle = CLOSED;
  }

  /** Gives up everything before `head`, which the reader has taken and cleared. */
  advance(head: number): void {
    this.head = head;
    // Asynchronous calls emit past the capacity. A stop that lies before the tail would never be met, and the ring overrun.
    const limit = this.size <= this.capacity ? this.capacity : this.hardLimit;
    this.stop = (head + Math.min(this.mask + 1, limit)) | 0;
    if (this.counted && this.size < this.capacity) {
      this.counted = false;
      this.group.full--;
    }
  }

  /** Calls `visit` with the place of each segment's words, first to last, until it returns true. */
  someSegment(visit: (words: Int32Array, at: number) => boolean): boolean {
    for (let index = this.firstSegment; index !== this.endSegments; index = (index + 1) | 0) {
      if (visit(this.segments, (index & this.segmentMask) * SEGMENT_WORDS)) return true;
    }
    return false;
  }

  private makeRoom(): void {
    const size = this.size;
    if (size >= this.capacity) this.filled();
    if (size >= this.hardLimit) throw this.overflow(size);
    if (size > this.mask) this.growValues();
    const limit = size < this.capacity ? this.capacity : this.hardLimit;
    this.stop = (this.head + Math.min(this.mask + 1, limit)) | 0;
  }

  private filled(): void {
    this.pressure.raised = true;
    if (this.counted) return;
    this.counted = true;
    this.group.full++;
  }

  private growValues(): void {
    const size = (this.mask + 1) * 2;
    const values = new Array<unknown>(size).fill(undefined);
    for (let position = this.head; position !== this.tail; position = (position + 1) | 0) {
      values[position & (size - 1)] = this.values[position & this.mask];
    }
    this.values = values;
    this.mask = size - 1;
  }

  private growSegments(): void {
    const size = (this.segmentMask + 1) * 2;
    const segments = new Int32Array(size * SEGMENT_WORDS);
    for (let index = this.firstSegment; index !== this.endSegments; index = (index + 1) | 0) {
      const from = (index & this.segmentMask) * SEGMENT_WORDS;
      const words = this.segments.subarray(from, from + SEGMENT_WORDS);
      segments.set(words, (index & (size - 1)) * SEGMENT_WORDS);
    }
    this.segments = segments;
    this.segmentMask = size - 1;
  }

  private overflow(size: number): MillraceError {
    return new MillraceError('MR_QUEUE_OVERFLOW', `The queue of component '${this.component}' overflowed.`, {
      expected: `at most ${this.hardLimit} tuples (capacity ${this.capacity} and what one execute emits on top)`,
      got: `${size + 1} tuples`,
      next: 'Emit less from one execute: split the work over several tuples, or raise queueCapacity.',
    });
  }
}
