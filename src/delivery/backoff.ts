// Owns: how long a record waits before its next try. Pure.

import { fraction, type Random } from '../base/random.ts';

/**
 * Exponential back-off with full jitter on its upper half: attempt 2 waits between half of `first` and `first`, each
 * further attempt twice as long, at most `longest` milliseconds.
 */
export function backoffMs(attempt: number, first: number, longest: number, random: Random): number {
  // 2^30 times any wait is past every limit; without a bound the power would become Infinity.
  const doublings = Math.min(Math.max(attempt - 2, 0), 30);
  const full = Math.min(first * 2 ** doublings, longest);
  return full * (0.5 + 0.5 * fraction(random));
}
