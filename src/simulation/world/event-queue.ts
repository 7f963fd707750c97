// Owns: what happens next in virtual time: a binary heap of events by time, then by the order in which they were put in.
// Invariant: two runs that push the same events pop them in the same order. One slot per event, reused: no object per event.

import { assert } from '../../base/assert.ts';

const INITIAL = 256;

export class EventQueue {
  /** The fields of the event that `pop` returned last. */
  kind = 0;
  subject = 0;
  argument = 0;
  reference: unknown;
  /** Virtual time in microseconds: that of the event that `pop` returned last. Never goes back. */
  now = 0;

  private size = 0;
  private order = 0;
  private times = new Float64Array(INITIAL);
  private orders = new Float64Array(INITIAL);
  private slots = new Int32Array(INITIAL);
  private kinds = new Uint8Array(INITIAL);
  private subjects = new Int32Array(INITIAL);
  private arguments_ = new Float64Array(INITIAL);
  private readonly references: unknown[] = [];

  constructor() {
    for (let slot = 0; slot < INITIAL; slot++) this.slots[slot] = slot;
  }

  get length(): number {
    return this.size;
  }

  /** Puts in an event that happens `delay` microseconds from now, rounded. What the fields mean depends on `kind`. */
  push(delay: number, kind: number, subject: number, argument = 0, reference?: unknown): void {
    if (this.size === this.times.length) this.grow();
    const slot = this.slots[this.size]!;
    this.kinds[slot] = kind;
    this.subjects[slot] = subject;
    this.arguments_[slot] = argument;
    this.references[slot] = reference;
    this.siftUp(this.size++, this.now + Math.round(delay), this.order++, slot);
  }

  /** Makes the next event the present one. */
  pop(): void {
    assert(this.size > 0, 'a world always has something to come');
    const slot = this.slots[0]!;
    this.now = this.times[0]!;
    this.kind = this.kinds[slot]!;
    this.subject = this.subjects[slot]!;
    this.argument = this.arguments_[slot]!;
    this.reference = this.references[slot];
    this.references[slot] = undefined;
    const last = --this.size;
    const time = this.times[last]!;
    const order = this.orders[last]!;
    const moved = this.slots[last]!;
    this.slots[last] = slot;
    if (last > 0) this.siftDown(time, order, moved);
  }

  private siftUp(start: number, time: number, order: number, slot: number): void {
    const { times, orders, slots } = this;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent]!;
      if (parentTime < time || (parentTime === time && orders[parent]! < order)) break;
      times[at] = parentTime;
      orders[at] = orders[parent]!;
      slots[at] = slots[parent]!;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  private siftDown(time: number, order: number, slot: number): void {
    const { times, orders, slots, size } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && this.isEarlier(right, child)) child = right;
      const childTime = times[child]!;
      if (time < childTime || (time === childTime && order < orders[child]!)) break;
      times[at] = childTime;
      orders[at] = orders[child]!;
      slots[at] = slots[child]!;
      at = child;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  private isEarlier(a: number, b: number): boolean {
    const difference = this.times[a]! - this.times[b]!;
    return difference < 0 || (difference === 0 && this.orders[a]! < this.orders[b]!);
  }

  private grow(): void {
    const capacity = this.times.length;
    this.times = grown(this.times, Float64Array);
    this.orders = grown(this.orders, Float64Array);
    this.kinds = grown(this.kinds, Uint8Array);
    this.subjects = grown(this.subjects, Int32Array);
    this.arguments_ = grown(this.arguments_, Float64Array);
    this.slots = grown(this.slots, Int32Array);
    for (let slot = capacity; slot < 2 * capacity; slot++) this.slots[slot] = slot;
  }
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(old: T, Type: new (length: number) => T): T {
  const array = new Type(2 * old.length);
  array.set(old);
  return array;
}
