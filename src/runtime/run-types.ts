// Owns: the face of a run towards the command line, the testing kit and the dashboard. Types only.

import type { Clock } from '../base/clock.ts';
import type { MillraceError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Guarantee } from '../delivery/guarantee.ts';
import type { TopologyPlan } from '../topology/plan.ts';

export interface RunOptions {
  readonly plan: TopologyPlan;
  readonly guarantee: Guarantee;
  /** Absolute path; made if missing. */
  readonly dataDir: string;
  /** Stop when all that was in the sources at the start is done. */
  readonly untilEnd: boolean;
  /** Drain after this long. */
  readonly durationMs?: number;
  /** Components (`count`) and single states (`count.totals`) whose stored state is forgotten; those that are not there are no error. */
  readonly dropState?: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * completed: everything until the end is done; drained: stopped on request with all in flight done and stored;
 * stopped: stopped at once; failed: ended by an error; stalled: work was there and nothing moved.
 */
export type RunStatus = 'completed' | 'drained' | 'stopped' | 'failed' | 'stalled';

export interface RunCounters {
  /** Records taken from the sources, first tries only. */
  readonly records: number;
  /** Tuples handed to bolts and sinks. */
  readonly tuples: number;
  /** Records whose tree is done. Under at most once: records emitted, for nothing is tracked. */
  readonly acked: number;
  /** Trees failed by a bolt or a sink. Under at most once: tuples dropped because of an error. */
  readonly failed: number;
  readonly timedOut: number;
  readonly replayed: number;
  readonly deadLettered: number;
  /** Tuples dropped by policy `drop`. */
  readonly dropped: number;
}

export interface LatencySummary {
  /** Milliseconds from the spout's emit to the end of the tree; null while there is none. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
}

export interface RunSnapshot extends RunCounters {
  readonly phase: 'starting' | 'running' | 'draining' | 'ended';
  readonly seconds: number;
  /** What a long start is busy with; null once it runs. */
  readonly activity: string | null;
  /** Records in flight. */
  readonly pending: number;
  /** Records in the sources that were not taken yet; null where a source cannot tell. */
  readonly lag: number | null;
  readonly latencyMs: LatencySummary;
  /** The component that holds the run up, if one does. */
  readonly blockedBy: string | null;
}

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface RunSummary extends RunCounters {
  readonly topology: string;
  readonly guarantee: Guarantee;
  readonly status: RunStatus;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly latencyMs: LatencySummary;
  readonly reports: readonly ReportTable[];
  /** Why it ended, for `failed` and `stalled`. */
  readonly error: MillraceError | null;
}

export interface Run {
  /** Opens everything and runs until the end. Rejects with MillraceError if it cannot start; later errors are in the summary. */
  start(): Promise<RunSummary>;
  /** Stop taking records, finish what is in flight, store positions. */
  drain(): void;
  /** Stop at once: also a start, or an end, that hangs. What is in flight is replayed by the next run. */
  stop(): void;
  snapshot(): RunSnapshot;
}
