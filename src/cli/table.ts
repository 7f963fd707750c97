// Owns: aligned tables in plain text. Pure. Numbers go to the right, the rest to the left.

import { count, digits } from './format.ts';

export function table(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => columns.map((_, column) => cell(row[column])));
  const widths = columns.map((name, column) =>
    Math.max(width(name), ...cells.map((row) => width(row[column]!))),
  );
  const right = columns.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column])));
  const line = (texts: readonly string[]) =>
    texts
      .map((text, column) =>
        right[column] === true ? padStart(text, widths[column]!) : padEnd(text, widths[column]!),
      )
      .join('  ')
      .trimEnd();
  return [line(columns), widths.map((size) => '-'.repeat(size)).join('  '), ...cells.map(line)].join('\n');
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value === null || value === undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters in data must not reach the terminal.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

function cell(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return number(value);
  if (typeof value === 'bigint') return value.toString();
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.replace(CONTROL, '\u00b7');
}

function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value < 0 ? `-${count(-value)}` : count(value);
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : digits(value);
}

/** Code points, which is near enough to columns for the data that tables show. */
function width(text: string): number {
  return [...text].length;
}

function padEnd(text: string, size: number): string {
  return text + ' '.repeat(Math.max(0, size - width(text)));
}

function padStart(text: string, size: number): string {
  return ' '.repeat(Math.max(0, size - width(text))) + text;
}
