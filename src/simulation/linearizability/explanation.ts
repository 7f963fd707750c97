// Owns: why a history is not linearizable, told to a person.
// Invariant: `prefix` cannot be put in order; without the return of `stuck` it could.

import type { Operation } from './history.ts';
import { type Model, UNKNOWN } from './model.ts';

export interface Explanation<Op, Result> {
  readonly key: string;
  /** The operation whose return ends the shortest prefix that fails. */
  readonly stuck: Operation<Op, Result>;
  /** All operations of the key that were invoked before that return, by invocation. */
  readonly prefix: readonly Operation<Op, Result>[];
  /** The longest order of them that was found. */
  readonly linearization: readonly Operation<Op, Result>[];
}

export const EXPLANATION_LIMITS = {
  /** The last rows of the prefix that the table shows; those before them are counted. */
  rows: 40,
} as const;

const HEADINGS: readonly string[] = [
  'operation',
  'client',
  'invoked',
  'returned',
  'place in the longest order found',
];

/** The operations of the failing prefix, one a line, with their place in the longest order found. */
export function explanationTable<State, Op, Result>(
  model: Model<State, Op, Result>,
  explanation: Explanation<Op, Result>,
): string {
  const { key, prefix, linearization, stuck } = explanation;
  const places = new Map(linearization.map((operation, place) => [operation, place + 1]));
  const shown = prefix.slice(-EXPLANATION_LIMITS.rows);
  const rows = shown.map((operation) => [
    model.describe(operation.op, operation.result),
    `${operation.client}`,
    `${operation.invokedAt}`,
    operation.result === UNKNOWN ? 'unknown' : `${operation.returnedAt}`,
    operation === stuck ? 'none: stuck' : `${places.get(operation) ?? '-'}`,
  ]);
  const hidden = prefix.length - shown.length;
  return [
    `Not linearizable: key ${key}, when ${model.describe(stuck.op, stuck.result)} of client ${stuck.client} returned at ${stuck.returnedAt}.`,
    ...(hidden > 0 ? [`(${hidden} earlier operations are not shown)`] : []),
    ...aligned([HEADINGS, ...rows]),
  ].join('\n');
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
