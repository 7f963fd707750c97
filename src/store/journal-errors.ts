// Owns: what the errors of the disk mean for a checkpoint journal, in words for people.

import { AssertionError } from '../base/assert.ts';
import { MillraceError, messageOf, systemCodeOf } from '../base/errors.ts';
import { FORMAT_VERSION } from './frame-format.ts';

/** True if the disk or the quota is full. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

export function diskFull(path: string, cause: unknown): MillraceError {
  return new MillraceError('MR_DISK_FULL', 'There is no room for the checkpoint.', {
    expected: `room on the disk of ${path}`,
    got: messageOf(cause),
    next: 'Free some room. Nothing that was acknowledged is lost; the checkpoint is tried again.',
    cause,
  });
}

/** The disk stayed full until more was held back than may be. MR_IO, because this journal is of no more use. */
export function stayedFull(path: string, cause: unknown): MillraceError {
  return new MillraceError('MR_IO', 'The disk stayed full for too long.', {
    expected: `room on the disk of ${path} before too many checkpoints wait for it`,
    got: messageOf(cause),
    next: 'Free some room and run again: the run goes on from its last checkpoint.',
    cause,
  });
}

/** An error after which nobody knows what is on the disk. Errors that already say what they are stay as they are. */
export function inputOutput(doing: string, path: string, cause: unknown): MillraceError | AssertionError {
  if (cause instanceof MillraceError || cause instanceof AssertionError) return cause;
  return new MillraceError('MR_IO', `The disk failed at ${doing}.`, {
    expected: `to be able to work with ${path}`,
    got: messageOf(cause),
    next: 'Check the disk and the rights on the folder, then start again: the run goes on from its last checkpoint.',
    cause,
  });
}

export function damaged(path: string, offset: number, what: string, cause?: unknown): MillraceError {
  return new MillraceError('MR_DATA_DAMAGED', `A checkpoint file is damaged: ${path} at byte ${offset}.`, {
    expected: 'the bytes as they were written',
    got: what,
    next: 'Put the folder back from a backup, or move it away to start from nothing. Nothing was changed.',
    cause,
  });
}

export function otherFormat(path: string, version: number): MillraceError {
  return new MillraceError('MR_DATA_FORMAT', `A checkpoint file was written by another version: ${path}.`, {
    expected: `format ${FORMAT_VERSION}`,
    got: `format ${version}`,
    next: 'Run the version of millrace that wrote it, or use another data folder.',
  });
}
