// Owns: what `doctor` says about a data folder: its topics, whether this version can read them, and who holds its locks.
// Changes nothing.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { FolderLock, Log } from '../log/index.ts';
import type { Finding } from './finding.ts';
import { count } from './format.ts';
import { systemClock } from './system-clock.ts';

/** `dataDir` is absolute and exists. */
export async function inspectDataFolder(dataDir: string): Promise<Finding[]> {
  return [await topics(dataDir), await locks(dataDir)];
}

async function topics(dataDir: string): Promise<Finding> {
  const what = 'data folder';
  try {
    const log = await Log.open({ dataDir, clock: systemClock(), logger: silentLogger() });
    try {
      const found = await log.topics();
      const records = found
        .flatMap(({ partitions }) => partitions)
        .reduce((sum, { earliest, latest }) => sum + latest - earliest, 0);
      return {
        what,
        is: `${dataDir}: ${count(found.length)} topics, ${count(records)} records`,
        verdict: 'ok',
      };
    } finally {
      await log.close();
    }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const advice = error.next === undefined ? {} : { advice: error.next };
    return { what, is: `${dataDir}: ${error.code}: ${error.message}`, verdict: 'missing', ...advice };
  }
}

async function locks(dataDir: string): Promise<Finding> {
  const files = (await readdir(dataDir, { recursive: true })).filter((name) => name.endsWith('.lock'));
  const holders = await Promise.all(files.map((name) => FolderLock.holder(join(dataDir, name))));
  const alive = [...new Set(holders.filter((pid) => pid !== null))];
  const dead = holders.length - holders.filter((pid) => pid !== null).length;
  const parts = [
    alive.length === 0 ? 'nobody uses it' : `in use by process ${alive.join(', ')}`,
    ...(dead === 0 ? [] : [`${dead} left by processes that died; the next to come takes them over`]),
  ];
  return { what: 'locks', is: parts.join('; '), verdict: 'ok' };
}
