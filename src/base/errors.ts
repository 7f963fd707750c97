// Owns: the one error class for what users and the outside world do wrong. Every such error carries a stable
// code, what was expected, what was got and what to do next. Not here: assertions (assert.ts).

import type { ErrorCode } from './error-codes.ts';

export interface ErrorDetails {
  /** What would have been right. */
  readonly expected?: string;
  /** What was there instead. */
  readonly got?: string;
  /** The next step for the reader. */
  readonly next?: string;
  readonly cause?: unknown;
}

export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly next: string | undefined;

  constructor(code: ErrorCode, summary: string, details: ErrorDetails = {}) {
    super(summary, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.expected = details.expected;
    this.got = details.got;
    this.next = details.next;
  }

  /** The lines a person reads: no stack trace. */
  describe(): string {
    const lines = [`${this.code}: ${this.message}`];
    if (this.expected !== undefined) lines.push(`  expected  ${indent(this.expected)}`);
    if (this.got !== undefined) lines.push(`  got       ${indent(this.got)}`);
    if (this.next !== undefined) lines.push(`  do        ${indent(this.next)}`);
    return lines.join('\n');
  }
}

function indent(text: string): string {
  return text.split('\n').join(`\n${' '.repeat(12)}`);
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return String(thrown);
}

/** The `code` of a Node system error (`ENOENT`, `ENOSPC` …), or undefined. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const code = (thrown as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}
