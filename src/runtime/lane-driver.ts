// Owns: when a lane has its turns, and when a run of it is over. Not here: what a turn does (lane.ts).
// Invariants: at most one turn is scheduled; between two turns the event loop has run; it ends once, with everything that may
// be stored stored, unless it was stopped at once or failed.

import type { Clock } from '../base/clock.ts';
import type { MillraceError } from '../base/errors.ts';
import type { EngineOptions } from '../topology/plan.ts';
import type { Lane } from './lane.ts';
import type { RunStatus } from './run-types.ts';
import { heldAtLimit, StallWatch } from './stall-watch.ts';

/** The longest a lane sleeps without looking at itself. */
const MAX_SLEEP_MS = 1_000;

export interface LaneEnd {
  readonly status: RunStatus;
  readonly error: MillraceError | null;
}

export class LaneDriver {
  private readonly lane: Lane;
  private readonly clock: Clock;
  private readonly options: EngineOptions;
  private readonly watch: StallWatch;
  private toldOfHeld = false;
  private readonly resolve: (end: LaneEnd) => void;
  /** Resolves when the lane is over. */
  readonly end: Promise<LaneEnd>;
  private immediate: NodeJS.Immediate | null = null;
  private timer: NodeJS.Timeout | null = null;
  private over = false;

  constructor(lane: Lane, clock: Clock, options: EngineOptions) {
    this.lane = lane;
    this.clock = clock;
    this.options = options;
    this.watch = new StallWatch(lane, options);
    let resolve: (end: LaneEnd) => void = () => {};
    this.end = new Promise<LaneEnd>((answer) => {
      resolve = answer;
    });
    this.resolve = resolve;
    lane.onWake = () => this.schedule();
  }

  start(): void {
    this.schedule();
  }

  /** Finish what is in flight, then end. */
  drain(): void {
    this.lane.draining = true;
    this.watch.drainStarts(this.clock.monotonicMs());
    this.schedule();
  }

  /** End now. */
  stop(): void {
    this.finish({ status: 'stopped', error: null });
  }

  private schedule(): void {
    if (this.over || this.immediate !== null) return;
    this.immediate = setImmediate(() => {
      this.immediate = null;
      this.turn();
    });
  }

  private turn(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    let more: boolean;
    try {
      more = this.lane.turn();
    } catch (error) {
      // An assertion: our own mistake. It must not be mistaken for the end of the work.
      this.over = true;
      throw error;
    }
    const { fatalError } = this.lane;
    if (fatalError !== null) this.finish({ status: 'failed', error: fatalError });
    else if (more) this.schedule();
    else this.rest();
  }

  /** Nothing to do right now: it is over, or somebody will wake us, or a timer is due. */
  private rest(): void {
    const { lane } = this;
    const done = lane.finished || (lane.draining && lane.quiet);
    if (done && lane.assembled.delivery.settle()) {
      this.finish({ status: lane.finished ? 'completed' : 'drained', error: null });
      return;
    }
    this.warnOfHeld();
    const stalled = this.watch.look(this.clock.monotonicMs(), done);
    if (stalled !== null) {
      this.finish({ status: 'stalled', error: stalled });
      return;
    }
    const sleep = Math.min(lane.sleepMs(), MAX_SLEEP_MS);
    if (sleep <= 0) this.schedule();
    else this.timer = setTimeout(() => this.turn(), Math.ceil(sleep));
  }

  private warnOfHeld(): void {
    if (this.toldOfHeld) return;
    const held = heldAtLimit(this.lane, this.options);
    if (held === null) return;
    this.toldOfHeld = true;
    this.lane.assembled.logger.warn({}, held);
  }

  private finish(end: LaneEnd): void {
    if (this.over) return;
    this.over = true;
    if (this.immediate !== null) clearImmediate(this.immediate);
    if (this.timer !== null) clearTimeout(this.timer);
    this.resolve(end);
  }
}
