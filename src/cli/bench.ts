// Owns: `millrace bench`: prints what bench/ measures, with the machine. Not here: the benchmarks (bench/, in a checkout).

import { existsSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT } from '../base/error-codes.ts';
import { MillraceError } from '../base/errors.ts';
import type { Command, CommandInput } from './command.ts';
import { count, digits } from './format.ts';
import { packageInfo } from './package-info.ts';
import { table } from './table.ts';

/** One measured figure, as bench/ reports it (bench/bench-row.ts). */
export interface BenchResult {
  readonly name: string;
  readonly unit: 'ratio' | 'per-second' | 'ms' | 'bytes';
  /** The median of `runs`. */
  readonly value: number;
  readonly target?: { readonly atLeast?: number; readonly atMost?: number };
  readonly detail: string;
  readonly runs: readonly number[];
}

/** What bench/index.ts exports. `print` takes lines about the progress. */
export interface BenchModule {
  runBench(names: readonly string[], print: (line: string) => void): Promise<readonly BenchResult[]>;
}

export const benchCommand: Command = {
  name: 'bench',
  argumentsHelp: '[NAME ...]',
  summary: 'Measures the engine on this machine. Without a name: everything.',
  positionals: [0, 100],
  options: {
    json: { type: 'boolean', help: 'print the results as one JSON object' },
    quiet: { type: 'boolean', help: 'no progress' },
  },
  notes: ['Ends with exit code 1 if a target was missed.'],
  examples: ['millrace bench', 'millrace bench word-count acker'],
  run: bench,
};

async function bench({ positionals, options, terminal, host }: CommandInput): Promise<number> {
  const { runBench } = await benchModule(host.enableTypeScript);
  const print = options.flag('quiet') ? () => {} : (line: string) => terminal.err.line(line);
  const results = await runBench(positionals, print);
  if (options.flag('json')) terminal.out.line(JSON.stringify({ machine: machine(), results }));
  else {
    terminal.out.line(machineText());
    terminal.out.line();
    terminal.out.line(resultTable(results));
  }
  return results.every(isMet) ? EXIT.ok : EXIT.failed;
}

async function benchModule(enableTypeScript: () => Promise<void>): Promise<BenchModule> {
  const { root } = packageInfo();
  const path = join(root, 'bench/index.ts');
  if (!existsSync(path)) {
    throw new MillraceError('MR_FILE_NOT_FOUND', 'The benchmarks are not part of the package.', {
      got: `nothing at ${path}`,
      next: 'run millrace bench in a checkout of the sources',
    });
  }
  await enableTypeScript();
  return (await import(pathToFileURL(path).href)) as BenchModule;
}

export function resultTable(results: readonly BenchResult[]): string {
  const rows = results.map((result) => [
    result.name,
    valueText(result),
    result.runs.length,
    targetText(result),
    result.target === undefined ? '' : isMet(result) ? 'met' : 'MISSED',
    result.detail,
  ]);
  return table(['benchmark', 'median', 'of', 'target', 'result', ''], rows);
}

function valueText({ value, unit }: BenchResult): string {
  if (unit === 'per-second') return `${count(value)}/s`;
  if (unit === 'ratio') return `${digits(value)}x`;
  return `${digits(value)} ${unit}`;
}

function targetText({ target }: BenchResult): string {
  if (target === undefined) return 'reported';
  const { atLeast, atMost } = target;
  return [
    ...(atLeast === undefined ? [] : [`>= ${atLeast}`]),
    ...(atMost === undefined ? [] : [`<= ${atMost}`]),
  ].join(', ');
}

/** True where there is no target. */
export function isMet({ value, target }: BenchResult): boolean {
  return (
    value >= (target?.atLeast ?? Number.NEGATIVE_INFINITY) &&
    value <= (target?.atMost ?? Number.POSITIVE_INFINITY)
  );
}

function machine() {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    v8: process.versions.v8,
    system: `${process.platform} ${release()} ${process.arch}`,
  };
}

function machineText(): string {
  const { processor, cores, node, system } = machine();
  return `${processor}, ${cores} ${cores === 1 ? 'core' : 'cores'}, Node ${node}, ${system}`;
}
