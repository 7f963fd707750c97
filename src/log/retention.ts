// Owns: which segments of a partition go, by size and by age. Whole segments from the old end, never the one being written. Pure.

export interface SegmentSummary {
  readonly base: number;
  readonly bytes: number;
  readonly newestTimestamp: number;
}

export interface RetentionRule {
  readonly retentionBytes: number | null;
  readonly retentionMs: number | null;
}

/**
 * How many of `closed` (ascending) go. By size as in Kafka: a segment goes while what stays behind it is still at least `retentionBytes`.
 * By age: a segment goes when its newest record is older than `retentionMs`.
 */
export function expiredSegments(
  closed: readonly SegmentSummary[],
  activeBytes: number,
  rule: RetentionRule,
  now: number,
): number {
  let staying = activeBytes;
  for (const segment of closed) staying += segment.bytes;
  let expired = 0;
  for (const segment of closed) {
    staying -= segment.bytes;
    const tooMuch = rule.retentionBytes !== null && staying >= rule.retentionBytes;
    const tooOld = rule.retentionMs !== null && segment.newestTimestamp < now - rule.retentionMs;
    if (!tooMuch && !tooOld) break;
    expired++;
  }
  return expired;
}
