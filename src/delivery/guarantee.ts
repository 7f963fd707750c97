// Owns: the names of the three guarantees.

export const GUARANTEES = ['at-most-once', 'at-least-once', 'exactly-once'] as const;

export type Guarantee = (typeof GUARANTEES)[number];

/** What this version can run. */
export const AVAILABLE_GUARANTEES: readonly Guarantee[] = ['at-most-once', 'at-least-once'];
