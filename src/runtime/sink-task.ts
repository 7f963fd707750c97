// Owns: one task of a sink: gathering waiting tuples into batches, writing them, acking what was acknowledged. Not here:
// where they are written (connectors/).
// Invariants: a tuple is acked only after the write that contains it has been acknowledged; at most `inFlight` writes are
// open at once; batches are handed to the writer in the order of the queue.

import { MillraceError, messageOf } from '../base/errors.ts';
import type { SinkPlan } from '../topology/plan.ts';
import type { RejectedWrite, SinkWriter } from '../topology/sink.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import { isPromise } from './bolt-task.ts';
import { applyPolicy } from './error-policy.ts';
import type { LaneServices, LaneTask } from './lane-task.ts';
import { TUPLE_WORDS, type TupleQueue } from './tuple-queue.ts';

/** The trees of the tuples in one write. */
interface OpenWrite {
  readonly words: Int32Array;
  readonly count: number;
}

export class SinkTask implements LaneTask {
  readonly component: string;
  readonly task: number;
  readonly terminal = true;
  private readonly plan: SinkPlan;
  private readonly lane: LaneServices;
  private readonly queue: TupleQueue;
  private readonly openWriter: () => Promise<SinkWriter<unknown>>;
  private readonly writes = new Set<OpenWrite>();
  private writer: SinkWriter<unknown> | null = null;
  /** Tuples in open writes. */
  private writing = 0;

  constructor(
    lane: LaneServices,
    plan: SinkPlan,
    task: number,
    queue: TupleQueue,
    openWriter: () => Promise<SinkWriter<unknown>>,
  ) {
    this.component = plan.name;
    this.task = task;
    this.lane = lane;
    this.plan = plan;
    this.queue = queue;
    this.openWriter = openWriter;
  }

  async open(): Promise<void> {
    this.writer = await this.openWriter();
  }

  run(): number {
    let taken = 0;
    while (this.queue.size > 0 && this.writes.size < this.plan.inFlight) taken += this.writeSome();
    this.lane.counters.tuples += taken;
    return taken;
  }

  nextTickMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  tick(): void {}

  pending(): number {
    return this.queue.size + this.writing;
  }

  held(): number {
    return 0;
  }

  heldUpBy(): string | null {
    if (this.writes.size > 0) return `${this.writes.size} writes that were not acknowledged`;
    return this.queue.size > 0 ? `${this.queue.size} waiting tuples` : null;
  }

  holds(slot: number, rootLo: number, rootHi: number): string | null {
    const { anchors } = this.lane.emit;
    const belongs = (words: Int32Array, at: number) =>
      words[at] !== NO_TREE &&
      anchors.belongs(words[at]!, words[at + 1]!, words[at + 2]!, slot, rootLo, rootHi);
    for (const write of this.writes) {
      for (let index = 0; index < write.count; index++) {
        if (belongs(write.words, index * TUPLE_WORDS)) return 'its write was not acknowledged';
      }
    }
    const { queue } = this;
    for (let position = queue.head; position !== queue.tail; position = (position + 1) | 0) {
      if (belongs(queue.words, (position & queue.mask) * TUPLE_WORDS)) return 'it waited in the queue';
    }
    return null;
  }

  async close(): Promise<void> {
    await this.writer?.close?.();
  }

  private writeSome(): number {
    const { queue } = this;
    const count = Math.min(queue.size, this.plan.batch);
    const values = new Array<unknown>(count);
    const words = new Int32Array(count * TUPLE_WORDS);
    for (let index = 0; index < count; index++) {
      const place = (queue.head + index) & queue.mask;
      values[index] = queue.values[place];
      queue.values[place] = undefined;
      for (let word = 0; word < TUPLE_WORDS; word++) {
        words[index * TUPLE_WORDS + word] = queue.words[place * TUPLE_WORDS + word]!;
      }
    }
    queue.advance((queue.head + count) | 0);
    this.write(values, { words, count });
    return count;
  }

  private write(values: readonly unknown[], write: OpenWrite): void {
    let answer: ReturnType<SinkWriter<unknown>['write']>;
    try {
      answer = this.writer?.write(values);
    } catch (error) {
      this.failAll(write, error);
      return;
    }
    if (!isPromise(answer)) {
      this.acknowledged(write, undefined);
      return;
    }
    this.writes.add(write);
    this.writing += write.count;
    answer.then(
      (rejected) => this.ended(write, () => this.acknowledged(write, rejected)),
      (error: unknown) => this.ended(write, () => this.failAll(write, error)),
    );
  }

  private ended(write: OpenWrite, then: () => void): void {
    if (!this.writes.delete(write)) return;
    this.writing -= write.count;
    then();
    this.lane.wake();
  }

  private acknowledged(write: OpenWrite, rejected: readonly RejectedWrite[] | undefined): void {
    for (const { index, error } of rejected ?? []) this.refuse(write, index, error);
    this.ackAll(write);
  }

  /** Acks every tuple of a write; those that were failed before have no tree any more. */
  private ackAll(write: OpenWrite): void {
    const { acks, anchors } = this.lane.emit;
    const { words } = write;
    let untracked = 0;
    let bornAt = 0;
    for (let at = 0; at < write.count * TUPLE_WORDS; at += TUPLE_WORDS) {
      const handle = words[at]!;
      if (handle !== NO_TREE) {
        acks.add(handle, words[at + 1]!, words[at + 2]!, words[at + 3]!, words[at + 4]!);
        anchors.release(handle);
        continue;
      }
      if (words[at + 1] !== bornAt) {
        if (bornAt !== 0) this.lane.untracked.leftAt(bornAt, untracked);
        bornAt = words[at + 1]!;
        untracked = 0;
      }
      untracked++;
    }
    if (bornAt !== 0) this.lane.untracked.leftAt(bornAt, untracked);
  }

  private failAll(write: OpenWrite, error: unknown): void {
    const wrapped = error instanceof MillraceError ? error : sinkError(this.component, error);
    for (let index = 0; index < write.count; index++) this.refuse(write, index, wrapped);
    this.ackAll(write);
  }

  private refuse(write: OpenWrite, index: number, error: unknown): void {
    const at = index * TUPLE_WORDS;
    const [handle, rootLo, rootHi] = write.words.subarray(at, at + 3);
    const tuple = { handle: handle!, rootLo: rootLo!, rootHi: rootHi! };
    applyPolicy(this.lane, this.plan, error, tuple);
  }
}

function sinkError(component: string, error: unknown): MillraceError {
  return new MillraceError('MR_SINK_FAILED', `Sink '${component}' could not write a batch.`, {
    expected: 'write to succeed',
    got: messageOf(error),
    next: 'Look whether the other side is up and has space. The tuples are replayed as the error policy says.',
    cause: error,
  });
}
