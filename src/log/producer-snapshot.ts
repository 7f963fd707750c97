// Owns: the `producers` file of a partition: its producer table as of one place in the log, so that opening a large
// log does not read all of it. Invariant: the table in the file is that of all batches before `place`. A missing or
// damaged file is no error: the table is rebuilt from the log.

import { crc32c } from '../base/crc32c.ts';
import { systemCodeOf } from '../base/errors.ts';
import { type FileSystem, writeAtomically } from '../files/file-system.ts';
import { type ProducerBatch, ProducerTable } from './producer-state.ts';
import type { LogPosition } from './watermarks.ts';

const PRODUCERS_FILE = 'producers';
const VERSION = 1;

interface SnapshotBody {
  readonly version: number;
  readonly place: LogPosition;
  readonly producers: readonly (readonly [number, readonly ProducerBatch[]])[];
}

export interface ProducerSnapshot {
  readonly place: LogPosition;
  readonly table: ProducerTable;
}

/** Stores the table durably: a line with the CRC-32C of the rest, then JSON. */
export async function writeProducerSnapshot(
  files: FileSystem,
  folder: string,
  snapshot: ProducerSnapshot,
): Promise<void> {
  const body: SnapshotBody = { version: VERSION, place: snapshot.place, producers: snapshot.table.toJSON() };
  const text = JSON.stringify(body);
  const bytes = Buffer.from(`${checksum(text)}\n${text}\n`);
  await writeAtomically(files, folder, PRODUCERS_FILE, bytes);
}

/** Null if there is none that can be used. */
export async function readProducerSnapshot(
  files: FileSystem,
  folder: string,
): Promise<ProducerSnapshot | null> {
  let text: string;
  try {
    text = (await files.readWhole(`${folder}/${PRODUCERS_FILE}`)).toString('utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
  const lineEnd = text.indexOf('\n');
  const json = text.slice(lineEnd + 1, -1);
  if (lineEnd < 0 || text.slice(0, lineEnd) !== checksum(json)) return null;
  const body = JSON.parse(json) as SnapshotBody;
  if (body.version !== VERSION) return null;
  return { place: body.place, table: ProducerTable.from(body.producers) };
}

function checksum(text: string): string {
  return crc32c(Buffer.from(text)).toString(16).padStart(8, '0');
}
