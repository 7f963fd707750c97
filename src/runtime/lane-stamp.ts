// Owns: the time of emit that a tuple without a tree carries in place of a root id: microseconds in 31 bits, never 0.
// Invariant: right for tuples that are younger than 35 minutes.

const MASK = 0x7fff_ffff;

export function stampNow(monotonicMs: number): number {
  // The modulo keeps the product exact however long the process runs.
  return Math.floor((monotonicMs * 1_000) % (MASK + 1)) || 1;
}

/** Microseconds between a stamp and now. */
export function sinceStamp(stamp: number, monotonicMs: number): number {
  return (stampNow(monotonicMs) - stamp) & MASK;
}
