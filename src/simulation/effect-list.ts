// Owns: the effects of a step as the list that a process may die in the middle of: the write, each message, the answer to a
// proposal, each entry to apply, each answer to a read, the fetch; in the order in which a process carries them out.

import type { Effects } from '../paxos/effects.ts';

/** Carries out every effect. */
export const ALL_EFFECTS = Number.MAX_SAFE_INTEGER;

/** How many effects there are for a process that has applied `applied` entries. */
export function countEffects(
  { write, send, proposed, decided, reads, fetch }: Effects,
  applied: number,
): number {
  // A snapshot that the write takes into use has some of the entries.
  const from = Math.max(applied, write?.snapshot ?? 0);
  const singles = Number(write !== undefined) + Number(proposed !== undefined) + Number(fetch !== undefined);
  return singles + send.length + Math.max(0, decided - from) + reads.length;
}
