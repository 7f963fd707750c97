// Owns: the list of benchmarks, and running those asked for. Not here: the benchmarks, and how results are printed
// (src/cli/bench.ts).
// Invariant: one benchmark runs at a time.

import { MillraceError } from '../src/base/errors.ts';
import { benchAcker } from './acker.ts';
import type { BenchRow } from './bench-row.ts';
import { benchFlights } from './flights.ts';
import { benchLatency } from './latency.ts';
import { benchLog } from './log.ts';
import { benchPaxos } from './paxos.ts';
import { benchWordCount } from './word-count.ts';

const BENCHES: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  'word-count': benchWordCount,
  latency: benchLatency,
  flights: benchFlights,
  log: benchLog,
  acker: benchAcker,
  paxos: benchPaxos,
};

/** Runs the named benchmarks, or all. `print` takes lines about the progress. Throws MR_USAGE for an unknown name. */
export async function runBench(names: readonly string[], print: (line: string) => void): Promise<BenchRow[]> {
  const known = Object.keys(BENCHES);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new MillraceError('MR_USAGE', `There is no benchmark ${unknown.join(', ')}.`, {
      expected: known.join(', '),
      got: unknown.join(', '),
      next: 'run millrace bench with one of these names, or without a name for all',
    });
  }
  const rows: BenchRow[] = [];
  for (const name of names.length > 0 ? known.filter((one) => names.includes(one)) : known) {
    const start = performance.now();
    print(`${name} …`);
    rows.push(...(await BENCHES[name]!()));
    print(`${name}: ${((performance.now() - start) / 1_000).toFixed(0)} s`);
  }
  return rows;
}
