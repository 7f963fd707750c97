// Owns: the paper tests as a detector: the statements of the papers and the rules of the election, by vitest in the copy.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNode } from '../child.ts';
import type { Detector, Finding } from '../detector.ts';

/** A test file takes a few seconds; the output comes at the end of all. */
const PATIENCE_MS = 90_000;
const RESULTS = 'mutation-results.json';

interface Results {
  readonly numTotalTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export const paper: Detector = {
  name: 'paper',
  // They have a disk of their own, so those of the simulated one do not concern them.
  concerns: ({ area, edits }) =>
    area === 'consensus' && edits.some(({ file }) => file.startsWith('src/paxos/')),
  async run(folder): Promise<Finding | undefined> {
    const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
    // The codec's tests are not about consensus. One process, since each copy has a core for itself.
    const what = ['run', 'test/paxos', '--exclude', 'test/paxos/codec/**'];
    const how = ['--bail=1', '--maxWorkers=1', '--no-isolate', '--reporter=json', `--outputFile=${RESULTS}`];
    const { ended, output } = await runNode(folder, [vitest, ...what, ...how], PATIENCE_MS);
    if (ended === 'silent') return { how: 'the tests do not end', seeds: 0 };
    if (ended === 0) return undefined;
    const results = read(join(folder, RESULTS));
    if (results === undefined || results.success)
      throw new Error(`the paper tests did not run: ${output.slice(-2_000)}`);
    return { how: firstFailure(results), seeds: 0 };
  },
};

function read(file: string): Results | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch {
    return undefined;
  }
}

function firstFailure({ testResults }: Results): string {
  for (const { assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed !== undefined) return failed.fullName;
  }
  const message = testResults.find((file) => file.message !== '')?.message;
  throw new Error(`a test file could not be run: ${message ?? 'no reason given'}`);
}
