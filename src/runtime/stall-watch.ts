// Owns: noticing that there is work and nothing moves, and saying who holds it up. Not here: what is done about it.
// Pure: time is given. Invariant: it never speaks while nothing is in flight.

import { MillraceError } from '../base/errors.ts';
import type { EngineOptions } from '../topology/plan.ts';
import type { Lane } from './lane.ts';

export class StallWatch {
  private readonly lane: Lane;
  private readonly options: EngineOptions;
  private readonly rests = new RestMeter();
  private drainingSinceMs: number | null = null;

  constructor(lane: Lane, options: EngineOptions) {
    this.lane = lane;
    this.options = options;
  }

  /** Draining starts now; its limit counts from here. */
  drainStarts(nowMs: number): void {
    this.drainingSinceMs ??= nowMs;
  }

  /** The error to end with, or null while all is well. `storing`: all is done but what waits for the store. */
  look(nowMs: number, storing = false): MillraceError | null {
    const { lane, options } = this;
    const restedMs = this.rests.since(lane, nowMs);
    if (lane.draining) this.drainingSinceMs ??= nowMs;
    if (this.drainingSinceMs !== null && nowMs - this.drainingSinceMs >= options.drainLimitMs) {
      return stalled(lane, `draining took longer than ${options.drainLimitMs} ms (drainLimitMs)`);
    }
    const { delivery } = lane.assembled;
    const forStore = storing || delivery.waitsForStore();
    const working = lane.busy() > 0 || inFlight(lane) || lane.waitsForSource;
    if (!working && !forStore) {
      this.rests.startOver(nowMs);
      return null;
    }
    if (restedMs < options.stallLimitMs) return null;
    if (!working) {
      return stalled(
        lane,
        `the store took no positions and state for ${options.stallLimitMs} ms (stallLimitMs)`,
      );
    }
    return stalled(lane, `nothing moved for ${options.stallLimitMs} ms (stallLimitMs)`);
  }
}

/** How long a lane has not moved, as seen by whoever asks now and then. */
export class RestMeter {
  private progress = -1;
  private movedMs = 0;

  since(lane: Lane, nowMs: number): number {
    if (lane.progress !== this.progress) {
      this.progress = lane.progress;
      this.movedMs = nowMs;
    }
    return nowMs - this.movedMs;
  }

  /** Resting is right until now. */
  startOver(nowMs: number): void {
    this.movedMs = nowMs;
  }
}

/**
 * Records that should move on. What waits for its replay, and what a bolt with manual acks holds, waits on purpose, however
 * long that is: the trees of both have deadlines.
 */
function inFlight(lane: Lane): boolean {
  const { delivery, tasks } = lane.assembled;
  return delivery.pending() > delivery.waiting() && !tasks.some((task) => task.held() > 0);
}

/**
 * Nothing more can be read because bolts with manual acks hold as many tuples as may be pending: a window that is larger
 * than maxPending never fills, and its trees time out. In words for people, or null.
 */
export function heldAtLimit(lane: Lane, { maxPending }: EngineOptions): string | null {
  const { delivery, tasks } = lane.assembled;
  if (delivery.pending() < maxPending || lane.busy() > 0) return null;
  const holder = tasks.find((task) => task.held() > 0);
  if (holder === undefined) return null;
  return `component '${holder.component}' holds ${holder.held()} tuples, and maxPending is ${maxPending}: nothing more is read until it acks some. Raise maxPending, or ack earlier.`;
}

/** The component that holds the lane up, with the reason; null if nothing does. The most downstream one is the cause of the others. */
export function blockedBy(lane: Lane): { readonly component: string; readonly why: string } | null {
  const { tasks, spouts } = lane.assembled;
  for (const holder of [...tasks, ...spouts]) {
    const why = holder.heldUpBy();
    if (why !== null) return { component: holder.component, why };
  }
  return null;
}

function stalled(lane: Lane, what: string): MillraceError {
  const by = blockedBy(lane);
  const pending = lane.assembled.delivery.pending();
  return new MillraceError(
    'MR_STALLED',
    by === null ? `The run stalled: ${what}.` : `The run stalled at component '${by.component}': ${what}.`,
    {
      expected: 'records in flight to move on',
      got: `${by === null ? 'no component that says why' : by.why}; ${pending} records in flight`,
      next: 'Look what the component waits for. Nothing is lost: what was not done is read again by the next run.',
    },
  );
}
