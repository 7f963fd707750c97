// Owns: one task of a sink: gathering waiting tuples into batches, writing them, acking what was acknowledged. Not here:
// where they are written (connectors/).
// Invariants: a tuple is acked only after the write that contains it has been acknowledged; at most `inFlight` writes are
// open at once; batches are handed to the writer in the order of the queue.

import { MillraceError, messageOf } from '../base/errors.ts';
import type { SinkPlan } from '../topology/plan.ts';
import type { RejectedWrite, SinkWriter } from '../topology/sink.ts';
import { isThenable } from '../topology/thenable.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import { segmentOf } from './bolt-task.ts';
import { applyPolicy } from './error-policy.ts';
import type { LaneServices, LaneTask, TreeHandle } from './lane-task.ts';
import type { TupleQueue } from './tuple-queue.ts';

/** Words of a piece, the tuples of one tree in a write: handle, root id (2), edge id (2), how many tuples. */
const PIECE_WORDS = 6;

interface OpenWrite {
  /** PIECE_WORDS per piece. */
  readonly words: Int32Array;
  readonly pieces: number;
  readonly count: number;
}

export class SinkTask implements LaneTask {
  readonly component: string;
  readonly task: number;
  private readonly plan: SinkPlan;
  private readonly lane: LaneServices;
  readonly queue: TupleQueue;
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

  /** A batch is one write, whatever `max` says. */
  run(max: number): number {
    let taken = 0;
    while (taken < max && this.queue.size > 0 && this.writes.size < this.plan.inFlight)
      taken += this.writeSome();
    this.lane.counters.tuples += taken;
    return taken;
  }

  nextDueMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  advance(): void {}

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
    for (const { words, pieces } of this.writes) {
      for (let at = 0; at < pieces * PIECE_WORDS; at += PIECE_WORDS) {
        const { handle, rootLo: ofLo, rootHi: ofHi } = treeOf(words, at);
        if (handle === NO_TREE) continue;
        if (anchors.belongs(handle, ofLo, ofHi, slot, rootLo, rootHi))
          return 'its write was not acknowledged';
      }
    }
    return segmentOf(this.queue, anchors, slot, rootLo, rootHi) ? 'it waited in the queue' : null;
  }

  async close(): Promise<void> {
    await this.writer?.close?.();
  }

  private writeSome(): number {
    const { queue } = this;
    const count = Math.min(queue.size, this.plan.batch);
    const values = new Array<unknown>(count);
    for (let index = 0; index < count; index++) {
      const place = (queue.head + index) & queue.mask;
      values[index] = queue.values[place];
      queue.values[place] = undefined;
    }
    this.write(values, this.takePieces(count));
    return count;
  }

  /** Takes the segments of the first `count` tuples. The part of a segment gets an edge of its own. */
  private takePieces(count: number): OpenWrite {
    const { queue } = this;
    const { ids, acks, anchors } = this.lane.emit;
    const stop = (queue.head + count) | 0;
    const words = new Int32Array(count * PIECE_WORDS);
    let pieces = 0;
    while (queue.head !== stop) {
      const at = queue.segment;
      const to = pieces++ * PIECE_WORDS;
      for (let word = 0; word < 5; word++) words[to + word] = queue.segments[at + word]!;
      const end = queue.segmentEnd;
      const whole = ((end - stop) | 0) <= 0;
      words[to + 5] = ((whole ? end : stop) - queue.head) | 0;
      if (whole) queue.endSegment();
      else {
        ids.next();
        words[to + 3] = ids.lo;
        words[to + 4] = ids.hi;
        const handle = words[to]!;
        if (handle !== NO_TREE) acks.add(handle, words[to + 1]!, words[to + 2]!, ids.lo, ids.hi);
        anchors.retain(handle);
      }
      queue.advance(whole ? end : stop);
    }
    return { words, pieces, count };
  }

  private write(values: readonly unknown[], write: OpenWrite): void {
    let answer: ReturnType<SinkWriter<unknown>['write']>;
    try {
      answer = this.writer?.write(values);
    } catch (error) {
      this.failAll(write, error);
      return;
    }
    if (!isThenable(answer)) {
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
  private ackAll({ words, pieces }: OpenWrite): void {
    const { acks, anchors } = this.lane.emit;
    for (let at = 0; at < pieces * PIECE_WORDS; at += PIECE_WORDS) {
      const handle = words[at]!;
      const rootLo = words[at + 1]!;
      if (handle !== NO_TREE) {
        acks.add(handle, rootLo, words[at + 2]!, words[at + 3]!, words[at + 4]!);
        anchors.release(handle);
      } else if (rootLo !== 0) this.lane.untracked.leftAt(rootLo, words[at + 5]!);
    }
  }

  private failAll(write: OpenWrite, error: unknown): void {
    const wrapped = error instanceof MillraceError ? error : sinkError(this.component, error);
    for (let at = 0; at < write.pieces * PIECE_WORDS; at += PIECE_WORDS) {
      const tree = treeOf(write.words, at);
      for (let left = write.words[at + 5]!; left > 0; left--)
        applyPolicy(this.lane, this.plan, wrapped, tree);
    }
    this.ackAll(write);
  }

  private refuse({ words, pieces }: OpenWrite, index: number, error: unknown): void {
    let before = 0;
    for (let at = 0; at < pieces * PIECE_WORDS; at += PIECE_WORDS) {
      before += words[at + 5]!;
      if (index >= before) continue;
      applyPolicy(this.lane, this.plan, error, treeOf(words, at));
      return;
    }
  }
}

function treeOf(words: Int32Array, at: number): TreeHandle {
  return { handle: words[at]!, rootLo: words[at + 1]!, rootHi: words[at + 2]! };
}

function sinkError(component: string, error: unknown): MillraceError {
  return new MillraceError('MR_SINK_FAILED', `Sink '${component}' could not write a batch.`, {
    expected: 'write to succeed',
    got: messageOf(error),
    next: 'Look whether the other side is up and has space. The tuples are replayed as the error policy says.',
    cause: error,
  });
}
