// Owns: learning what is decided. Not here: how a leader knows it (leader.ts), applying it (the driver).
// Invariants: `decided` only grows; it never passes the log's end; the stop-sign of a configuration is the last entry
// that is decided in it.

import type { Core } from './core.ts';
import { enterConfiguration } from './reconfiguration.ts';

/** The first `told` entries of the log's ballot are decided. */
export function setDecided(core: Core, told: number): void {
  const until = Math.min(told, core.log.length);
  for (let index = core.decided; index < until; index++) {
    const next = core.log.at(index)!.configuration;
    core.decided = index + 1;
    core.announce = true;
    // Learned again: a log that was repaired, or one that begins behind its configuration.
    if (next !== undefined && next.number > core.configuration.number) enterConfiguration(core, next);
  }
}
