// Owns: noticing that there is work and nothing moves, and saying who holds it up. Not here: what is done about it.
// Pure: time is given. Invariant: it never speaks while nothing is in flight.

import { MillraceError } from '../base/errors.ts';
import type { EngineOptions } from '../topology/plan.ts';
import type { Lane } from './lane.ts';

export class StallWatch {
  private readonly lane: Lane;
  private readonly options: EngineOptions;
  private progress = -1;
  private movedMs = 0;
  private drainingSinceMs = 0;

  constructor(lane: Lane, options: EngineOptions) {
    this.lane = lane;
    this.options = options;
  }

  /** The error to end with, or null while all is well. `storing`: all is done but what waits for the store. */
  look(nowMs: number, storing = false): MillraceError | null {
    const { lane, options } = this;
    if (lane.progress !== this.progress) {
      this.progress = lane.progress;
      this.movedMs = nowMs;
    }
    if (!lane.draining) this.drainingSinceMs = nowMs;
    const draining = nowMs - this.drainingSinceMs;
    if (lane.draining && draining >= options.drainLimitMs) {
      return stalled(lane, `draining took longer than ${options.drainLimitMs} ms (drainLimitMs)`);
    }
    const { delivery } = lane.assembled;
    const forStore = storing || delivery.waitsForStore();
    // A record that waits for its replay waits on purpose, however long that is.
    const working = lane.busy() > 0 || delivery.pending() > delivery.waiting();
    if (!working && !forStore) this.movedMs = nowMs;
    if (nowMs - this.movedMs < options.stallLimitMs) return null;
    if (!working) {
      return stalled(
        lane,
        `the store took no positions and state for ${options.stallLimitMs} ms (stallLimitMs)`,
      );
    }
    return stalled(lane, `nothing moved for ${options.stallLimitMs} ms (stallLimitMs)`);
  }
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
