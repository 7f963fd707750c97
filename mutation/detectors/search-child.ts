// Owns: the process in which a copy's core is searched: `search-child.ts <folder>`. Prints `violation: …` or `nothing
// found`. States are visited breadth first, so that what is found is near the start: a mutant is not searched to the end.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Core = typeof import('../../src/paxos/replica.ts');
type System = typeof import('../../src/simulation/search/core-system.ts');
type Explore = typeof import('../../src/simulation/search/explore-maximal.ts');

const BOUNDS = {
  ballots: 2,
  entries: 1,
  crashes: 1,
  disks: 'prompt',
  deliveries: 'once',
  proposals: 'any',
} as const;
const MAX_STATES = 20_000;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: search-child.ts <folder>');
const load = async <T>(file: string) => (await import(pathToFileURL(join(folder, 'src', file)).href)) as T;

const { Replica } = await load<Core>('paxos/replica.ts');
const { CoreSystem } = await load<System>('simulation/search/core-system.ts');
const { exploreMaximal } = await load<Explore>('simulation/search/explore-maximal.ts');
process.stdout.write(`${find()}\n`);

function find(): string {
  try {
    const system = new CoreSystem((parts) => new Replica(parts), BOUNDS);
    const { violation } = exploreMaximal(system, { maxStates: MAX_STATES });
    return violation === undefined ? 'nothing found' : `violation: ${violation.reason.split('\n')[0]}`;
  } catch (error) {
    // The core's own assertions, on the way to some state.
    return `violation: ${error instanceof Error ? error.message : String(error)}`;
  }
}
