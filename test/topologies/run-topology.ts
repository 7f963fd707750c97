// Owns: running a ready topology by the real command, and reading what it left in its topics.

import { join } from 'node:path';
import { millrace, type Outcome, ROOT } from '../cli/command-line.ts';

export interface Summary {
  readonly status: string;
  readonly guarantee: string;
  readonly records: number;
  readonly acked: number;
  readonly failed: number;
  readonly deadLettered: number;
}

/** Runs `topologies/NAME.ts` until the end with data in `cwd`; throws unless it ends with exit code 0. */
export async function run(name: string, cwd: string, ...more: readonly string[]): Promise<Outcome> {
  const file = join(ROOT, 'topologies', `${name}.ts`);
  const outcome = await millrace(['run', file, '--until-end', ...more], { cwd });
  if (outcome.code !== 0) throw new Error(outcome.stderr);
  return outcome;
}

/** The same with `--json --quiet`: the object of the last line. */
export async function summaryOf(name: string, cwd: string, ...more: readonly string[]): Promise<Summary> {
  const { stdout } = await run(name, cwd, '--json', '--quiet', ...more);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Summary;
}

/** The values of a topic, parsed. */
export async function valuesOf<T>(topic: string, cwd: string, data: string): Promise<T[]> {
  const { code, stdout, stderr } = await millrace(['topics', 'consume', topic, '--data', data], { cwd });
  if (code !== 0) throw new Error(stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** The cells of a report, without its head. Columns are two spaces apart. */
export function reportOf(stdout: string, title: string): string[][] {
  const lines = stdout.split('\n');
  const from = lines.indexOf(title);
  if (from < 0) throw new Error(`no report '${title}' in ${stdout}`);
  const rows = lines.slice(from + 3);
  const end = rows.indexOf('');
  return rows.slice(0, end < 0 ? undefined : end).map((line) => line.trim().split(/ {2,}/));
}
