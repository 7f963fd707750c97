// Owns: the data folder as a whole: that it exists and is of a version that this program knows. Not here: what is in it.

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError, messageOf, systemCodeOf } from '../base/errors.ts';

/** Grows when an older program would misread a newer folder. */
export const DATA_FORMAT = 1;
const FILE = 'millrace.json';

/** Makes the folder if it is missing. Throws MR_DATA_FORMAT for a folder of another version, MR_IO, MR_DISK_FULL. */
export async function prepareDataFolder(dataDir: string): Promise<void> {
  const path = join(dataDir, FILE);
  try {
    await mkdir(dataDir, { recursive: true });
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (systemCodeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (text === null) await create(path);
    else check(path, text);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const full = systemCodeOf(error) === 'ENOSPC';
    throw new MillraceError(full ? 'MR_DISK_FULL' : 'MR_IO', 'The data folder cannot be used.', {
      expected: `a folder that can be written: ${dataDir}`,
      got: messageOf(error),
      next: full ? 'Free some space.' : 'Choose another folder with --data, or mend its permissions.',
      cause: error,
    });
  }
}

async function create(path: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, `${JSON.stringify({ format: DATA_FORMAT })}\n`);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function check(path: string, text: string): void {
  let format: unknown;
  try {
    format = (JSON.parse(text) as { format?: unknown }).format;
  } catch {
    format = text.slice(0, 40);
  }
  if (format === DATA_FORMAT) return;
  throw new MillraceError('MR_DATA_FORMAT', 'The data folder was made by another version of Millrace.', {
    expected: `format ${DATA_FORMAT} in ${path}`,
    got: JSON.stringify(format) ?? 'no format',
    next: 'Use the version that made it, or another folder with --data. Nothing was changed.',
  });
}
