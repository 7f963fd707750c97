// Owns: counting requests, replies and their latencies, of one connection or of the server. Not here: showing them
// (four-letter words).

export class Traffic {
  received = 0;
  sent = 0;
  private answered = 0;
  private sumMs = 0;
  private leastMs = 0;
  private mostMs = 0;

  /** A request was answered, after so many milliseconds. */
  answer(latencyMs: number): void {
    this.leastMs = this.answered === 0 ? latencyMs : Math.min(this.leastMs, latencyMs);
    this.mostMs = Math.max(this.mostMs, latencyMs);
    this.sumMs += latencyMs;
    this.answered++;
    this.sent++;
  }

  /** Milliseconds; 0 if nothing was answered. */
  get latency(): { readonly min: number; readonly avg: number; readonly max: number } {
    const { answered, sumMs, leastMs, mostMs } = this;
    return {
      min: Math.round(leastMs),
      avg: answered === 0 ? 0 : sumMs / answered,
      max: Math.round(mostMs),
    };
  }

  reset(): void {
    this.received = 0;
    this.sent = 0;
    this.answered = 0;
    this.sumMs = 0;
    this.leastMs = 0;
    this.mostMs = 0;
  }
}
