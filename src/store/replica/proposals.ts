// Owns: the commands that were submitted here and whose outcome is not known yet: in which order they go to the leader,
// and when they go again. Not here: who leads (store-replica.ts), that none counts twice (origins.ts).
// Invariants: places are given in the order of submission; whatever is sent again starts with the oldest that is not
// applied; at most `limit` commands wait.

import { MillraceError } from '../../base/errors.ts';
import type { ReplicaId } from '../../paxos/ballot.ts';
import { withOrigin } from './origins.ts';

/** Ticks without an outcome for the oldest command, after which all that wait are sent again. */
const STUCK_TICKS = 20;

export interface Waiting<T> {
  readonly place: number;
  readonly entry: Uint8Array;
  readonly deadlineMs: number;
  readonly resolve: (outcome: T) => void;
  readonly reject: (error: Error) => void;
}

export class Proposals<T> {
  private readonly replica: ReplicaId;
  private readonly limit: number;
  private life: number;
  private place = 0;
  /** By place, oldest first: a Map keeps the order of insertion. */
  private waiting: Map<number, Waiting<T>> = new Map();
  private commands: Map<number, Uint8Array> = new Map();
  /** The first place that was not sent to the present leader. */
  private unsent = 1;
  /** The oldest command at the last looks, and how many looks it has been the oldest. */
  private oldest = 0;
  private looks = 0;

  constructor(replica: ReplicaId, life: number, limit: number) {
    this.replica = replica;
    this.life = life;
    this.limit = limit;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Resolves when the command is applied here. Rejects with MR_STORE_OVERLOADED at once, or MR_STORE_TIMEOUT. */
  submit(command: Uint8Array, deadlineMs: number): Promise<T> {
    return new Promise((resolve, reject) => this.submitTo(command, deadlineMs, resolve, reject));
  }

  /** As `submit`, for who must hear of it before the next entry is applied. */
  submitTo(
    command: Uint8Array,
    deadlineMs: number,
    resolve: (outcome: T) => void,
    reject: (error: Error) => void,
  ): void {
    if (this.waiting.size >= this.limit) {
      reject(
        new MillraceError('MR_STORE_OVERLOADED', 'The store has too many writes in flight.', {
          expected: `at most ${this.limit} writes whose outcome is not known`,
          got: 'one more',
          next: 'wait for earlier writes before sending more',
        }),
      );
      return;
    }
    const place = ++this.place;
    const entry = withOrigin({ replica: this.replica, life: this.life, place }, command);
    this.commands.set(place, command);
    this.waiting.set(place, { place, entry, deadlineMs, resolve, reject });
  }

  /** Up to `limit` entries that the present leader has not seen, in order. `sent` must be told how many it took. */
  next(limit: number): Uint8Array[] {
    const entries: Uint8Array[] = [];
    for (let place = this.unsent; place <= this.place && entries.length < limit; place++) {
      const waiting = this.waiting.get(place);
      if (waiting !== undefined) entries.push(waiting.entry);
      else if (entries.length === 0) this.unsent = place + 1;
      else break;
    }
    return entries;
  }

  sent(count: number): void {
    this.unsent += count;
  }

  /** Once a tick. True if the oldest command has waited for long: what brought it to the leader may be lost. */
  isStuck(): boolean {
    const [oldest = 0] = this.waiting.keys();
    this.looks = oldest === this.oldest ? this.looks + 1 : 0;
    this.oldest = oldest;
    if (oldest === 0 || this.looks < STUCK_TICKS) return false;
    this.looks = 0;
    return true;
  }

  /** The leader is another one, or may have lost what it was sent: everything that is not applied goes again. */
  sendAgain(): void {
    for (const place of this.waiting.keys()) {
      this.unsent = place;
      return;
    }
    this.unsent = this.place + 1;
  }

  /** The command of this life at `place` was applied. */
  applied(life: number, place: number, outcome: T): void {
    if (life !== this.life) return;
    const waiting = this.waiting.get(place);
    if (waiting === undefined) return;
    this.waiting.delete(place);
    this.commands.delete(place);
    waiting.resolve(outcome);
  }

  isOutlivedBy(life: number): boolean {
    return life > this.life;
  }

  /** A later life of this replica is in the log: the clock went back over a restart. All goes again under a life above it. */
  outlive(life: number): void {
    this.life = life + 1;
    const before = [...this.waiting.values()];
    const commands = this.commands;
    this.waiting = new Map();
    this.commands = new Map();
    this.place = 0;
    this.unsent = 1;
    for (const waiting of before) {
      const place = ++this.place;
      const command = commands.get(waiting.place)!;
      this.commands.set(place, command);
      const entry = withOrigin({ replica: this.replica, life: this.life, place }, command);
      this.waiting.set(place, { ...waiting, place, entry });
    }
  }

  /**
   * Gives up waiting for commands whose time is over; they may still take effect. A place that nobody waits for any more
   * keeps its entry as long as it may have to go again, so that those behind it are not held back for ever.
   */
  expire(nowMs: number): void {
    for (const { place, deadlineMs, reject, entry } of this.waiting.values()) {
      if (deadlineMs === Number.POSITIVE_INFINITY) continue;
      if (deadlineMs > nowMs) return;
      reject(
        new MillraceError('MR_STORE_TIMEOUT', 'The store did not decide in time.', {
          expected: 'a quorum of replicas that answer',
          got: 'no decision; the write may still take effect',
          next: 'look at `millrace store status`: which replicas are up, and which of them leads',
        }),
      );
      this.waiting.set(place, {
        place,
        entry,
        deadlineMs: Number.POSITIVE_INFINITY,
        resolve: () => {},
        reject: () => {},
      });
    }
  }

  /** Nobody will learn the outcome here. */
  close(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
    this.commands.clear();
  }
}
