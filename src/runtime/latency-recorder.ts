// Owns: the latencies of a lane. Records that are emitted in one pass and end in one pass have the same latency, so equal ones
// in a row are counted and reach the histogram together. Not here: the histogram (metrics/).
// Invariant: whoever reads the histogram gets it through `histogram`, with everything recorded so far.

import { LatencyHistogram } from '../metrics/histogram.ts';

export class LatencyRecorder {
  private readonly recorded = new LatencyHistogram();
  private lastUs = 0;
  private repeats = 0;

  record(us: number, count: number): void {
    if (us !== this.lastUs) this.hand(us);
    this.repeats += count;
  }

  get histogram(): LatencyHistogram {
    this.hand(this.lastUs);
    return this.recorded;
  }

  private hand(nextUs: number): void {
    if (this.repeats > 0) this.recorded.record(this.lastUs, this.repeats);
    this.lastUs = nextUs;
    this.repeats = 0;
  }
}
