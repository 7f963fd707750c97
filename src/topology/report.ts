// Owns: reports on keyed state: reading what the author gave to `t.report`, and choosing the top entries.
// Invariant: `top` keeps at most its number of entries in memory; entries of equal rank keep their order.

import type { Issues } from './issues.ts';
import type { ReportPlan } from './plan.ts';
import { isObject, type ReportRecord } from './records.ts';
import { quoted, shown } from './shown.ts';

const MAX_TOP = 10_000;

type Rows = ReportPlan['rows'];
type By = (value: unknown) => number;
type Row = (key: unknown, value: unknown) => readonly unknown[];

/** What a report says about itself; which component it reads is for the caller to find. */
export type ReadReport = Omit<ReportPlan, 'component'>;

/** Undefined, with issues, if anything is wrong. `states` are the states of the bolt it names. */
export function readReport(
  record: ReportRecord,
  bolt: string,
  states: readonly string[],
  issues: Issues,
): ReadReport | undefined {
  const before = issues.count;
  const { title, options } = record;
  const wrong = (problem: string, fix: string): void =>
    issues.add(bolt, `report ${quoted(title)}: ${problem}`, fix);
  if (typeof title !== 'string' || title === '') wrong('the title is empty or no string', 'Give it a title.');
  if (!isObject(options)) {
    wrong('it has no options', 'Give { state, columns, rows } or { state, columns, top, by }.');
    return undefined;
  }
  const { state, columns } = options;
  if (!states.includes(state as string)) {
    const known = states.length === 0 ? 'The bolt declares none.' : `Name one of ${states.join(', ')}.`;
    wrong(`the bolt has no state ${quoted(state)}`, known);
  }
  if (!Array.isArray(columns) || columns.length === 0 || columns.some((one) => typeof one !== 'string')) {
    wrong('columns is no list of names', 'Give the names of the columns, at least one.');
  }
  const rows = readRows(options, wrong);
  if (issues.count > before || rows === undefined) return undefined;
  const names = Object.freeze([...(columns as string[])]);
  return { title: title as string, state: state as string, columns: names, rows };
}

function readRows(
  options: Record<PropertyKey, unknown>,
  wrong: (problem: string, fix: string) => void,
): Rows | undefined {
  const { rows, top, by, row } = options;
  if (rows !== undefined && (top !== undefined || by !== undefined || row !== undefined)) {
    wrong('it has both rows and top, by or row', 'Give rows alone, or top and by.');
    return undefined;
  }
  if (typeof rows === 'function') return rows as Rows;
  if (
    !Number.isInteger(top) ||
    (top as number) < 1 ||
    (top as number) > MAX_TOP ||
    typeof by !== 'function'
  ) {
    wrong(
      `it has neither a function rows nor top (${shown(top)}) with by (${shown(by)})`,
      `Give rows: (entries) => …, or top: an integer from 1 to ${MAX_TOP} with by: (value) => a number.`,
    );
    return undefined;
  }
  if (row !== undefined && typeof row !== 'function') {
    wrong(`row is ${shown(row)}`, 'Give row: (key, value) => the cells, or leave it out.');
    return undefined;
  }
  const rowOf = (row ?? ((key: unknown, value: unknown) => [key, value])) as Row;
  return (entries) => topRows(entries, top as number, by as By, rowOf);
}

/** The `top` entries with the greatest score, greatest first. An entry whose score is NaN is left out. */
export function topRows(
  entries: Iterable<readonly [unknown, unknown]>,
  top: number,
  by: By,
  row: Row,
): readonly (readonly unknown[])[] {
  const best: { score: number; key: unknown; value: unknown }[] = [];
  for (const [key, value] of entries) {
    const score = by(value);
    const last = best[best.length - 1];
    if (Number.isNaN(score) || (best.length === top && score <= last!.score)) continue;
    let low = 0;
    for (let high = best.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (best[middle]!.score >= score) low = middle + 1;
      else high = middle;
    }
    best.splice(low, 0, { score, key, value });
    if (best.length > top) best.pop();
  }
  return best.map((entry) => row(entry.key, entry.value));
}
