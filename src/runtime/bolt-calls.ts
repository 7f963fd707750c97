// Owns: calls of `execute` that returned a promise and have not ended. Not here: starting them (bolt-task.ts).
// Invariants: at most `concurrency` calls are here (the task stops taking tuples); a call ends once, by its promise, by
// its time-out, or by the end of the run; after its end its collector is closed. A call that timed out is abandoned: its
// tuple is done with, but it keeps its place until its promise settles, because whatever it started still runs.

import { MillraceError } from '../base/errors.ts';
import type { BoltPlan } from '../topology/plan.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import type { Collector } from './collector.ts';
import { applyPolicy } from './error-policy.ts';
import type { TupleIds } from './held-tuple.ts';
import type { LaneServices } from './lane-task.ts';

/** A call and the tuple that it is about. */
export interface CallOf extends TupleIds {
  readonly out: Collector;
  /** What is done when it fails, instead of the error policy and the ack. */
  readonly failed?: (error: unknown) => void;
}

interface OpenCall extends CallOf {
  readonly deadlineMs: number;
}

export class AsyncCalls {
  private readonly lane: LaneServices;
  private readonly plan: BoltPlan;
  /** In the order of their start, and so of their deadlines. */
  private readonly open = new Set<OpenCall>();
  private readonly abandoned = new Set<OpenCall>();

  constructor(lane: LaneServices, plan: BoltPlan) {
    this.lane = lane;
    this.plan = plan;
  }

  /** Calls whose tuples wait for them. */
  get size(): number {
    return this.open.size;
  }

  /** No other call may be started. */
  get full(): boolean {
    return this.open.size + this.abandoned.size >= this.plan.concurrency;
  }

  /** What is to be said of calls that hold up the task, or null. `waiting`: tuples that it has not taken. */
  heldUpBy(waiting: boolean): string | null {
    const { open, abandoned, plan } = this;
    if (open.size === 0 && !(waiting && this.full)) return null;
    const calls = `${open.size + abandoned.size} calls of execute that have not ended`;
    if (abandoned.size === 0) return calls;
    return `${calls} (${abandoned.size} of them abandoned after ${plan.executeTimeoutMs} ms, executeTimeoutMs)`;
  }

  add(promise: Promise<unknown>, call: CallOf): void {
    const { executeTimeoutMs } = this.plan;
    const deadlineMs =
      executeTimeoutMs > 0 ? this.lane.clock.monotonicMs() + executeTimeoutMs : Number.POSITIVE_INFINITY;
    const open: OpenCall = { ...call, deadlineMs };
    this.open.add(open);
    promise.then(
      () => this.settled(open, false, undefined),
      (error: unknown) => this.settled(open, true, error),
    );
  }

  nextTimeoutMs(): number {
    for (const call of this.open) return call.deadlineMs;
    return Number.POSITIVE_INFINITY;
  }

  /** Fails calls that took longer than `executeTimeoutMs`. What they do later is ignored, but they keep their places. */
  expire(nowMs: number): void {
    for (const call of this.open) {
      if (call.deadlineMs > nowMs) return;
      call.out.abandon();
      this.abandoned.add(call);
      this.lane.counters.abandonedCalls++;
      this.end(
        call,
        true,
        new MillraceError(
          'MR_BOLT_TIMEOUT',
          `Component '${this.plan.name}' did not finish a tuple in time.`,
          {
            expected: `execute to end within ${this.plan.executeTimeoutMs} ms (executeTimeoutMs)`,
            got: 'a promise that is still open',
            next: 'Look what it waits for, or raise executeTimeoutMs of the component.',
          },
        ),
      );
    }
  }

  holds(slot: number, rootLo: number, rootHi: number): boolean {
    const { anchors } = this.lane.emit;
    for (const call of this.open) {
      const { handle } = call;
      if (handle === NO_TREE) continue;
      if (anchors.belongs(handle, call.rootLo, call.rootHi, slot, rootLo, rootHi)) return true;
    }
    return false;
  }

  /** The run ends: nothing is waited for any more. */
  abandon(): void {
    for (const call of this.open) call.out.abandon();
    this.open.clear();
    this.lane.counters.abandonedCalls -= this.abandoned.size;
    this.abandoned.clear();
  }

  private settled(call: OpenCall, failed: boolean, error: unknown): void {
    if (this.abandoned.delete(call)) {
      this.lane.counters.abandonedCalls--;
      this.lane.wake();
    } else this.end(call, failed, error);
  }

  private end(call: OpenCall, failed: boolean, error: unknown): void {
    if (!this.open.delete(call)) return;
    const { emit } = this.lane;
    call.out.settle();
    call.out.leave();
    if (failed && call.failed !== undefined) call.failed(error);
    else {
      if (failed) applyPolicy(this.lane, this.plan, error, call);
      this.ack(call);
    }
    emit.anchors.release(call.handle);
    this.lane.wake();
  }

  /** Acks the tuple. After a failure its tree is gone and this meets a stale handle, which is harmless. */
  private ack(call: OpenCall): void {
    if (this.plan.ack === 'manual' || call.handle === NO_TREE) return;
    this.lane.emit.acks.add(call.handle, call.rootLo, call.rootHi, call.edgeLo, call.edgeHi);
  }
}
