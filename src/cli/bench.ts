// Owns: `millrace bench`: prints what bench/ measures, with the machine. Not here: the benchmarks (bench/, in a checkout).

import { existsSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT } from '../base/error-codes.ts';
import { MillraceError } from '../base/errors.ts';
import type { Command, CommandInput } from './command.ts';
import { digits } from './format.ts';
import { packageInfo } from './package-info.ts';
import { table } from './table.ts';

/** One measured figure, as bench/index.ts reports it. */
export interface BenchResult {
  readonly name: string;
  /** Median of the repetitions. */
  readonly value: number;
  readonly unit: string;
  /** Repetitions behind the median. */
  readonly repetitions: number;
  /** What it must reach, e.g. `<= 1.6`; absent where it is only reported. */
  readonly target?: string;
  /** Absent where there is no target. */
  readonly met?: boolean;
  readonly note?: string;
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
  return results.some(({ met }) => met === false) ? EXIT.failed : EXIT.ok;
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
  const rows = results.map(({ name, value, unit, repetitions, target, met, note }) => [
    name,
    `${digits(value)} ${unit}`.trimEnd(),
    repetitions,
    target ?? 'reported',
    met === undefined ? '' : met ? 'met' : 'MISSED',
    note ?? '',
  ]);
  return table(['benchmark', 'median', 'of', 'target', 'result', ''], rows);
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
