// Owns: making a replica's disk in an empty folder. Not here: opening one (replica-disk.ts).
//
// A formatted disk has a snapshot of nothing, with the configuration, and the two slots with the first hard state. The
// snapshot comes first and the slots last: a folder that a crash has left half formatted has no slot that can be read, is
// recognized by that, and is formatted again.

import { assert } from '../../base/assert.ts';
import type { FileSystem } from '../../files/file-system.ts';
import { writeAtomically } from '../../files/file-system.ts';
import { NO_BALLOT } from '../../paxos/ballot.ts';
import type { Configuration } from '../../paxos/configuration.ts';
import { judged, notEmpty } from './disk-errors.ts';
import { encodeHeader, type Owner } from './file-header.ts';
import { contextOf, type Lock, lockFolder } from './replica-disk.ts';
import { LOCK_NAME, snapshotPath } from './replica-files.ts';
import { encodeFooter } from './snapshot-format.ts';
import { readSlots, StateSlots } from './state-slots.ts';

export interface FormatOptions extends Owner {
  /** Absolute; made if it is missing. */
  readonly folder: string;
  readonly fs: FileSystem;
  /** Drawn at random, never 0: tells this disk from one that was lost. */
  readonly incarnation: number;
  /** True only in a cluster that begins, where every replica is new. */
  readonly admitted: boolean;
  readonly configuration: Configuration;
  readonly lock?: () => Promise<Lock>;
}

/** Throws MR_STORE_FOLDER if the folder is not empty; MR_DATA_LOCKED, MR_DISK_FULL or MR_IO. */
export async function formatReplicaDisk(options: FormatOptions): Promise<void> {
  const { fs, folder, incarnation, admitted, configuration } = options;
  assert(incarnation > 0, 'a formatted disk has an incarnation');
  const { owner } = contextOf(options);
  let lock: Lock | undefined;
  try {
    await fs.makeFolder(folder);
    lock = await (options.lock ?? (() => lockFolder(folder)))();
    const slots = await readSlots(fs, folder, owner);
    const own = new Set([LOCK_NAME, 'state-a', 'state-b', firstName(folder), `${firstName(folder)}.new`]);
    const other = (await fs.list(folder)).find((name) => !own.has(name) && !name.startsWith(LOCK_NAME));
    const isFormatted = slots.some(({ slot }) => slot !== undefined);
    if (other !== undefined || isFormatted) throw notEmpty(folder, other ?? 'a replica');
    const footer = { chunks: 0, dataBytes: 0, crc: 0, configuration, stateHash: new Uint8Array(0) };
    const snapshot = Buffer.concat([encodeHeader('snapshot', owner, 0), encodeFooter(footer)]);
    await writeAtomically(fs, folder, firstName(folder), snapshot);
    const hard = {
      incarnation,
      admitted,
      damaged: false,
      promised: NO_BALLOT,
      accepted: NO_BALLOT,
      configuration,
      known: [],
    };
    const files = await StateSlots.open(fs, folder, owner, slots);
    try {
      for (let copy = 0; copy < slots.length; copy++) await files.write({ sequence: 0, segment: 0, hard });
    } finally {
      await files.close();
    }
  } catch (error) {
    throw judged(error, 'format', folder);
  } finally {
    await lock?.release();
  }
}

function firstName(folder: string): string {
  return snapshotPath(folder, 0).slice(folder.length + 1);
}
