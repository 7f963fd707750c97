// Owns: what an error of the operating system means to a user: MR_DISK_FULL or MR_IO. Not here: who throws them.

import { MillraceError, messageOf, systemCodeOf } from '../base/errors.ts';

/** What the disk said, as MR_DISK_FULL or MR_IO. Errors of Millrace pass unchanged. */
export function ioError(error: unknown, doing: string, path: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const system = systemCodeOf(error);
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    return new MillraceError('MR_DISK_FULL', `The disk is full: could not ${doing} ${path}.`, {
      expected: 'room on the disk',
      got: messageOf(error),
      next: 'free some space; records that were not acknowledged are not in the log and can be appended again',
      cause: error,
    });
  }
  return new MillraceError('MR_IO', `Could not ${doing} ${path}.`, {
    got: messageOf(error),
    next: 'look at the disk and its permissions, then start again',
    cause: error,
  });
}
