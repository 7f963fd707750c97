// Owns: the end of a run on standard output: the summary for people and the object for programs. Pure.

import type { Guarantee } from '../delivery/guarantee.ts';
import type { LatencySummary, RunStatus, RunSummary } from '../runtime/run-types.ts';
import { count, duration, milliseconds } from './format.ts';
import { table } from './table.ts';
import type { Output } from './terminal.ts';

const PROMISE: Readonly<Record<Guarantee, string>> = {
  'at-most-once': 'at most once: no record is processed twice; after an error or a crash some may be missing',
  'at-least-once': 'at least once: no record is lost; after a failure or a crash some may be processed again',
  'exactly-once': 'exactly once: every record counts once, in state and in outputs',
};

const ENDED: Readonly<Record<RunStatus, string>> = {
  completed: 'completed: everything that was in the sources is done',
  drained: 'drained: stopped on request, all in flight is done and stored',
  stopped: 'stopped at once: what was in flight is left to the next run',
  failed: 'failed',
  stalled: 'stalled: work was there and nothing moved',
};

/** The object that `run --json` prints as its last line. Its fields and their order are a promise. */
export function summaryJson(summary: RunSummary): string {
  return JSON.stringify({
    topology: summary.topology,
    guarantee: summary.guarantee,
    status: summary.status,
    records: summary.records,
    tuples: summary.tuples,
    acked: summary.acked,
    failed: summary.failed,
    timedOut: summary.timedOut,
    replayed: summary.replayed,
    deadLettered: summary.deadLettered,
    seconds: rounded(summary.seconds),
    recordsPerSecond: rounded(summary.recordsPerSecond),
    latencyMs: {
      p50: rounded(summary.latencyMs.p50),
      p99: rounded(summary.latencyMs.p99),
      p999: rounded(summary.latencyMs.p999),
    },
  });
}

function rounded(value: number): number;
function rounded(value: number | null): number | null;
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1_000) / 1_000;
}

export function summaryText(summary: RunSummary, out: Output): string {
  const rows: [string, string][] = [
    ['status', ended(summary, out)],
    ['guarantee', PROMISE[summary.guarantee]],
    ['records', records(summary)],
    ['tuples', count(summary.tuples)],
    ['acked', count(summary.acked)],
    ['failed', count(summary.failed)],
    ['timed out', count(summary.timedOut)],
    ['replayed', count(summary.replayed)],
    ['dead letters', count(summary.deadLettered)],
  ];
  if (summary.dropped > 0) rows.push(['dropped', count(summary.dropped)]);
  if (summary.latencyMs.p50 !== null) rows.push(['latency', latencies(summary.latencyMs)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const reports = summary.reports.map(
    ({ title, columns, rows }) => `\n${out.style('bold', title)}\n${table(columns, rows)}`,
  );
  return [
    out.style('bold', summary.topology),
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...reports,
  ].join('\n');
}

function records({ status, records, seconds, recordsPerSecond, reports }: RunSummary): string {
  if (status === 'completed' && records === 0) {
    const tables = reports.length === 0 ? '' : '; the tables below show the state that is stored';
    return `0: nothing new in the sources since the last run${tables}`;
  }
  return `${count(records)} in ${duration(seconds)}, ${count(recordsPerSecond)} a second`;
}

function ended({ status }: RunSummary, out: Output): string {
  const good = status === 'completed' || status === 'drained';
  return out.style(good ? 'green' : 'red', ENDED[status]);
}

function latencies({ p50, p99, p999 }: LatencySummary): string {
  return `median ${milliseconds(p50)}, p99 ${milliseconds(p99)}, p99.9 ${milliseconds(p999)}`;
}
