// Owns: what the `topics` commands share: opening the log of a data folder, and their options.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { silentLogger } from '../base/logger.ts';
import { Log } from '../log/index.ts';
import type { OptionSpec, OptionValues } from './command.ts';
import { DATA_OPTION } from './common-options.ts';
import { systemClock } from './system-clock.ts';

export const JSON_OPTION: OptionSpec = { type: 'boolean', help: 'print JSON' };

export const KEY_SEPARATOR_OPTION: OptionSpec = {
  type: 'string',
  value: 'TEXT',
  help: 'what stands between key and value',
};

export function dataFolder(options: OptionValues): string {
  return resolve(options.text('data') ?? DATA_OPTION.default);
}

/** False where nothing was ever stored: looking at topics must not make a folder. */
export function hasData(options: OptionValues): boolean {
  return existsSync(dataFolder(options));
}

/** Opens the log, lets `use` work with it and closes it again, whatever happens. Makes the data folder if it is missing. */
export async function withLog<T>(options: OptionValues, use: (log: Log) => Promise<T>): Promise<T> {
  const log = await Log.open({ dataDir: dataFolder(options), clock: systemClock(), logger: silentLogger() });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}
