// Owns: runs of many seeds, and their sum. Not here: processes and options of the command line.
// Invariant: the sum of a range of seeds is that of its parts.

import { FAULT_KINDS, type FaultCounts, noFaults } from './fault-kinds.ts';
import type { RunFailure, RunOptions, RunParts, RunResult } from './run-paxos.ts';
import { runPaxos } from './run-paxos.ts';

/** Each so manieth seed is run twice, and both traces must be equal, by the fingerprint of their whole text. */
export const TWICE_EVERY = 100;

export interface FailedRun {
  readonly options: RunOptions;
  readonly failure: RunFailure;
}

export interface Summary {
  runs: number;
  /** Runs that were repeated, with an equal trace. */
  repeated: number;
  events: number;
  decided: number;
  operations: number;
  answered: number;
  messages: number;
  refusedFrames: number;
  /** Virtual. */
  seconds: number;
  readonly faults: FaultCounts;
  /** That of the lowest seed. */
  failed: FailedRun | undefined;
}

export function emptySummary(): Summary {
  return {
    runs: 0,
    repeated: 0,
    events: 0,
    decided: 0,
    operations: 0,
    answered: 0,
    messages: 0,
    refusedFrames: 0,
    seconds: 0,
    faults: noFaults(),
    failed: undefined,
  };
}

/** Runs one after the other until one fails. */
export function runMany(runs: Iterable<RunOptions>, parts: RunParts = {}): Summary {
  const summary = emptySummary();
  for (const options of runs) {
    const isRunTwice = options.seed % TWICE_EVERY === 0;
    const all = isRunTwice ? { ...parts, hashText: true } : parts;
    const result = runPaxos(options, all);
    count(summary, result);
    let { failure } = result;
    if (failure === undefined && isRunTwice) {
      failure = difference(result, runPaxos(options, all));
      if (failure === undefined) summary.repeated++;
    }
    if (failure === undefined) continue;
    summary.failed = { options, failure };
    break;
  }
  return summary;
}

/** Adds `part` to `whole`. */
export function addSummary(whole: Summary, part: Summary): void {
  whole.runs += part.runs;
  whole.repeated += part.repeated;
  addFigures(whole, part);
  const { failed } = part;
  if (failed === undefined) return;
  if (whole.failed === undefined || failed.options.seed < whole.failed.options.seed) whole.failed = failed;
}

function count(summary: Summary, result: RunResult): void {
  summary.runs++;
  addFigures(summary, result);
}

type Figures = Pick<
  Summary,
  'events' | 'decided' | 'operations' | 'answered' | 'messages' | 'refusedFrames' | 'seconds' | 'faults'
>;

function addFigures(whole: Summary, part: Figures): void {
  whole.events += part.events;
  whole.decided += part.decided;
  whole.operations += part.operations;
  whole.answered += part.answered;
  whole.messages += part.messages;
  whole.refusedFrames += part.refusedFrames;
  whole.seconds += part.seconds;
  for (const kind of FAULT_KINDS) whole.faults[kind] += part.faults[kind];
}

function difference(once: RunResult, twice: RunResult): RunFailure | undefined {
  if (once.textHash === twice.textHash && once.hash === twice.hash && twice.failure === undefined)
    return undefined;
  return {
    check: 'same seed, same trace',
    message: `two runs of one seed: ${once.events} events with trace ${once.textHash}, then ${twice.events} with ${twice.textHash}`,
    event: Math.min(once.events, twice.events),
    seconds: Math.min(once.seconds, twice.seconds),
  };
}
