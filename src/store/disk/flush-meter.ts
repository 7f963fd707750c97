// Owns: how fast the disk is: counts and times of flushes. Not here: what is flushed.

import type { Clock } from '../../base/clock.ts';

export interface FlushFigures {
  readonly flushes: number;
  readonly records: number;
  /** On the disk, with everything around the records. */
  readonly bytes: number;
  /** Of the last flush. */
  readonly lastMs: number;
  /** Of about the last sixteen flushes. */
  readonly meanMs: number;
  readonly longestMs: number;
  /** Flushes that took longer than `DiskLimits.slowFlushMs`. */
  readonly slow: number;
  /** How long the flush in progress takes already; 0 if there is none. */
  readonly presentMs: number;
}

const MEAN_OVER = 16;

export class FlushMeter {
  private readonly clock: Clock;
  private readonly slowMs: number;
  private begunMs = -1;
  private flushes = 0;
  private records = 0;
  private bytes = 0;
  private lastMs = 0;
  private meanMs = 0;
  private longestMs = 0;
  private slow = 0;

  constructor(clock: Clock, slowMs: number) {
    this.clock = clock;
    this.slowMs = slowMs;
  }

  begin(): void {
    this.begunMs = this.clock.monotonicMs();
  }

  end(records: number, bytes: number): void {
    const took = this.clock.monotonicMs() - this.begunMs;
    this.begunMs = -1;
    this.flushes++;
    this.records += records;
    this.bytes += bytes;
    this.lastMs = took;
    this.meanMs += (took - this.meanMs) / Math.min(this.flushes, MEAN_OVER);
    this.longestMs = Math.max(this.longestMs, took);
    if (took > this.slowMs) this.slow++;
  }

  figures(): FlushFigures {
    const { flushes, records, bytes, lastMs, meanMs, longestMs, slow } = this;
    const presentMs = this.begunMs < 0 ? 0 : this.clock.monotonicMs() - this.begunMs;
    return { flushes, records, bytes, lastMs, meanMs, longestMs, slow, presentMs };
  }
}
