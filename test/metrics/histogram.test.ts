// The latency histogram against exact percentiles of the sorted values.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram, MAX_LATENCY_US } from '../../src/metrics/histogram.ts';

const RELATIVE_ERROR = 0.004;

/** Spread over all powers of two, so that every region of buckets is met. */
const latency = fc
  .tuple(fc.integer({ min: 0, max: 31 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([power, part]) => Math.min(MAX_LATENCY_US, 2 ** power * (1 + part)));

function exact(sorted: readonly number[], quantile: number): number {
  return sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1] as number;
}

function filled(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** Values are rounded to whole microseconds first: half a microsecond comes on top of the relative error. */
function expectNear(got: number | null, want: number): void {
  expect(Math.abs((got as number) - want)).toBeLessThanOrEqual(want * RELATIVE_ERROR + 0.5);
}

describe('LatencyHistogram', () => {
  it('gives every percentile within 0.4 per cent', () => {
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, quantile) => {
          const histogram = filled(values);
          const sorted = values.toSorted((a, b) => a - b);
          for (const q of [quantile, 0, 0.5, 0.99, 0.999, 1]) {
            expectNear(histogram.percentile(q), exact(sorted, q));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps count, smallest, largest and mean exactly for whole microseconds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50_000_000 }), { minLength: 1 }), (values) => {
        const { count, minUs, maxUs, meanUs } = filled(values).snapshot();
        expect({ count, minUs, maxUs }).toEqual({
          count: values.length,
          minUs: Math.min(...values),
          maxUs: Math.max(...values),
        });
        expect(meanUs).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
      }),
    );
  });

  it('is the same whether values come one by one, in counts or by merging', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(latency, fc.integer({ min: 1, max: 9 }))), fc.nat(), (pairs, cut) => {
        const whole = filled(pairs.flatMap(([value, count]) => Array<number>(count).fill(value)));
        const left = new LatencyHistogram();
        const right = new LatencyHistogram();
        pairs.forEach(([value, count], index) => {
          (index < cut % (pairs.length + 1) ? left : right).record(value, count);
        });
        left.merge(right);
        const { meanUs, ...rest } = left.snapshot();
        const { meanUs: wholeMean, ...wholeRest } = whole.snapshot();
        expect(rest).toEqual(wholeRest);
        if (wholeMean === null) expect(meanUs).toBeNull();
        else expect((meanUs as number) / wholeMean).toBeCloseTo(1, 9);
      }),
    );
  });

  it('is monotone in the quantile', () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1 }), (values) => {
        const histogram = filled(values);
        const percentiles = [0, 0.1, 0.5, 0.9, 0.99, 0.999, 1].map((q) => histogram.percentile(q) as number);
        expect(percentiles).toEqual(percentiles.toSorted((a, b) => a - b));
      }),
    );
  });

  it('clamps what is out of range and refuses what is no number', () => {
    const histogram = filled([0, -5, 0.2, 7_200_000_000, Number.POSITIVE_INFINITY]);
    expect(histogram.snapshot()).toMatchObject({ count: 5, minUs: 1, maxUs: MAX_LATENCY_US, p50Us: 1 });
    expect(() => histogram.record(Number.NaN)).toThrow(/a latency is a number/);
    expect(histogram.count).toBe(5);
  });

  it('has nothing to tell while it is empty and after a reset', () => {
    const histogram = filled([3, 900_000]);
    histogram.reset();
    expect(histogram.snapshot()).toEqual(new LatencyHistogram().snapshot());
    expect(histogram.snapshot()).toEqual({
      count: 0,
      meanUs: null,
      minUs: null,
      maxUs: null,
      p50Us: null,
      p99Us: null,
      p999Us: null,
    });
  });

  it('counts past 2^32', () => {
    const histogram = new LatencyHistogram();
    histogram.record(10, 6_000_000_000);
    histogram.record(1_000, 4_000_000_000);
    expect(histogram.count).toBe(10_000_000_000);
    expect(histogram.percentile(0.6)).toBe(10);
    expectNear(histogram.percentile(0.7), 1_000);
  });
});
