// Owns: reading the figures of a lane. Pure.

import type { Lane } from './lane.ts';
import type { LatencySummary, RunCounters } from './run-types.ts';

export const EMPTY_COUNTERS: RunCounters = {
  records: 0,
  tuples: 0,
  acked: 0,
  failed: 0,
  timedOut: 0,
  replayed: 0,
  deadLettered: 0,
  dropped: 0,
};

export const NO_LATENCY: LatencySummary = { p50: null, p99: null, p999: null };

export function countersOf(lane: Lane): RunCounters {
  const { delivery, counters } = lane.assembled;
  const { records, acked, failed, timedOut, replayed, deadLettered } = delivery.counters;
  return {
    records,
    tuples: counters.tuples,
    acked,
    failed: failed + counters.untrackedFailed,
    timedOut,
    replayed,
    deadLettered,
    dropped: counters.dropped,
  };
}

export function latencyOf(lane: Lane): LatencySummary {
  const latency = lane.assembled.latency.histogram;
  const ms = (quantile: number) => {
    const us = latency.percentile(quantile);
    return us === null ? null : us / 1_000;
  };
  return { p50: ms(0.5), p99: ms(0.99), p999: ms(0.999) };
}

/** Records in the sources that were not taken; null if one of them cannot tell. */
export function lagOf(lane: Lane): number | null {
  let sum = 0;
  for (const spout of lane.assembled.spouts) {
    const lag = spout.lag();
    if (lag === null) return null;
    sum += lag;
  }
  return sum;
}
