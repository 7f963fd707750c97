// Owns: which searches of the core are made in CI, and running one of them. Together they look at each kind of trouble at full
// bounds (2 ballots, 2 entries, 1 crash) in at least one of them; not all kinds at full bounds at once, which takes too long.

import type { MakeReplica } from '../replica-under-test.ts';
import { type CoreBounds, CoreSystem } from './core-system.ts';
import type { Exploration } from './explore.ts';
import { exploreMaximal } from './explore-maximal.ts';

export interface CoreSearch {
  readonly name: string;
  readonly bounds: CoreBounds;
}

export interface CoreSearchResult extends Exploration {
  /** Different states of one replica, and different messages. */
  readonly localStates: number;
  readonly messages: number;
}

/** A search that needs more has lost a reduction, or the core has gained behaviour: then it ends as 'limit', which is a failure. */
export const CORE_SEARCH_LIMITS = { maxStates: 1_000_000 } as const;

const FULL = { ballots: 2, entries: 2, crashes: 1 } as const;

export const CORE_SEARCHES: readonly CoreSearch[] = [
  {
    name: '2 ballots, 2 entries, 1 crash, slow disks',
    bounds: { ...FULL, disks: 'slow', proposals: 'phase 1', deliveries: 'once' },
  },
  {
    name: '2 ballots, 2 entries, 1 crash, doubled messages',
    bounds: { ...FULL, disks: 'prompt', proposals: 'phase 1', deliveries: 'again' },
  },
  {
    name: '2 ballots, 2 entries, slow disks, doubled messages',
    bounds: { ...FULL, crashes: 0, disks: 'slow', proposals: 'phase 1', deliveries: 'again' },
  },
  {
    name: '2 ballots, 1 entry in any phase, 1 crash',
    bounds: { ...FULL, entries: 1, disks: 'prompt', proposals: 'any', deliveries: 'once' },
  },
  {
    name: '2 ballots, 1 entry in any phase, slow disks',
    bounds: { ...FULL, entries: 1, crashes: 0, disks: 'slow', proposals: 'any', deliveries: 'once' },
  },
];

export function searchCore(
  make: MakeReplica,
  bounds: CoreBounds,
  limits: { readonly maxStates: number } = CORE_SEARCH_LIMITS,
): CoreSearchResult {
  const system = new CoreSystem(make, bounds);
  return { ...exploreMaximal(system, limits), ...system.size };
}
