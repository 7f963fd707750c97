// Owns: `millrace simulate paxos`: its options, its worker processes and what it prints. Not here: the simulation.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { EXIT } from '../base/error-codes.ts';
import { addSummary, emptySummary, runMany, type Summary } from '../simulation/run-many.ts';
import { runPaxos } from '../simulation/run-paxos.ts';
import { shrink } from '../simulation/shrink.ts';
import type { Command, CommandInput } from './command.ts';
import { packageInfo } from './package-info.ts';
import {
  fromPlain,
  optionsOf,
  plainRun,
  type RawSummary,
  rangeOf,
  replayCommand,
  SIMULATE_OPTIONS,
  type SimulateOptions,
} from './simulate-options.ts';
import { reportText } from './simulate-report.ts';

export const simulatePaxosCommand: Command = {
  name: 'simulate paxos',
  argumentsHelp: '',
  summary: 'Runs the consensus core in a simulated world full of faults, and checks every step.',
  positionals: [0, 0],
  options: SIMULATE_OPTIONS,
  notes: [
    'One seed decides a whole run. A run that fails is made shorter, and told with the command that repeats it.',
    'Ends with exit code 1 if a check failed.',
  ],
  examples: [
    'millrace simulate paxos --runs 2000 --jobs 2',
    'millrace simulate paxos --seed 42 --runs 1 --replicas 3 --trace',
  ],
  run: simulate,
};

async function simulate({ options, terminal }: CommandInput): Promise<number> {
  const wanted = optionsOf(simulatePaxosCommand, options);
  if (wanted.trace) {
    for (const run of rangeOf(wanted)) {
      const { failure } = runPaxos(run, { print: (line) => terminal.out.line(line) });
      if (failure !== undefined) return EXIT.failed;
    }
    return EXIT.ok;
  }
  const started = process.hrtime.bigint();
  const summary = wanted.jobs > 1 ? await inProcesses(wanted) : runMany(rangeOf(wanted));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { failed } = summary;
  if (failed !== undefined && wanted.shrink) {
    if (!wanted.json) terminal.err.line(`Seed ${failed.options.seed} fails; looking for a shorter run …`);
    summary.failed = shrink(failed);
  }
  if (wanted.json) terminal.out.line(JSON.stringify(toJson(summary, seconds)));
  else terminal.out.line(reportText(summary, seconds, terminal.out));
  return failed === undefined ? EXIT.ok : EXIT.failed;
}

function toJson(summary: Summary, seconds: number): RawSummary {
  const { failed, ...figures } = summary;
  return {
    ...figures,
    wallSeconds: seconds,
    eventsPerSecond: Math.round(summary.events / seconds),
    failed:
      failed === undefined
        ? null
        : {
            options: plainRun(failed.options),
            failure: failed.failure,
            replay: replayCommand(failed.options),
          },
  };
}

/** Splits the seeds among processes of this very command, and adds up what they print. */
async function inProcesses(wanted: SimulateOptions): Promise<Summary> {
  const share = Math.ceil(wanted.runs / wanted.jobs);
  const parts: Promise<Summary>[] = [];
  for (let done = 0; done < wanted.runs; done += share) {
    parts.push(inProcess(wanted, wanted.seed + done, Math.min(share, wanted.runs - done)));
  }
  const summary = emptySummary();
  for (const part of await Promise.all(parts)) addSummary(summary, part);
  return summary;
}

function inProcess(wanted: SimulateOptions, seed: number, runs: number): Promise<Summary> {
  const bin = join(packageInfo().root, 'bin/millrace.mjs');
  const args = [bin, 'simulate', 'paxos', ...wanted.passedOn, '--seed', `${seed}`, '--runs', `${runs}`];
  const child = spawn(process.execPath, [...args, '--jobs', '1', '--json', '--no-shrink'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === EXIT.ok || code === EXIT.failed) resolve(fromPlain(JSON.parse(printed) as RawSummary));
      else reject(new Error(`the process of seeds ${seed} and on ended with ${signal ?? code}`));
    });
  });
}
