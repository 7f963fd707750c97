// Owns: one lane: its tasks, its trees and its loop. Not here: making the tasks (lane-builder.ts), when turns happen
// (lane-driver.ts), what a guarantee does (delivery/).
//
// A turn runs tasks downstream first: a spout emits a small quantum, then everything that came of it runs to the sinks
// before the next. So queues stay short and what is in the cache is used while it is there.
//
// Invariants: nothing runs outside of `turn` but what promises of bolts and sinks do, and they only touch their own
// collector, the acker and the queues, and ask for a turn; after `fatalError` is set nothing more is emitted.

import type { Clock } from '../base/clock.ts';
import type { MillraceError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Delivery, FailureCause } from '../delivery/delivery.ts';
import type { AckBatch, TreeListener } from '../tracking/ack-batch.ts';
import type { Acker } from '../tracking/acker.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import type { UntrackedLatency } from './collector.ts';
import { sinceStamp, stampNow } from './lane-stamp.ts';
import type { LaneCounters, LaneTask, TreeHandle } from './lane-task.ts';
import type { LatencyRecorder } from './latency-recorder.ts';
import { ReadySet } from './ready-set.ts';
import type { SpoutTask } from './spout-task.ts';
import { tellFailure } from './tell-failure.ts';
import { type HeldBy, treeTimeout } from './tree-timeout.ts';

/** A turn ends after this many milliseconds, so that I/O and timers get their share. */
const TURN_MS = 5;
/** Most tuples executed between two looks at the clock. */
const CHECK_TUPLES = 128;
/** The same at first: nobody knows yet how slow the bolts are. */
const FIRST_CHECK_TUPLES = 8;
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
  private tasks: readonly LaneTask[] = [];
  private ready = new ReadySet(0);
  /** Tuples executed between two looks at the clock. */
  private checkEvery = FIRST_CHECK_TUPLES;
  private nowMs = 0;
  private stamp = 0;
  private turning = false;
  private readonly told = new Set<string>();
  private firstSpout = 0;

  /** Given once, because the parts need the lane and the lane needs them. */
  assemble(parts: LaneParts): void {
    this.parts = parts;
    this.tasks = parts.tasks;
    this.ready = new ReadySet(parts.tasks.length);
    for (const [index, task] of parts.tasks.entries()) task.queue.readBy(this.ready, index);
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
    // What was acked between two turns must not be timed out.
    acks.flush();
    this.timers();
    let worked = 0;
    do {
      worked = this.runTasks(until);
      this.readClock(clock);
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

  /** Tick tuples are for a lane that goes on: not while it drains, and not once everything is done. */
  private get ticking(): boolean {
    return !this.draining && !this.workDone;
  }

  private get workDone(): boolean {
    const { spouts, delivery } = this.assembled;
    return delivery.pending() === 0 && spouts.every((spout) => spout.exhausted);
  }

  /** Milliseconds until the next turn is due without being woken; Infinity for never. */
  sleepMs(): number {
    const { acker, delivery, spouts, tasks } = this.assembled;
    let due = Math.min(acker.nextDeadlineMs(), delivery.nextDueMs());
    const { ticking } = this;
    for (const task of tasks) due = Math.min(due, task.nextDueMs(ticking));
    if (!this.draining) for (const spout of spouts) due = Math.min(due, spout.nextPollMs());
    return Math.max(0, due - this.assembled.clock.monotonicMs());
  }

  wake(): void {
    if (!this.turning) this.onWake();
  }

  /** All that was in the sources (up to the agreed end) is done. */
  get finished(): boolean {
    return this.workDone && this.busy() === 0;
  }

  /** Nothing is in flight but what waits for a replay or is held by a bolt with manual acks. */
  get quiet(): boolean {
    const { delivery, tasks } = this.assembled;
    if (this.busy() > 0) return false;
    return delivery.pending() === delivery.waiting() || tasks.some((task) => task.held() > 0);
  }

  /** A source that has an end owes an answer. */
  get waitsForSource(): boolean {
    return this.assembled.spouts.some((spout) => spout.waitsForSource);
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
    const { acks, counters, logger } = this.assembled;
    tellFailure(logger, this.told, cause);
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

  /**
   * Runs ready tasks, the most downstream first, until none is ready or the turn is over. A slow bolt gets smaller quanta, so that
   * the clock is looked at about once a millisecond.
   */
  private runTasks(until: number): number {
    const { clock } = this.assembled;
    const { ready, tasks } = this;
    const before = this.assembled.counters.tuples;
    let since = 0;
    let lastMs = this.nowMs;
    let ranSinceUnblock = true;
    ready.unblock();
    while (this.fatalError === null) {
      const index = ready.first();
      if (index < 0) {
        // What was set aside may go on, if anything has happened since it was.
        if (!ranSinceUnblock || !ready.unblock()) break;
        ranSinceUnblock = false;
        continue;
      }
      const task = tasks[index]!;
      const ran = task.run(this.checkEvery);
      if (ran > 0) ranSinceUnblock = true;
      if (task.queue.size === 0) ready.clear(index);
      else if (ran === 0) ready.setAside(index);
      since += ran;
      if (since < this.checkEvery) continue;
      const nowMs = clock.monotonicMs();
      this.checkEvery =
        nowMs - lastMs > 1 ? Math.max(1, this.checkEvery >> 1) : Math.min(CHECK_TUPLES, this.checkEvery << 1);
      if (nowMs >= until) break;
      lastMs = nowMs;
      since = 0;
    }
    const executed = this.assembled.counters.tuples - before;
    this.progress += executed;
    return executed;
  }

  private runSpouts(): number {
    let emitted = 0;
    const { spouts } = this.assembled;
    for (let step = 0; step < spouts.length; step++) {
      emitted += spouts[(this.firstSpout + step) % spouts.length]!.run(this.nowMs, this.stamp);
    }
    // Another one comes first next time: the last one may find the queues full.
    this.firstSpout = (this.firstSpout + 1) % Math.max(1, spouts.length);
    this.progress += emitted;
    return emitted;
  }

  private timers(): void {
    const { acker, delivery, tasks } = this.assembled;
    let diagnosed = 0;
    acker.advance(this.nowMs, (slot, rootLo, rootHi, owner) => {
      const held = diagnosed++ < DIAGNOSED_TIMEOUTS ? this.holderOf(slot, rootLo, rootHi) : null;
      const cause = treeTimeout(held);
      tellFailure(this.assembled.logger, this.told, cause);
      delivery.treeTimedOut(owner, cause, this.nowMs);
    });
    const { ticking } = this;
    for (const task of tasks) if (task.nextDueMs(ticking) <= this.nowMs) task.advance(this.nowMs, ticking);
  }

  private holderOf(slot: number, rootLo: number, rootHi: number): HeldBy | null {
    for (const task of this.assembled.tasks) {
      const how = task.holds(slot, rootLo, rootHi);
      if (how !== null) return { component: task.component, how };
    }
    return null;
  }

  private readClock(clock: Clock): void {
    this.nowMs = clock.monotonicMs();
    this.stamp = stampNow(this.nowMs);
  }
}
