// Owns: recording what clients asked and what they were told, in the order in which it happened. Not here: judging it.
// Invariant: invocations and returns have different positions in the history, rising as they are recorded, so that events of
// the same virtual time keep their order.

import { assert } from '../../base/assert.ts';
import { UNKNOWN, type Unknown } from './model.ts';

export interface Operation<Op, Result> {
  readonly client: number;
  readonly op: Op;
  /** The position of the invocation in the history. */
  readonly invoked: number;
  /** The position of the return; Infinity if the result is unknown: it may take effect at any later time, once, or never. */
  readonly returned: number;
  readonly result: Result | Unknown;
  /** Virtual times, for people. */
  readonly invokedAt: number;
  readonly returnedAt: number;
}

export const HISTORY_LIMITS = {
  /** Operations of one history. */
  operations: 1_000_000,
} as const;

export class History<Op, Result> {
  private readonly recorded: (Operation<Op, Result> | undefined)[] = [];
  private position = 0;

  /** `client` asks at the virtual time `at`. Answers the operation's number. */
  invoke(client: number, op: Op, at: number): number {
    assert(
      this.recorded.length < HISTORY_LIMITS.operations,
      `a history has at most ${HISTORY_LIMITS.operations} operations`,
    );
    const invoked = this.position++;
    const returned = Number.POSITIVE_INFINITY;
    this.recorded.push({
      client,
      op,
      invoked,
      returned,
      result: UNKNOWN,
      invokedAt: at,
      returnedAt: returned,
    });
    return this.recorded.length - 1;
  }

  /** The client is told `result`. An operation that never returns stays unknown. */
  return(operation: number, result: Result, at: number): void {
    const open = this.open(operation);
    this.recorded[operation] = { ...open, result, returned: this.position++, returnedAt: at };
  }

  /** The operation certainly had no effect and never will: it is left out. */
  refuse(operation: number): void {
    this.open(operation);
    this.recorded[operation] = undefined;
  }

  /** By time of invocation. */
  operations(): Operation<Op, Result>[] {
    return this.recorded.filter((operation) => operation !== undefined);
  }

  private open(operation: number): Operation<Op, Result> {
    const open = this.recorded[operation];
    assert(
      open !== undefined && open.result === UNKNOWN,
      `operation ${operation} was invoked and has not returned`,
    );
    return open;
  }
}
