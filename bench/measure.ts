// Owns: what the benchmarks share: running a topology on the real engine in a folder that is thrown away, medians, rows.
// Not here: what is measured.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../src/base/logger.ts';
import { systemClock } from '../src/cli/system-clock.ts';
import type { Guarantee } from '../src/delivery/guarantee.ts';
import { build } from '../src/index.ts';
import { createRun } from '../src/runtime/run.ts';
import type { RunSummary } from '../src/runtime/run-types.ts';
import type { BenchRow } from './bench-row.ts';

/** Measurements per figure. */
export const RUNS = 5;
/** The same before them, not counted: code is compiled and files are in the page cache afterwards. */
export const WARM_UPS = 1;

/** Runs a topology until the end, as `millrace run` does. Throws unless every record was acked at the first try. */
export async function runToEnd(
  topology: unknown,
  guarantee: Guarantee,
  dataDir: string,
): Promise<RunSummary> {
  const plan = build(topology);
  const run = createRun({
    plan,
    guarantee,
    dataDir,
    untilEnd: true,
    logger: silentLogger(),
    clock: systemClock(),
  });
  const summary = await run.start();
  const { status, records, acked, failed, timedOut, error } = summary;
  if (error !== null) throw error;
  if (status !== 'completed' || acked !== records || failed + timedOut > 0) {
    throw new Error(`a run that counts for nothing: ${JSON.stringify(summary)}`);
  }
  return summary;
}

export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls `measure` RUNS times after the warm-ups, one after the other. */
export async function repeat<T>(measure: () => Promise<T>): Promise<T[]> {
  const measured: T[] = [];
  for (let run = -WARM_UPS; run < RUNS; run++) {
    const value = await measure();
    if (run >= 0) measured.push(value);
  }
  return measured;
}

/** A row whose value is the median of `runs`. */
export function row(
  name: string,
  unit: BenchRow['unit'],
  runs: readonly number[],
  more: Pick<BenchRow, 'detail' | 'target'>,
): BenchRow {
  return { name, unit, value: median(runs), runs, ...more };
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** `12.3 million`. */
export function millions(value: number): string {
  return `${(value / 1e6).toFixed(1)} million`;
}
