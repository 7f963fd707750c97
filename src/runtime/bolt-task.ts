// Owns: one task of a bolt: taking tuples, automatic acks, errors, ticks. Not here: the loop itself (execute-loop.ts),
// calls that went asynchronous (bolt-calls.ts), manual acks (manual-bolt-task.ts).
// Invariant: a tuple that was taken is acked, failed, dropped and counted, or in `calls`.

import { MillraceError, messageOf } from '../base/errors.ts';
import type { BoltInstance, BoltPlan } from '../topology/plan.ts';
import { isThenable } from '../topology/thenable.ts';
import { type AnchorSets, NO_TREE } from '../tracking/anchors.ts';
import { AsyncCalls } from './bolt-calls.ts';
import { BoltContext } from './bolt-context.ts';
import { Collector, type Outlets } from './collector.ts';
import { applyPolicy } from './error-policy.ts';
import { type ExecuteLoop, executeLoop, type LoopTask } from './execute-loop.ts';
import { NO_IDS, type TupleIds } from './held-tuple.ts';
import type { LaneServices, LaneTask } from './lane-task.ts';
import type { TupleQueue } from './tuple-queue.ts';

/** Tuples taken in one go by a task that has subscribers: small, so that what it emits is still in the cache when they run. */
const QUANTUM = 64;
/** The same for a task without subscribers. */
const TERMINAL_QUANTUM = 512;
/**
 * The first executions of a task each get a collector of their own, because it is not known yet whether the bolt returns
 * promises; a bolt that returned none so far shares one among its calls afterwards, which is faster.
 */
const PROBED = 256;

export class BoltTask implements LaneTask, LoopTask {
  readonly component: string;
  readonly task: number;
  /** Without subscribers: nothing downstream gets work from it. */
  private readonly terminal: boolean;
  input = 0;
  threw = false;
  error: unknown;
  result: unknown;
  protected readonly plan: BoltPlan;
  protected readonly lane: LaneServices;
  readonly queue: TupleQueue;
  protected readonly outlets: Outlets;
  protected readonly calls: AsyncCalls;
  protected bolt: BoltInstance;
  protected out: Collector;
  protected context: BoltContext;
  private readonly loop: ExecuteLoop;
  private nextTick: number;
  /** A tick went asynchronous and has not ended. */
  private tickOpen = false;
  /** Executions that still get a collector of their own: once a promise was seen, all. */
  private separate = PROBED;

  constructor(
    lane: LaneServices,
    plan: BoltPlan,
    task: number,
    queue: TupleQueue,
    outlets: Outlets,
    loop: ExecuteLoop = executeLoop,
  ) {
    this.component = plan.name;
    this.task = task;
    this.lane = lane;
    this.plan = plan;
    this.queue = queue;
    this.outlets = outlets;
    this.loop = loop;
    this.terminal = plan.outputs.length === 0;
    this.bolt = plan.create({
      topology: lane.plan.name,
      component: plan.name,
      task,
      parallelism: plan.parallelism,
    });
    this.calls = new AsyncCalls(lane, plan);
    this.out = this.newCollector();
    this.context = this.newContext(this.out);
    this.nextTick =
      plan.tickEveryMs > 0 ? lane.clock.monotonicMs() + plan.tickEveryMs : Number.POSITIVE_INFINITY;
  }

  async open(): Promise<void> {
    try {
      await this.bolt.open?.(this.context);
    } catch (error) {
      throw new MillraceError('MR_BOLT_OPEN_FAILED', `Component '${this.component}' could not be opened.`, {
        expected: 'open to succeed',
        got: messageOf(error),
        next: 'Mend what open complains about. Nothing was read from the sources yet.',
        cause: error,
      });
    }
  }

  run(max: number): number {
    const { queue, lane } = this;
    let taken = 0;
    const quantum = Math.min(max, this.terminal ? TERMINAL_QUANTUM : QUANTUM);
    lane.pressure.raised = false;
    while (taken < quantum && queue.head !== queue.tail && this.mayRun()) {
      taken += this.executeSome(quantum - taken);
      if (lane.pressure.raised) break;
    }
    lane.counters.tuples += taken;
    return taken;
  }

  nextDueMs(ticking: boolean): number {
    const tick = ticking && !this.tickOpen ? this.nextTick : Number.POSITIVE_INFINITY;
    return Math.min(tick, this.calls.nextTimeoutMs());
  }

  advance(nowMs: number, ticking: boolean): void {
    this.calls.expire(nowMs);
    // A tick that takes longer than its period delays the next one; they never pile up.
    if (!ticking || this.tickOpen || nowMs < this.nextTick) return;
    // From now and not from the last one: after a long pause one tick is owed, not many.
    this.nextTick = nowMs + this.plan.tickEveryMs;
    this.tickNow();
  }

  pending(): number {
    return this.queue.size + this.calls.size;
  }

  held(): number {
    return 0;
  }

  heldUpBy(): string | null {
    const calls = this.calls.heldUpBy(this.queue.size > 0);
    if (calls !== null) return calls;
    if (this.outlets.groups.some((group) => group.full > 0)) return null;
    return this.queue.size > 0 ? `${this.queue.size} waiting tuples` : null;
  }

  holds(slot: number, rootLo: number, rootHi: number): string | null {
    if (this.calls.holds(slot, rootLo, rootHi)) return 'its execute has not ended';
    return segmentOf(this.queue, this.lane.emit.anchors, slot, rootLo, rootHi)
      ? 'it waited in the queue'
      : null;
  }

  async close(): Promise<void> {
    this.calls.abandon();
    await this.bolt.close?.(this.context);
  }

  /** Whether it may take a tuple: its calls and the queues downstream have room. */
  protected mayRun(): boolean {
    if (this.calls.full) return false;
    for (const group of this.outlets.groups) if (group.full > 0) return false;
    return true;
  }

  /** Executes at least one and at most `max` waiting tuples; returns how many. */
  protected executeSome(max: number): number {
    const { queue, lane } = this;
    const most = this.separate > 0 ? 1 : max;
    let count = this.loop(this, queue, this.out, this.context, this.bolt, lane.pressure, most);
    if (count === 0) {
      this.runShared();
      count = 1;
    }
    this.afterLoop();
    return count;
  }

  protected newCollector(): Collector {
    return new Collector(this.lane.emit, this.outlets, this.terminal ? this.lane.untracked : null);
  }

  protected newContext(out: Collector): BoltContext {
    return new BoltContext(this.lane, this.plan, this, out);
  }

  private tickNow(): void {
    const out = this.newCollector();
    const context = this.newContext(out);
    out.enter();
    try {
      const result: unknown = this.bolt.tick?.(out, context);
      out.leave();
      if (!isThenable(result)) return;
      out.handOver();
      this.tickOpen = true;
      const closed = () => {
        this.tickOpen = false;
      };
      result.then(closed, closed);
      this.calls.add(result, { out, ...NO_IDS });
    } catch (error) {
      out.leave();
      applyPolicy(this.lane, this.plan, error, NO_IDS);
    }
  }

  /** Deals with the tuple taken last if it threw or is not done yet, and ends the run of tuples. */
  private afterLoop(): void {
    const { out, result } = this;
    if (this.threw) {
      this.threw = false;
      applyPolicy(this.lane, this.plan, this.error, out);
      this.error = undefined;
    }
    this.result = undefined;
    if (isThenable(result)) this.wentAsync(result);
    else {
      const handle = this.endTakenSegment(out);
      out.finish(this.queue.head);
      this.lane.emit.anchors.release(handle);
      this.endSeparate();
    }
  }

  /**
   * After an execute that is over: what it still emits must not get into the tree of a later asynchronous call, so the
   * next one gets another collector where there may be such calls.
   */
  protected endSeparate(): void {
    if (this.separate === 0) return;
    this.separate--;
    this.renew();
  }

  /** The execute that returned a promise keeps the collector and the context. */
  protected keepsCollector(): void {
    this.separate = Number.POSITIVE_INFINITY;
    this.renew();
  }

  private renew(): void {
    this.context.detach();
    this.out = this.newCollector();
    this.context = this.newContext(this.out);
  }

  /**
   * Acks the edge of the first segment if all its tuples were taken; otherwise it gets another edge if its own was handed
   * on. Returns the handle of a segment that ended, whose reference is the caller's then, or NO_TREE.
   */
  protected endTakenSegment(out: Collector): number {
    const { queue } = this;
    if (queue.firstSegment === queue.endSegments || queue.segmentEnd !== queue.head) {
      if (out.handedOn) this.renewEdge(out);
      out.takeInput(0, 0);
      return NO_TREE;
    }
    const handle = queue.segments[queue.segment]!;
    out.ackInput();
    queue.endSegment();
    return handle;
  }

  private renewEdge(out: Collector): void {
    const { queue, lane } = this;
    const { ids } = lane.emit;
    ids.next();
    const at = queue.segment;
    queue.segments[at + 3] = ids.lo;
    queue.segments[at + 4] = ids.hi;
    out.lo ^= ids.lo;
    out.hi ^= ids.hi;
  }

  /** The tuple taken last gets an edge of its own; its call keeps the collector and the context, the task gets new ones. */
  private wentAsync(promise: Promise<unknown>): void {
    const { out, lane } = this;
    const tuple = ownEdge(lane, out);
    const ended = this.endTakenSegment(out);
    out.handOver();
    lane.emit.anchors.release(ended);
    this.calls.add(promise, { out, ...tuple });
    this.keepsCollector();
  }

  /** One tuple that belongs to several trees: the loop leaves those to us, and does the same with all others. */
  private runShared(): void {
    const { queue, out } = this;
    const at = queue.segment;
    const place = queue.head & queue.mask;
    const value = queue.values[place];
    queue.values[place] = undefined;
    this.input = queue.segments[at + 5]!;
    out.begin(queue.segments[at]!, 0, 0, queue.head);
    out.takeInput(queue.segments[at + 3]!, queue.segments[at + 4]!);
    queue.advance((queue.head + 1) | 0);
    out.enter();
    try {
      this.result = this.bolt.execute(value, out, this.context);
    } catch (error) {
      this.threw = true;
      this.error = error;
    }
    out.leave();
  }
}

/**
 * An edge of its own for a tuple of the collector's tree, for when it is acked apart from its segment. Takes a reference
 * to an anchor set. It must come before the segment's edge is acked.
 */
export function ownEdge(lane: LaneServices, out: Collector): TupleIds {
  const { ids, anchors } = lane.emit;
  const { handle, rootLo, rootHi } = out;
  if (handle === NO_TREE) return { ...NO_IDS, rootLo };
  ids.next();
  out.lo ^= ids.lo;
  out.hi ^= ids.hi;
  anchors.retain(handle);
  return { handle, rootLo, rootHi, edgeLo: ids.lo, edgeHi: ids.hi };
}

/** Whether a tuple of this tree waits in the queue. */
export function segmentOf(
  queue: TupleQueue,
  anchors: AnchorSets,
  slot: number,
  rootLo: number,
  rootHi: number,
): boolean {
  return queue.someSegment((words, at) => {
    const handle = words[at]!;
    return (
      handle !== NO_TREE && anchors.belongs(handle, words[at + 1]!, words[at + 2]!, slot, rootLo, rootHi)
    );
  });
}
