// Owns: what the log consists of.

import type { Configuration } from './configuration.ts';

export interface Entry {
  /** What the state machine applies. Opaque here. Never changed after it was proposed. */
  readonly data: Uint8Array;
  /** Not undefined in the last entry of a configuration: the one that follows it. Its `data` is empty. */
  readonly configuration: Configuration | undefined;
}

export function command(data: Uint8Array): Entry {
  return { data, configuration: undefined };
}

/** The entry that ends a configuration ("stop-sign" in "Stoppable Paxos", Lamport, Malkhi, Zhou 2008, and in OmniPaxos). */
export function stopSign(configuration: Configuration): Entry {
  return { data: new Uint8Array(0), configuration };
}

/** Whether both are the same command. A stop-sign is known by its number: a log has one for each. */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  if (a.configuration?.number !== b.configuration?.number || a.data.length !== b.data.length) return false;
  return a.data.every((byte, index) => byte === b.data[index]);
}
