// Owns: the command `npm run mutation`: its options, and its exit code: 0 if the canary passes and every fault is caught, 1
// if not, 2 for wrong options.
//
//   npm run mutation -- [--only NAME]… [--detector NAME]… [--all] [--json] [--list]
//
// --only: faults whose name contains NAME. --all: every detector looks at every fault, for the whole table.

import { parseArgs } from 'node:util';
import { DETECTORS } from './detectors/index.ts';
import { FAULTS } from './faults/index.ts';
import { asJson, headLine, resultLines, summaryLines } from './report.ts';
import { canaryPasses, score, survivors } from './score.ts';

const WORKERS = 2;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    detector: { type: 'string', multiple: true },
    all: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const { only, detector, all, json } = values;
  const faults = FAULTS.filter(({ name }) => only === undefined || only.some((part) => name.includes(part)));
  const detectors = DETECTORS.filter(({ name }) => detector === undefined || detector.includes(name));
  const names = [...new Set(DETECTORS.map(({ name }) => name))];
  if (faults.length === 0 || detector?.some((name) => !names.includes(name))) {
    print(`No such fault or detector. Detectors: ${names.join(', ')}; faults: see --list.`);
    return 2;
  }
  if (values.list) {
    for (const { name, lesson } of faults) print(`${name}\n  ${lesson}`);
    return 0;
  }
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1_000;
  if (!json) print(headLine());
  const results = await score({
    faults,
    detectors,
    all,
    workers: WORKERS,
    done: (result) => {
      if (!json) for (const line of resultLines(result)) print(line);
    },
  });
  if (json) print(asJson(results, seconds()));
  else for (const line of summaryLines(results, seconds())) print(line);
  return canaryPasses(results) && survivors(results).length === 0 ? 0 : 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
