// Owns: what the lane loop needs from a task of any kind, and what a task needs from its lane. Types only.

import type { Clock } from '../base/clock.ts';
import type { MillraceError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { FailureCause } from '../delivery/delivery.ts';
import type { LaneState } from '../state/lane-state.ts';
import type { TopologyPlan } from '../topology/plan.ts';
import type { EmitContext, UntrackedLatency } from './collector.ts';
import type { Pressure, TupleQueue } from './tuple-queue.ts';

/** The tree or trees of a tuple: a slot with its root id, an anchor set, or NO_TREE. */
export interface TreeHandle {
  readonly handle: number;
  readonly rootLo: number;
  readonly rootHi: number;
}

/** Counters of a lane; read by the run, written by tasks and delivery. */
export interface LaneCounters {
  tuples: number;
  dropped: number;
  untrackedFailed: number;
  doubleAcks: number;
  /** Calls of `execute` that took longer than `executeTimeoutMs` and have still not ended. */
  abandonedCalls: number;
}

/** What tasks share. One per lane. */
export interface LaneServices {
  readonly plan: TopologyPlan;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emit: EmitContext;
  readonly state: LaneState;
  readonly pressure: Pressure;
  readonly counters: LaneCounters;
  readonly untracked: UntrackedLatency;
  /** Fails the trees of a tuple; without a tree it is counted as failed and dropped. */
  fail(tuple: TreeHandle, cause: FailureCause): void;
  extend(tuple: TreeHandle, ms: number): void;
  /** Ends the run with this error. */
  fatal(error: MillraceError): void;
  /** Asks for a turn. */
  wake(): void;
}

export interface LaneTask {
  readonly component: string;
  readonly task: number;
  open(): Promise<void>;
  /** Where its tuples wait. */
  readonly queue: TupleQueue;
  /** Executes what it can, at most `max` tuples and a quantum. Returns the number of tuples taken. */
  run(max: number): number;
  /** Earliest time at which it wants `advance`, on the monotonic clock; Infinity for never. Tick tuples count if `ticking`. */
  nextDueMs(ticking: boolean): number;
  /** Expires calls, and gives a tick tuple if one is due and `ticking`. */
  advance(nowMs: number, ticking: boolean): void;
  /** Tuples that wait or are being executed. */
  pending(): number;
  /** Tuples that the bolt itself holds back (manual acks). */
  held(): number;
  /** What holds it up, in words, or null. */
  heldUpBy(): string | null;
  /** Whether it has a tuple of this tree, and how: names who did not ack a tree that timed out. */
  holds(slot: number, rootLo: number, rootHi: number): string | null;
  close(): Promise<void>;
}
