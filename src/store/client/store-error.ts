// Owns: the error of an operation on the store. Not here: errors of reaching it at all (MillraceError).

import { CODE_MEANINGS, type CodeName, codeName } from '../zookeeper/protocol/error-codes.ts';

/** Thrown by every operation of a `StoreClient`. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** ZooKeeper's name of the code, for example `NONODE`. */
  readonly code: CodeName;
  /** What was asked: ZooKeeper's name of the operation. */
  readonly operation: string;
  readonly path: string | undefined;
  /** `not-done`: nothing was changed. `unknown`: the reply was lost, and could not be settled. */
  readonly outcome: 'not-done' | 'unknown';

  constructor(code: CodeName, operation: string, path: string | undefined, details: StoreErrorDetails = {}) {
    const where = path === undefined ? operation : `${operation} ${path}`;
    const meaning = details.detail ?? CODE_MEANINGS[code];
    super(
      `${code}: ${where}: ${meaning}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.operation = operation;
    this.path = path;
    this.outcome = details.outcome ?? 'not-done';
  }
}

export interface StoreErrorDetails {
  /** In place of the code's meaning. */
  readonly detail?: string;
  readonly outcome?: 'not-done' | 'unknown';
  readonly cause?: unknown;
}

export function storeErrorOf(code: number, operation: string, path: string | undefined): StoreError {
  const name = codeName(code);
  // A code that this version does not know is passed on by its number.
  return name === 'SYSTEMERROR' && code !== -1
    ? new StoreError(name, operation, path, { detail: `the server answered with the code ${code}` })
    : new StoreError(name, operation, path);
}

/** True for a StoreError with one of the codes. */
export function isStoreError(thrown: unknown, ...codes: readonly CodeName[]): thrown is StoreError {
  return thrown instanceof StoreError && (codes.length === 0 || codes.includes(thrown.code));
}
