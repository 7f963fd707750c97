// Owns: pino, the only place that knows it. Logs go to standard error as one JSON object per line.

import pino from 'pino';
import type { Logger } from '../base/logger.ts';
import type { OptionSpec, OptionValues } from './command.ts';
import { usage } from './command.ts';

const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
type Level = (typeof LEVELS)[number];

export const LOG_LEVEL_OPTION: OptionSpec = {
  type: 'string',
  value: 'LEVEL',
  help: `logs on standard error: ${LEVELS.join(', ')} (default warn)`,
};

/** Throws MR_USAGE for a level that does not exist. */
export function loggerFor(command: { readonly name: string }, options: OptionValues): Logger {
  const level = options.text('log-level') ?? 'warn';
  if (!isLevel(level)) {
    throw usage(command, '--log-level is not a level.', { expected: LEVELS.join(', '), got: level });
  }
  // Synchronous, so that the last lines before a crash are not lost.
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}
