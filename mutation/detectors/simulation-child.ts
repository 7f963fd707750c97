// Owns: the process in which the simulator of a copy runs: `simulation-child.ts <folder> <first> <end>`. Prints a line per seed,
// and `failed: …` at the first that fails.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type RunPaxos = typeof import('../../src/simulation/run-paxos.ts');

const [folder, first, end] = process.argv.slice(2);
if (folder === undefined || first === undefined || end === undefined) {
  throw new Error('usage: simulation-child.ts <folder> <first> <end>');
}

const path = pathToFileURL(join(folder, 'src/simulation/run-paxos.ts')).href;
const { defaultOptions, runPaxos } = (await import(path)) as RunPaxos;
for (let seed = Number(first); seed < Number(end); seed++) {
  process.stdout.write(`seed ${seed}\n`);
  // Every fourth run has five replicas, as in CI.
  const { failure } = runPaxos({ ...defaultOptions(seed), replicas: seed % 4 === 3 ? 5 : 3 });
  if (failure === undefined) continue;
  const message = failure.message.split('\n')[0];
  process.stdout.write(`failed: ${failure.check}: ${message}\n`);
  break;
}
