// Owns: the queue in front of one task. Not here: who may push (collector.ts) and when the task runs (lane.ts).
// Tuples lie in a ring of parallel arrays, so that queueing one allocates nothing: its value, and five words that
// say which tree it belongs to (handle and root id) and which edge of that tree it is.
//
// Invariants: `head` and `tail` only grow (modulo 2^32) and `tail - head` is the number of waiting tuples; a place
// that holds no tuple holds `undefined`, so that the queue keeps nothing alive; `capacity` may be passed only by
// what one `execute` emits, and `hardLimit` never.

import { MillraceError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';

/** Words per tuple: handle, low and high half of the root id, low and high half of the edge id. */
export const TUPLE_WORDS = 5;
const FIRST_SIZE = 64;

/** Raised when any queue of a lane is filled to its capacity; lowered by whoever heeds it. */
export interface Pressure {
  raised: boolean;
}

export class TupleQueue {
  /** The component that reads it, for messages. */
  readonly component: string;
  readonly capacity: number;
  head = 0;
  tail = 0;
  mask = FIRST_SIZE - 1;
  values: unknown[] = new Array<unknown>(FIRST_SIZE).fill(undefined);
  words = new Int32Array(FIRST_SIZE * TUPLE_WORDS);
  /** Number of the input per tuple, where the reader has several inputs. */
  inputs: Uint16Array | null;
  /** `push` takes the slow way when the tail gets here: the ring is full or the capacity is reached. */
  private stop = FIRST_SIZE;
  private readonly hardLimit: number;
  private readonly pressure: Pressure;

  constructor(component: string, capacity: number, severalInputs: boolean, pressure: Pressure) {
    this.component = component;
    this.capacity = capacity;
    this.hardLimit = capacity + LIMITS.queueOverflow;
    this.inputs = severalInputs ? new Uint16Array(FIRST_SIZE) : null;
    this.pressure = pressure;
    this.stop = Math.min(FIRST_SIZE, capacity);
  }

  get size(): number {
    return (this.tail - this.head) | 0;
  }

  get full(): boolean {
    return ((this.tail - this.head) | 0) >= this.capacity;
  }

  /** Appends a tuple. Throws MR_QUEUE_OVERFLOW past the hard limit. */
  push(value: unknown, handle: number, rootLo: number, rootHi: number, edgeLo: number, edgeHi: number): void {
    const tail = this.tail;
    if (tail === this.stop) this.makeRoom();
    const index = tail & this.mask;
    this.values[index] = value;
    const words = this.words;
    const at = index * 5;
    words[at] = handle;
    words[at + 1] = rootLo;
    words[at + 2] = rootHi;
    words[at + 3] = edgeLo;
    words[at + 4] = edgeHi;
    this.tail = (tail + 1) | 0;
  }

  /** Says on which input the tuple pushed last came. */
  markInput(input: number): void {
    if (this.inputs !== null) this.inputs[(this.tail - 1) & this.mask] = input;
  }

  /** Gives up everything before `head`, which the reader has taken and cleared. */
  advance(head: number): void {
    this.head = head;
    this.stop = (head + Math.min(this.mask + 1, this.capacity)) | 0;
  }

  private makeRoom(): void {
    const size = this.size;
    if (size >= this.capacity) this.pressure.raised = true;
    if (size >= this.hardLimit) throw this.overflow(size);
    if (size > this.mask) this.grow();
    this.stop = (this.head + this.mask + 1) | 0;
    if (size < this.capacity) this.stop = (this.head + Math.min(this.mask + 1, this.capacity)) | 0;
  }

  private grow(): void {
    const oldSize = this.mask + 1;
    const size = oldSize * 2;
    const values = new Array<unknown>(size).fill(undefined);
    const words = new Int32Array(size * TUPLE_WORDS);
    const inputs = this.inputs === null ? null : new Uint16Array(size);
    for (let position = this.head; position !== this.tail; position = (position + 1) | 0) {
      const from = position & this.mask;
      const to = position & (size - 1);
      values[to] = this.values[from];
      for (let word = 0; word < TUPLE_WORDS; word++) {
        words[to * TUPLE_WORDS + word] = this.words[from * TUPLE_WORDS + word]!;
      }
      if (inputs !== null && this.inputs !== null) inputs[to] = this.inputs[from]!;
    }
    this.values = values;
    this.words = words;
    this.inputs = inputs;
    this.mask = size - 1;
  }

  private overflow(size: number): MillraceError {
    return new MillraceError('MR_QUEUE_OVERFLOW', `The queue of component '${this.component}' overflowed.`, {
      expected: `at most ${this.hardLimit} tuples (capacity ${this.capacity} and what one execute emits on top)`,
      got: `${size + 1} tuples`,
      next: 'Emit less from one execute: split the work over several tuples, or raise queueCapacity.',
    });
  }
}
