// Owns: the MillraceErrors of a replica's disk, so that each is worded once. Not here: who throws them.

import { MillraceError, systemCodeOf } from '../../base/errors.ts';
import { ioError } from '../../files/io-error.ts';

/** A place on the disk that does not hold what was written there. */
export interface DamagePlace {
  readonly file: string;
  /** Of the first byte that cannot be trusted. */
  readonly offset: number;
  readonly why: string;
}

/** True if the disk or the quota is full. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** What the system said, as MR_DISK_FULL or MR_IO. All else passes: our own mistakes are no errors of the disk. */
export function judged(error: unknown, doing: string, path: string): Error {
  if (error instanceof Error && systemCodeOf(error) === undefined) return error;
  return ioError(error, doing, path);
}

export function damaged({ file, offset, why }: DamagePlace): MillraceError {
  return new MillraceError('MR_DATA_DAMAGED', `${file} is damaged at byte ${offset}: ${why}.`, {
    expected: 'the bytes that were written and flushed',
    got: why,
    next:
      'nothing was changed. With other replicas alive, start with them: they repair the log. ' +
      'Alone, restore the folder from a copy; millrace store verify shows all that is wrong with it',
  });
}

/** The replica's promises may be gone: it must not vote again under its name. */
export function stateLost({ file, offset, why }: DamagePlace): MillraceError {
  return new MillraceError('MR_DATA_DAMAGED', `${file} is damaged at byte ${offset}: ${why}.`, {
    expected: 'one readable copy of what this replica has promised',
    got: 'neither the log nor the two state files hold it',
    next: 'this replica must not vote again: replace it by a new one with another id and an empty folder',
  });
}

export function otherVersion(file: string, version: number, known: number): MillraceError {
  return new MillraceError('MR_DATA_FORMAT', `${file} was written by another version of Millrace.`, {
    expected: `format ${known}`,
    got: `format ${version}`,
    next: 'use the version that wrote it, or another data folder',
  });
}

export function otherOwner(file: string, expected: string, got: string): MillraceError {
  return new MillraceError('MR_STORE_FOLDER', `${file} belongs to another replica.`, {
    expected,
    got,
    next: 'give each replica its own folder, and start it with the cluster and id that the folder was made for',
  });
}

export function notFormatted(folder: string): MillraceError {
  return new MillraceError('MR_STORE_FOLDER', `${folder} holds no replica.`, {
    expected: 'a folder that was formatted for this replica',
    got: 'no snapshot and no log in it',
    next: 'check the path. A replica that lost its disk comes back with an empty folder and a new id',
  });
}

export function notEmpty(folder: string, name: string): MillraceError {
  return new MillraceError('MR_STORE_FOLDER', `${folder} is not empty.`, {
    expected: 'an empty folder to make a replica in',
    got: `${name} and perhaps more`,
    next: 'use another folder. What a replica has promised must not be forgotten: never clear one that took part',
  });
}
