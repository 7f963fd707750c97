// Owns: a histogram of latencies in constant memory. Pure.
//
// Log-linear buckets, the idea of HdrHistogram (Tene): each power of two is cut into 128 buckets of equal width, so a
// bucket is at most 1/128 of its values wide, and its middle is at most 0.4 % away from any of them. Values are rounded
// to whole microseconds before; below 256 µs every microsecond has a bucket of its own.
//
// Invariants: the sum of `buckets` is `count`; count, sum, smallest and largest are exact for the rounded values.

import { assert } from '../base/assert.ts';

/** Larger latencies count as this: one hour. */
export const MAX_LATENCY_US = 3_600_000_000;

/** Buckets per power of two, as a power of two. */
const PRECISION_BITS = 7;
const LINEAR_BELOW = 2 << PRECISION_BITS;
const BUCKETS = bucketOf(MAX_LATENCY_US) + 1;

/** Microseconds; null where nothing was recorded. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly meanUs: number | null;
  readonly minUs: number | null;
  readonly maxUs: number | null;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly p999Us: number | null;
}

export class LatencyHistogram {
  /** Doubles, not 32-bit counters: these would overflow within minutes at full speed. */
  private readonly buckets = new Float64Array(BUCKETS);
  private total = 0;
  private sum = 0;
  private smallest = Number.POSITIVE_INFINITY;
  private largest = 0;

  get count(): number {
    return this.total;
  }

  /** Counts a latency `count` times. Below 1 µs it counts as 1 µs, above MAX_LATENCY_US as that. Allocates nothing. */
  record(latencyUs: number, count = 1): void {
    let value = 1;
    if (latencyUs >= MAX_LATENCY_US) value = MAX_LATENCY_US;
    else if (latencyUs >= 1) value = (latencyUs + 0.5) >>> 0;
    else assert(latencyUs < 1, 'a latency is a number');
    const index = bucketOf(value);
    this.buckets[index] = (this.buckets[index] as number) + count;
    this.total += count;
    this.sum += value * count;
    if (value < this.smallest) this.smallest = value;
    if (value > this.largest) this.largest = value;
  }

  /**
   * The latency in µs that a share of `quantile` (0 to 1) of all recorded ones does not exceed (nearest rank), within
   * 0.4 % of its rounded value; null if nothing was recorded.
   */
  percentile(quantile: number): number | null {
    assert(quantile >= 0 && quantile <= 1, 'a quantile lies between 0 and 1');
    if (this.total === 0) return null;
    const rank = Math.max(1, Math.ceil(quantile * this.total));
    let seen = 0;
    let index = -1;
    while (seen < rank) seen += this.buckets[++index] as number;
    return Math.min(Math.max(middleOf(index), this.smallest), this.largest);
  }

  /** Adds what another histogram counted. */
  merge(other: LatencyHistogram): void {
    for (let index = 0; index < BUCKETS; index++) {
      this.buckets[index] = (this.buckets[index] as number) + (other.buckets[index] as number);
    }
    this.total += other.total;
    this.sum += other.sum;
    this.smallest = Math.min(this.smallest, other.smallest);
    this.largest = Math.max(this.largest, other.largest);
  }

  reset(): void {
    this.buckets.fill(0);
    this.total = 0;
    this.sum = 0;
    this.smallest = Number.POSITIVE_INFINITY;
    this.largest = 0;
  }

  snapshot(): HistogramSnapshot {
    const empty = this.total === 0;
    return {
      count: this.total,
      meanUs: empty ? null : this.sum / this.total,
      minUs: empty ? null : this.smallest,
      maxUs: empty ? null : this.largest,
      p50Us: this.percentile(0.5),
      p99Us: this.percentile(0.99),
      p999Us: this.percentile(0.999),
    };
  }
}

function bucketOf(value: number): number {
  if (value < LINEAR_BELOW) return value;
  // The top eight bits choose the bucket: the first of them is always set, the other seven count within the power of two.
  const shift = 31 - PRECISION_BITS - Math.clz32(value);
  return (shift << PRECISION_BITS) + (value >>> shift);
}

function middleOf(index: number): number {
  if (index < LINEAR_BELOW) return index;
  const shift = (index >>> PRECISION_BITS) - 1;
  const top = index - (shift << PRECISION_BITS);
  return top * 2 ** shift + (2 ** shift - 1) / 2;
}
