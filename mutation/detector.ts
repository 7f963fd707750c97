// Owns: what a detector is: something that may or may not notice that the source in a folder is broken. Invariant: a
// detector that cannot do its work throws; "not noticed" always means that it looked.

import type { Fault } from './fault.ts';

export interface Finding {
  /** What noticed it: a test's name, a check of the simulator, an invariant of the search. */
  readonly how: string;
  /** Seeds that were run until then, 0 for a detector without seeds. */
  readonly seeds: number;
}

export interface Detector {
  readonly name: string;
  /** Whether it could notice this fault at all. Everything concerns the canary. */
  concerns(fault: Fault): boolean;
  /** Looks at the source in `folder`. Undefined: nothing is wrong, as far as this detector can see. */
  run(folder: string): Promise<Finding | undefined>;
}
