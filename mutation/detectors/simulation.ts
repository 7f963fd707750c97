// Owns: the simulator as a detector: one seed after the other until one fails, in a process of its own. Not here: what runs in
// that process (simulation-child.ts).

import { fileURLToPath } from 'node:url';
import { runNode } from '../child.ts';
import type { Detector, Finding } from '../detector.ts';

/** Seeds within which each fault must be caught. */
export const SEED_BUDGET = 500;

/** A seed takes well under a second; a mutant that is busy with one for this long will not come back. */
const PATIENCE_MS = 40_000;

const CHILD = fileURLToPath(new URL('./simulation-child.ts', import.meta.url));

/** The seeds `first … end - 1`. */
export function simulation(first: number, end: number): Detector {
  return {
    name: 'simulation',
    concerns: ({ area }) => area === 'consensus',
    run: (folder) => simulate(folder, first, end),
  };
}

async function simulate(folder: string, first: number, end: number): Promise<Finding | undefined> {
  const args = ['--import', 'tsx', CHILD, folder, String(first), String(end)];
  const { ended, output } = await runNode(folder, args, PATIENCE_MS);
  const lines = output.trimEnd().split('\n');
  const seeds = first + lines.filter((line) => /^seed \d+$/.test(line)).length;
  if (ended === 'silent') return { how: `seed ${seeds - 1} does not end`, seeds };
  const failure = lines.find((line) => line.startsWith('failed: '));
  if (failure !== undefined) return { how: failure.slice('failed: '.length), seeds };
  if (ended !== 0 || seeds !== end) throw new Error(`the simulator did not run: ${output.slice(-2_000)}`);
  return undefined;
}
