// Owns: linearizable reads that wait: for a quorum's word, then for this replica's state to have caught up.
// Invariant: every read ends, in time or with MR_STORE_NO_QUORUM.

import { MillraceError } from '../../base/errors.ts';

interface Waiting {
  readonly deadlineMs: number;
  /** Entries that must be applied, or -1 while that is not known. */
  index: number;
  /** The core gave no answer: it is asked again with the next tick. */
  failed: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class PendingReads {
  private readonly limit: number;
  private readonly waiting: Map<number, Waiting> = new Map();
  private token = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** A new read; its token is 0 if it was refused. */
  ask(deadlineMs: number): { token: number; done: Promise<void> } {
    if (this.waiting.size >= this.limit) {
      const error = new MillraceError('MR_STORE_OVERLOADED', 'The store has too many reads in flight.', {
        expected: `at most ${this.limit} linearizable reads that wait`,
        got: 'one more',
        next: 'wait for earlier reads before sending more',
      });
      return { token: 0, done: Promise.reject(error) };
    }
    const token = ++this.token;
    const done = new Promise<void>((resolve, reject) => {
      this.waiting.set(token, { deadlineMs, index: -1, failed: false, resolve, reject });
    });
    return { token, done };
  }

  /** The core's answer. */
  confirmed(token: number, index: number, applied: number): void {
    const read = this.waiting.get(token);
    if (read === undefined) return;
    read.index = index;
    read.failed = index < 0;
    if (index >= 0 && index <= applied) this.end(token, read);
  }

  applied(applied: number): void {
    if (this.waiting.size === 0) return;
    for (const [token, read] of this.waiting)
      if (read.index >= 0 && read.index <= applied) this.end(token, read);
  }

  private end(token: number, read: Waiting): void {
    this.waiting.delete(token);
    read.resolve();
  }

  /** Ends those whose time is over; returns the tokens to ask the core for again. */
  expireAndRetry(nowMs: number): number[] {
    const again: number[] = [];
    for (const [token, read] of this.waiting) {
      if (read.deadlineMs <= nowMs) {
        this.waiting.delete(token);
        read.reject(noQuorum());
      } else if (read.failed) {
        read.failed = false;
        again.push(token);
      }
    }
    return again;
  }

  close(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

function noQuorum(): MillraceError {
  return new MillraceError('MR_STORE_NO_QUORUM', 'The store could not confirm a read in time.', {
    expected: 'a leader that a quorum of replicas hears',
    got: 'no confirmation',
    next: 'look at `millrace store status`; for an answer that may be old, ask for a stale read',
  });
}
