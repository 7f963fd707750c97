// Owns: the names of the kinds of faults, and sets of them.

export const FAULT_KINDS = [
  'loss',
  'duplication',
  'reordering',
  'delay',
  'one-way-cut',
  'partition',
  'clog',
  'frame-damage',
  'crash',
  'pause',
  'drift',
  'clock-jump',
  'unsynced-loss',
  'torn-write',
  'bit-flip',
  'disk-full',
  'fsync-error',
  'slow-disk',
  'lost-disk',
  'snapshot',
  'reconfiguration',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** How often each kind happened. */
export type FaultCounts = Record<FaultKind, number>;

export function noFaults(): FaultCounts {
  const counts: Partial<FaultCounts> = {};
  for (const kind of FAULT_KINDS) counts[kind] = 0;
  return counts as FaultCounts;
}

export function isFaultKind(name: string): name is FaultKind {
  return (FAULT_KINDS as readonly string[]).includes(name);
}
