// Owns: what a proposer says of itself in phase 1a.

import type { Core, Promised } from './core.ts';
import type { Prepare } from './message.ts';

/** `held`: what the receiver has told already, in part. */
export function prepareMessage(core: Core, held?: Promised): Prepare {
  const { promised: ballot, log } = core;
  const decided = Math.max(core.decided, core.staged?.index ?? 0);
  if (held === undefined)
    return { kind: 'prepare', ballot, accepted: core.accepted, length: log.length, decided };
  return {
    kind: 'prepare',
    ballot,
    accepted: held.accepted,
    length: held.from + held.entries.length,
    decided,
  };
}
