// Owns: one lane: its tasks, its trees and its loop. Not here: making the tasks (lane-builder.ts), when turns happen
// (lane-driver.ts), what a guarantee does (delivery/).
//
// A turn runs tasks downstream first: a spout emits a small quantum, then everything that came of it runs to the sinks
// before the next. So queues stay short and what is in the cache is used while it is there.
//
// Invariants: nothing runs outside of `turn` but what promises of bolts and sinks do, and they only touch their own
// collector, the acker and the queues, and ask for a turn; after `fatalError` is set nothing more is emitted.

import type { Clock } from '../base/clock.ts';
import { MillraceError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Delivery, FailureCause } from '../delivery/delivery.ts';
import type { AckBatch, TreeListener } from '../tracking/ack-batch.ts';
import type { Acker } from '../tracking/acker.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import type { UntrackedLatency } from './collector.ts';
import { sinceStamp, stampNow } from './lane-stamp.ts';
import type { LaneCounters, LaneTask, TreeHandle } from './lane-task.ts';
import type { LatencyRecorder } from './latency-recorder.ts';
import type { SpoutTask } from './spout-task.ts';
import { type HeldBy, treeTimeout } from './tree-timeout.ts';

/** A turn ends after this many milliseconds, so that I/O and timers get their share. */
const TURN_MS = 5;
/** Of the trees that time out in one go, the holders of this many are looked for; looking costs a walk over all queues. */
const DIAGNOSED_TIMEOUTS = 64;

export interface LaneParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly acker: Acker;
  readonly acks: AckBatch;
  readonly delivery: Delivery;
  readonly latency: LatencyRecorder;
  readonly counters: LaneCounters;
  /** Downstream first. */
  readonly tasks: readonly LaneTask[];
  readonly spouts: readonly SpoutTask[];
}

export class Lane implements TreeListener, UntrackedLatency {
  fatalError: MillraceError | null = null;
  /** No new records, and no replays. */
  draining = false;
  /** Grows whenever something useful happened; the stall watch looks at it. */
  progress = 0;
  /** Called when the lane wants a turn. */
  onWake: () => void = () => {};
  private parts: LaneParts | null = null;
  private cause: FailureCause = { component: '', error: undefined };
  private nowMs = 0;
  private stamp = 0;
  private turning = false;
  private readonly toldOfTimeout = new Set<string>();

  /** Given once, because the parts need the lane and the lane needs them. */
  assemble(parts: LaneParts): void {
    this.parts = parts;
    this.readClock(parts.clock);
  }

  get assembled(): LaneParts {
    const { parts } = this;
    if (parts === null) throw new TypeError('a lane is assembled before it is used');
    return parts;
  }

  /** Runs for up to TURN_MS. Returns whether there is more to do at once. */
  turn(): boolean {
    const { clock, acks } = this.assembled;
    this.turning = true;
    this.readClock(clock);
    const until = this.nowMs + TURN_MS;
    this.timers();
    let worked = 0;
    do {
      worked = this.runTasks();
      acks.flush();
      if (this.fatalError !== null) break;
      worked += this.runDelivery();
      if (!this.draining) worked += this.runSpouts();
      this.readClock(clock);
    } while (worked > 0 && this.nowMs < until);
    acks.flush();
    this.turning = false;
    return worked > 0 && this.fatalError === null;
  }

  /** Milliseconds until the next turn is due without being woken; Infinity for never. */
  sleepMs(): number {
    const { acker, delivery, spouts, tasks } = this.assembled;
    let due = Math.min(acker.nextDeadlineMs(), delivery.nextDueMs());
    for (const task of tasks) due = Math.min(due, task.nextTickMs());
    if (!this.draining) for (const spout of spouts) due = Math.min(due, spout.nextPollMs());
    return Math.max(0, due - this.assembled.clock.monotonicMs());
  }

  wake(): void {
    if (!this.turning) this.onWake();
  }

  /** All that was in the sources (up to the agreed end) is done. */
  get finished(): boolean {
    const { spouts, delivery } = this.assembled;
    return spouts.every((spout) => spout.exhausted) && delivery.pending() === 0 && this.busy() === 0;
  }

  /** Nothing is in flight but what waits for a replay or is held by a bolt with manual acks. */
  get quiet(): boolean {
    const { delivery, tasks } = this.assembled;
    if (this.busy() > 0) return false;
    return delivery.pending() === delivery.waiting() || tasks.some((task) => task.held() > 0);
  }

  /** Tuples waiting or being executed. */
  busy(): number {
    let sum = 0;
    for (const task of this.assembled.tasks) sum += task.pending();
    return sum;
  }

  fatal(error: MillraceError): void {
    this.fatalError ??= error;
    this.wake();
  }

  fail({ handle, rootLo, rootHi }: TreeHandle, cause: FailureCause): void {
    const { acks, counters } = this.assembled;
    if (handle === NO_TREE) {
      counters.untrackedFailed++;
      return;
    }
    this.cause = cause;
    acks.fail(handle, rootLo, rootHi);
  }

  extend({ handle, rootLo, rootHi }: TreeHandle, ms: number): void {
    const { acks, clock } = this.assembled;
    if (handle !== NO_TREE) acks.extend(handle, rootLo, rootHi, clock.monotonicMs() + ms);
  }

  treeDone(_slot: number, owner: number): void {
    this.progress++;
    this.assembled.delivery.treeDone(owner, this.passMs);
  }

  treeFailed(_slot: number, owner: number): void {
    this.assembled.delivery.treeFailed(owner, this.cause, this.passMs);
  }

  leftAt(bornAt: number, tuples: number): void {
    const { latency, clock } = this.assembled;
    latency.record(sinceStamp(bornAt, clock.monotonicMs()), tuples);
  }

  /** Now, in milliseconds, as of the current pass; for the latency of trees and for tuples without one. */
  get passMs(): number {
    // An asynchronous call of a spout emits between two turns, long after the last pass perhaps.
    if (!this.turning) this.readClock(this.assembled.clock);
    return this.nowMs;
  }

  get passStamp(): number {
    if (!this.turning) this.readClock(this.assembled.clock);
    return this.stamp;
  }

  /** Replays that are due are work like new records: what they put into the queues must not wait for the next wake. */
  private runDelivery(): number {
    const { delivery } = this.assembled;
    const before = delivery.counters.replayed;
    delivery.advance(this.nowMs, this.draining);
    return delivery.counters.replayed - before;
  }

  /** Downstream first: after a task that has subscribers ran, it starts again at the sinks. */
  private runTasks(): number {
    const { tasks, counters } = this.assembled;
    const before = counters.tuples;
    for (let index = 0; index < tasks.length; index++) {
      const task = tasks[index]!;
      if (task.run() > 0 && !task.terminal) index = -1;
      if (this.fatalError !== null) break;
    }
    const executed = counters.tuples - before;
    this.progress += executed;
    return executed;
  }

  private runSpouts(): number {
    let emitted = 0;
    for (const spout of this.assembled.spouts) emitted += spout.run(this.nowMs, this.stamp);
    this.progress += emitted;
    return emitted;
  }

  private timers(): void {
    const { acker, delivery, tasks } = this.assembled;
    let diagnosed = 0;
    acker.advance(this.nowMs, (slot, rootLo, rootHi, owner) => {
      const held = diagnosed++ < DIAGNOSED_TIMEOUTS ? this.holderOf(slot, rootLo, rootHi) : null;
      const cause = treeTimeout(held);
      this.tell(cause);
      delivery.treeTimedOut(owner, cause, this.nowMs);
    });
    for (const task of tasks) if (task.nextTickMs() <= this.nowMs) task.tick(this.nowMs);
  }

  private holderOf(slot: number, rootLo: number, rootHi: number): HeldBy | null {
    for (const task of this.assembled.tasks) {
      const how = task.holds(slot, rootLo, rootHi);
      if (how !== null) return { component: task.component, how };
    }
    return null;
  }

  /** Says once per component that its trees time out; the counter and the dead letters have the rest. */
  private tell(cause: FailureCause): void {
    if (this.toldOfTimeout.has(cause.component)) return;
    this.toldOfTimeout.add(cause.component);
    const error = cause.error instanceof MillraceError ? cause.error.describe() : String(cause.error);
    this.assembled.logger.warn({ component: cause.component }, error);
  }

  private readClock(clock: Clock): void {
    this.nowMs = clock.monotonicMs();
    this.stamp = stampNow(this.nowMs);
  }
}
