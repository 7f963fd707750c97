// Owns: the explicit-state search of the core as a detector, within bounds that cost a minute at most. Not here: what runs
// in its process (search-child.ts), the whole search (test/simulation/search).

import { fileURLToPath } from 'node:url';
import { runNode } from '../child.ts';
import type { Detector, Finding } from '../detector.ts';

/** Nothing is said until the end. */
const PATIENCE_MS = 180_000;

const CHILD = fileURLToPath(new URL('./search-child.ts', import.meta.url));

export const search: Detector = {
  name: 'search',
  // It has no disk but its own, and elects by nomination.
  concerns: ({ area, edits }) =>
    area === 'consensus' && edits.some(({ file }) => file.startsWith('src/paxos/')),
  async run(folder): Promise<Finding | undefined> {
    const { ended, output } = await runNode(folder, ['--import', 'tsx', CHILD, folder], PATIENCE_MS);
    if (ended === 'silent') return { how: 'the search does not end', seeds: 0 };
    const said = output.trimEnd().split('\n').at(-1) ?? '';
    if (said.startsWith('violation: ')) return { how: said.slice('violation: '.length), seeds: 0 };
    if (ended !== 0 || said !== 'nothing found')
      throw new Error(`the search did not run: ${output.slice(-2_000)}`);
    return undefined;
  },
};
