// Owns: time that stands still until it is moved, and what waits for it. Not here: who moves it (topology-driver.ts).
// Invariants: time never goes back; whoever waits is woken in the order of the times waited for, equal ones in the order
// in which they began to wait.

import type { Clock } from '../base/clock.ts';
import { DueQueue } from '../delivery/due-queue.ts';

/** 2020-01-01T00:00:00Z: what the wall clock shows at the start. */
export const WALL_START_MS = 1_577_836_800_000;

export class ManualClock implements Clock {
  private nowMs = 0;
  private readonly waiting = new DueQueue<() => void>();

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return WALL_START_MS + this.nowMs;
  }

  /** Resolves when the clock has been moved by `ms`; at once for 0. */
  sleep(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.add(resolve, this.nowMs + ms);
    });
  }

  /** When the next of those who wait is woken; Infinity if nobody waits. */
  nextWakeMs(): number {
    return this.waiting.nextDueMs();
  }

  /** Moves to a time that is not before now, and wakes who waited for it. */
  moveTo(ms: number): void {
    this.nowMs = Math.max(this.nowMs, ms);
    for (let wake = this.waiting.take(ms); wake !== undefined; wake = this.waiting.take(ms)) wake();
  }
}
