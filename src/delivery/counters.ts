// Owns: the counters of a strategy, all at 0.

import type { DeliveryCounters } from './delivery.ts';

export function newCounters(): DeliveryCounters {
  return { records: 0, acked: 0, failed: 0, timedOut: 0, replayed: 0, deadLettered: 0 };
}
