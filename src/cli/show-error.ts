// Owns: how an error looks on standard error, and its exit code. Invariant: a user's mistake never shows a stack trace,
// a mistake of ours always does.

import { AssertionError } from '../base/assert.ts';
import { ERROR_CODES, EXIT } from '../base/error-codes.ts';
import { MillraceError, messageOf } from '../base/errors.ts';
import { locate } from './source-place.ts';
import type { Terminal } from './terminal.ts';

/** Causes behind causes that are shown. */
const MAX_CAUSES = 5;

/** Prints what was thrown. Returns the exit code that goes with it. */
export function showError(error: unknown, { err }: Terminal): number {
  if (error instanceof MillraceError) {
    const text = error.describe();
    const [first = '', ...rest] = [...text.split('\n'), ...causesOf(error, text)];
    err.line(
      [err.style('red', first), ...rest, `  see       docs/errors.md#${error.code.toLowerCase()}`].join('\n'),
    );
    return ERROR_CODES[error.code];
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  err.line(err.style('red', stack));
  err.line(
    error instanceof AssertionError
      ? 'This is a mistake in Millrace itself. Please report it with the lines above.'
      : 'Nothing expected this error. If it does not come from your own code, please report it with the lines above.',
  );
  return EXIT.internal;
}

/** What lies behind an error, as far as its text does not say it already, with its place in the user's code. */
function causesOf(error: MillraceError, text: string): string[] {
  const lines: string[] = [];
  let said = text;
  let cause: unknown = error.cause;
  for (let depth = 0; depth < MAX_CAUSES && cause !== undefined && cause !== null; depth++) {
    const place = locate(cause);
    const message = messageOf(cause);
    if (!said.includes(message)) lines.push(`  cause     ${message}`);
    if (place !== undefined && !said.includes(place)) lines.push(`  at        ${place}`);
    said += `${message} ${place ?? ''}`;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}
