// Owns: reading a checkpoint folder: the newest snapshot and the journals after it, into an image. Changes nothing on
// the disk, so it also serves readers beside the owner. Not here: cutting the torn tail that it finds (checkpoint-journal.ts).

import { setTimeout as wait } from 'node:timers/promises';
import { MillraceError, messageOf, systemCodeOf } from '../base/errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CheckpointImage } from './checkpoint-image.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { FILE_HEADER_BYTES } from './frame-format.ts';
import { type Frame, FrameReader } from './frame-reader.ts';
import { damaged, inputOutput } from './journal-errors.ts';
import { filePath, listFiles } from './journal-files.ts';
import { applyPayload } from './record-decoder.ts';

/** Times a reader beside the owner tries again when files change under its hands. */
const READ_ATTEMPTS = 5;
/** Wait between these tries. */
const READ_RETRY_MS = 50;

export interface Recovered {
  readonly image: CheckpointImage;
  /** Base of the newest snapshot; 0 if there is none. */
  readonly snapshotBase: number;
  readonly snapshotBytes: number;
  /** Base of the journal that goes on; null in a folder without one. */
  readonly journalBase: number | null;
  /** End of the last whole record in that journal. */
  readonly journalEnd: number;
  /** Bytes in all journals after the snapshot. */
  readonly journalBytes: number;
}

/** Throws MR_DATA_DAMAGED, MR_DATA_FORMAT or MR_IO. */
export async function recover(fs: FileSystem, folder: string): Promise<Recovered> {
  const files = await listFiles(fs, folder);
  const image = new CheckpointImage();
  const snapshotBase = files.snapshots.at(-1) ?? 0;
  let snapshotBytes = 0;
  let through = 0;
  if (files.snapshots.length > 0) {
    const snapshot = await readSnapshot(fs, folder, snapshotBase, image);
    snapshotBytes = snapshot.bytes;
    through = snapshot.through;
  }
  image.sequence = snapshotBase;
  const journals = files.journals.filter((base) => base >= snapshotBase);
  let journalEnd = 0;
  let journalBytes = 0;
  for (const base of journals) {
    if (base !== image.sequence) throw missing(folder, image.sequence);
    journalEnd = await replay(fs, filePath(folder, 'journal', base), base, image, base === journals.at(-1));
    journalBytes += journalEnd;
  }
  if (image.sequence < through || (journals.length === 0 && files.snapshots.length > 0)) {
    throw missing(folder, image.sequence);
  }
  return {
    image,
    snapshotBase,
    snapshotBytes,
    journalBase: journals.at(-1) ?? null,
    journalEnd,
    journalBytes,
  };
}

/**
 * The last commit in a folder, also while its owner runs. It may be one that the owner's flush is just making durable.
 * A folder that is not there gives the empty checkpoint. Throws as `recover`.
 */
export async function readCheckpoint(fs: FileSystem, folder: string): Promise<Checkpoint> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await recover(fs, folder)).image.view();
    } catch (error) {
      // The owner may replace files between the listing and the reading, and cut a tail that did not fit on the disk.
      if (attempt === READ_ATTEMPTS) throw inputOutput('reading a checkpoint', folder, error);
      const passing =
        systemCodeOf(error) === 'ENOENT' ||
        (error instanceof MillraceError && error.code === 'MR_DATA_DAMAGED');
      if (!passing) throw inputOutput('reading a checkpoint', folder, error);
    }
    await wait(READ_RETRY_MS);
  }
}

async function readSnapshot(
  fs: FileSystem,
  folder: string,
  base: number,
  image: CheckpointImage,
): Promise<{ bytes: number; through: number }> {
  const path = filePath(folder, 'snapshot', base);
  return reading(fs, path, async (file) => {
    const reader = await FrameReader.open(file, path, 'snapshot', base);
    for (;;) {
      const offset = reader.offset;
      const frame = await reader.next();
      if (frame === null) throw damaged(path, offset, 'a part of the snapshot whose checksum does not fit');
      apply(image, frame, path, offset);
      if (!frame.header.last) continue;
      if (!reader.atEnd) throw damaged(path, reader.offset, 'bytes after the end of the snapshot');
      return { bytes: reader.offset, through: frame.header.sequence };
    }
  });
}

/** Applies the whole records of a journal; gives the end of the last one. */
async function replay(
  fs: FileSystem,
  path: string,
  base: number,
  image: CheckpointImage,
  mayBeTorn: boolean,
): Promise<number> {
  return reading(fs, path, async (file) => {
    const reader = await FrameReader.open(file, path, 'journal', base);
    let end = FILE_HEADER_BYTES;
    let record: Frame[] = [];
    while (!reader.atEnd) {
      const offset = reader.offset;
      const frame = await reader.next();
      if (frame === null) {
        await refuseDamage(reader, path, image.sequence + 1, mayBeTorn);
        return end;
      }
      if (frame.header.sequence !== image.sequence + 1) {
        throw damaged(path, offset, `record ${frame.header.sequence} where ${image.sequence + 1} should be`);
      }
      record.push(frame);
      if (!frame.header.last) continue;
      for (const part of record) apply(image, part, path, end);
      image.sequence++;
      record = [];
      end = reader.offset;
    }
    // The last frame of a record is missing: torn between two frames.
    if (record.length > 0) await refuseDamage(reader, path, image.sequence + 1, mayBeTorn);
    return end;
  });
}

async function refuseDamage(
  reader: FrameReader,
  path: string,
  sequence: number,
  mayBeTorn: boolean,
): Promise<void> {
  if (!mayBeTorn) throw damaged(path, reader.offset, 'a broken record in a journal that was closed');
  const later = await reader.findLaterRecord(sequence);
  if (later === null) return;
  throw damaged(
    path,
    reader.offset,
    `record ${sequence} is broken, and a later one follows at byte ${later}`,
  );
}

function apply(image: CheckpointImage, frame: Frame, path: string, offset: number): void {
  try {
    applyPayload(image, frame.payload);
  } catch (error) {
    throw damaged(path, offset, messageOf(error), error);
  }
}

function missing(folder: string, sequence: number): MillraceError {
  const path = filePath(folder, 'journal', sequence);
  return damaged(path, 0, `commits after ${sequence} are missing: a journal was removed or shortened`);
}

async function reading<T>(fs: FileSystem, path: string, read: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await fs.open(path, 'read');
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}
