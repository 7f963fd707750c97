// Owns: whether a commit may be accepted, and what is wrong with it if not. Not here: epochs and repetitions (lanes.ts).
// Invariant: a commit that passes can be applied in full.

import type { LaneState } from './lane-state.ts';
import type { LaneRequest, LaneResult, OffsetRange } from './types.ts';

type Commit = Extract<LaneRequest, { type: 'commit' }>;
type Refused = Extract<LaneResult, { type: 'refused' }>;

/** What one lane's outbox holds at most, over all sinks. A lane that meets a limit waits for its slowest sink. */
export const OUTBOX_LIMITS = { records: 65_536, bytes: 67_108_864 } as const;

export function checkCommit(lane: LaneState, commit: Commit): Refused | undefined {
  const { txid } = commit;
  if (txid !== lane.txid + 1) {
    return refused('gap', `transaction ${txid} does not follow ${lane.txid}`);
  }
  return checkRanges(lane, commit.ranges) ?? checkTables(commit) ?? checkOutbox(lane, commit);
}

function checkRanges(lane: LaneState, ranges: readonly OffsetRange[]): Refused | undefined {
  const seen = new Set<string>();
  for (const range of ranges) {
    const { source, partition, from, until } = range;
    const name = `${source}:${partition}`;
    if (seen.has(name)) return refused('invalid', `${name} is there twice`);
    seen.add(name);
    if (from > until) return refused('invalid', `${name} goes from ${from} back to ${until}`);
    const stored = lane.offsetOf(range);
    if (stored !== undefined && stored !== from) {
      return refused('from-mismatch', `${name} goes on at ${from}, and what is stored ends at ${stored}`);
    }
  }
  return undefined;
}

function checkTables({ tables }: Commit): Refused | undefined {
  const seen = new Set<string>();
  for (const { table, entries } of tables) {
    if (seen.has(table)) return refused('invalid', `table ${table} is there twice`);
    seen.add(table);
    for (let at = 1; at < entries.length; at++) {
      if (isAscending(entries[at - 1]!.key, entries[at]!.key)) continue;
      return refused('invalid', `the keys of table ${table} do not ascend at ${at}`);
    }
  }
  return undefined;
}

function checkOutbox(lane: LaneState, { outbox }: Commit): Refused | undefined {
  if (outbox.length === 0) return undefined;
  const records = lane.outboxRecords + outbox.length;
  let bytes = lane.outboxBytes;
  for (const { data } of outbox) bytes += data.length;
  // What alone is larger than the limit goes through when nothing else is there; the frame's limit bounds it.
  if (lane.outboxRecords === 0) return undefined;
  if (records <= OUTBOX_LIMITS.records && bytes <= OUTBOX_LIMITS.bytes) return undefined;
  return refused(
    'outbox-full',
    `${records} records of ${bytes} bytes would wait for their sinks; at most ${OUTBOX_LIMITS.records} and ${OUTBOX_LIMITS.bytes} may`,
  );
}

function isAscending(one: Uint8Array, other: Uint8Array): boolean {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at++) {
    if (one[at] !== other[at]) return one[at]! < other[at]!;
  }
  return one.length < other.length;
}

function refused(reason: Refused['reason'], detail: string): Refused {
  return { type: 'refused', reason, detail };
}
