// Owns: the seeds that every change of the consensus core has to live through: 2,000 in CI, fewer on a developer's machine.
// As a user would run them, on all processors.

import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const RUNS = process.env['CI'] === undefined ? 60 : 2_000;
const EVENTS = 20_000;
const TIMEOUT_MS = 20 * 60_000;

interface Report {
  readonly runs: number;
  readonly events: number;
  readonly failed: unknown;
  readonly eventsPerSecond: number;
}

it(`${RUNS.toLocaleString('en')} seeds of the consensus core hold every check`, {
  timeout: TIMEOUT_MS,
}, async ({ annotate }) => {
  const command = ['bin/millrace.mjs', 'simulate', 'paxos', '--json', '--runs', RUNS, '--events', EVENTS];
  const jobs = ['--jobs', availableParallelism()];
  const { stdout } = await promisify(execFile)(process.execPath, [...command, ...jobs].map(String), {
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`a seed fails:\n${error.stderr}\n${error.stdout}`);
  });
  const report = JSON.parse(stdout.trim().split('\n').at(-1)!) as Report;
  await annotate(`${report.events} events, ${report.eventsPerSecond} a second`);
  expect(report.runs).toBe(RUNS);
  expect(report.events).toBeGreaterThanOrEqual(RUNS * EVENTS);
});
