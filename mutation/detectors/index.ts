// Owns: the list of detectors, by rising cost. A later area adds its own here.

import type { Detector } from '../detector.ts';
import { paper } from './paper.ts';
import { search } from './search.ts';
import { SEED_BUDGET, simulation } from './simulation.ts';

/** Most faults fall to the first seeds, sooner than a test runner has started. */
const FIRST_SEEDS = 15;

export const DETECTORS: readonly Detector[] = [
  simulation(0, FIRST_SEEDS),
  paper,
  search,
  simulation(FIRST_SEEDS, SEED_BUDGET),
];
