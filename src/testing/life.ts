// Owns: one life of the simulated process, from start to crash or close. What outlives the process in a real run (topics, the
// other side of sinks, stored positions) is not part of it.
// Invariant: after its end nothing that belongs to it goes on: what waited for the clock waits for ever.

import type { ManualClock } from './manual-clock.ts';

export class Life {
  over = false;
  private readonly clock: ManualClock;

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  /** Resolves `ms` later by the manual clock, unless this life has ended by then. */
  async after(ms: number): Promise<void> {
    await this.clock.sleep(ms);
    if (this.over) await new Promise<never>(() => {});
  }
}
