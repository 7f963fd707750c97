// Owns: the real clock, as the command line gives it to the engine.

import type { Clock } from '../base/clock.ts';

export function systemClock(): Clock {
  return { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
}
