// Owns: when positions and state are stored: every `commitIntervalMs` while there is something new, one commit at a time,
// and at once when the run settles. Pure. Not here: what the positions are (the strategies).
// Invariants: at most one commit is open; after an error that can pass (a full disk) nothing is forgotten, because the
// store keeps what it could not write and the next commit carries it.

import type { MillraceError } from '../base/errors.ts';
import type { DeliveryPorts } from './delivery.ts';
import type { PositionBook } from './position-book.ts';

export class CommitTimer {
  private readonly ports: DeliveryPorts;
  private readonly book: PositionBook;
  private dueMs = Number.NEGATIVE_INFINITY;
  private nowMs = Number.NEGATIVE_INFINITY;
  private open = false;
  /** The last commit was kept back by a full disk. */
  private kept = false;

  constructor(ports: DeliveryPorts, book: PositionBook) {
    this.ports = ports;
    this.book = book;
  }

  advance(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.dueMs === Number.NEGATIVE_INFINITY) this.dueMs = nowMs + this.ports.options.commitIntervalMs;
    if (nowMs < this.dueMs || this.open) return;
    this.dueMs = nowMs + this.ports.options.commitIntervalMs;
    if (this.somethingNew()) this.commit();
  }

  nextDueMs(): number {
    return this.open || !this.somethingNew() ? Number.POSITIVE_INFINITY : this.dueMs;
  }

  /** Stores what is new now. True if there is nothing and no commit is open. */
  settle(): boolean {
    if (this.open) return false;
    if (!this.somethingNew()) return true;
    // A full disk is asked again on the timer and not all the time.
    if (!this.kept || this.nowMs >= this.dueMs) this.commit();
    return false;
  }

  private somethingNew(): boolean {
    return this.kept || !this.book.empty || this.ports.stateChanged();
  }

  private commit(): void {
    this.open = true;
    this.ports.commit({ positions: this.book.take(), withState: true }, (error) => this.done(error));
  }

  private done(error: MillraceError | null): void {
    this.open = false;
    this.kept = error !== null;
    if (this.kept) this.dueMs = this.nowMs + this.ports.options.commitIntervalMs;
    if (error !== null && error.code !== 'MR_DISK_FULL') this.ports.fatal(error);
  }
}
