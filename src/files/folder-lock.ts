// Owns: a lock file that one process holds at a time and that outlives nobody: a lock whose owner is dead is taken
// over. For anything that may have one writer only.
//
// A lock is made by writing a file of one's own and giving it the lock's name by `link`, which is atomic and fails if
// the name is taken: unlike a file created with `wx` and filled afterwards, a lock is never seen empty.
//
// Take-over. Two processes that both find a dead owner must not both get the lock: with "remove, then create", the slower one
// would remove the lock that the faster one has just made. So a dead lock is replaced only by whoever holds a second
// lock, `<name>.takeover`, and looked again under it:
//   1. a lock of a living owner is removed by that owner only;
//   2. a lock of a dead owner is replaced only under the second lock, by a `rename` over it;
//   3. so what is found dead under the second lock stays as it is until the rename.
// The second lock is an ordinary lock of this kind. If its holder dies in those few instructions, it is itself taken over,
// under a third one, and so on for a small number of levels.

import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { basename, dirname } from 'node:path';
import { MillraceError, systemCodeOf } from '../base/errors.ts';
import { ioError } from './io-error.ts';
import { ownIdentity, type ProcessIdentity, processState } from './process-identity.ts';

const MAX_LEVELS = 4;

interface Owner extends ProcessIdentity {
  readonly token: string;
}

export class FolderLock {
  readonly path: string;
  private readonly token: string;
  private held = true;

  private constructor(path: string, token: string) {
    this.path = path;
    this.token = token;
  }

  /**
   * Takes the lock file at `path`, whose folder must exist. `what` is what it guards, for the error.
   * Throws MR_DATA_LOCKED, naming the owner's process, while somebody alive holds it; MR_IO.
   */
  static async acquire(path: string, what: string): Promise<FolderLock> {
    const owner: Owner = { ...ownIdentity(), token: randomUUID() };
    const draft = `${path}.${process.pid}.${owner.token}`;
    try {
      await fs.writeFile(draft, JSON.stringify(owner), { flag: 'wx' });
      await takeOver(path, draft, owner, what, 0);
      return new FolderLock(path, owner.token);
    } catch (error) {
      throw ioError(error, 'take the lock', path);
    } finally {
      await fs.rm(draft, { force: true });
    }
  }

  /** The process number of a living (or not knowable) owner of the lock at `path`; null if it is free. */
  static async holder(path: string): Promise<number | null> {
    const owner = await readOwner(path);
    if (owner === null || processState(owner, ownIdentity()) === 'dead') return null;
    return owner.pid;
  }

  /** Gives the lock back. A second call does nothing. */
  async release(): Promise<void> {
    if (!this.held) return;
    this.held = false;
    const owner = await readOwner(this.path);
    // Somebody who removed the file by hand may have let another owner in: that one's lock is not ours to remove.
    if (owner?.token === this.token) await fs.rm(this.path, { force: true });
  }
}

async function takeOver(
  path: string,
  draft: string,
  self: Owner,
  what: string,
  level: number,
): Promise<void> {
  if (await linked(draft, path)) return;
  await refuseIfAlive(path, self, what);
  if (level === MAX_LEVELS) throw locked(what, path, 'processes that died while they took it over');
  const guard = `${path}.takeover`;
  await takeOver(guard, draft, self, what, level + 1);
  try {
    // The dead owner's lock may have been replaced, or given back by its replacement, since we looked.
    if (await linked(draft, path)) return;
    await refuseIfAlive(path, self, what);
    // A copy, for `draft` and the guard are one file, and a rename between two names of one file does nothing.
    const copy = `${draft}.${level}`;
    await fs.writeFile(copy, JSON.stringify(self), { flag: 'wx' });
    await fs.rename(copy, path);
  } finally {
    await fs.rm(guard, { force: true });
  }
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await fs.link(draft, path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function refuseIfAlive(path: string, self: ProcessIdentity, what: string): Promise<void> {
  const owner = await readOwner(path);
  if (owner === null) return;
  const state = processState(owner, self);
  if (state === 'dead') return;
  const where = state === 'unknown' ? ` on ${owner.host}, or in another container,` : '';
  throw locked(what, path, `process ${owner.pid}${where}`);
}

/** Null if there is no lock, or one that a power failure left without its contents (its owner is dead then). */
async function readOwner(path: string): Promise<Owner | null> {
  let text: string;
  try {
    text = await fs.readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const owner = JSON.parse(text) as Owner | null;
    return typeof owner?.pid === 'number' && typeof owner.token === 'string' ? owner : null;
  } catch {
    return null;
  }
}

function locked(what: string, path: string, by: string): MillraceError {
  return new MillraceError('MR_DATA_LOCKED', `${what} is in use by ${by}.`, {
    expected: 'one writer at a time',
    got: `${basename(path)} in ${dirname(path)} belongs to ${by}`,
    next: 'end that process first; if it surely does not run any more, remove the lock file by hand',
  });
}
