// Owns: at least once. Every record roots a tuple tree; a failed or timed-out tree is replayed with back-off, and after
// `maxAttempts` its record goes to the dead-letter topic. Pure. Not here: trees (tracking/), emitting (runtime/).
//
// Invariants:
// 1. A stored position is the end of a prefix of records that are all done: acked, or durably in the dead-letter topic.
// 2. State is committed together with positions that it contains at least: what it has seen beyond them is seen again
//    after a crash, so it may count a record twice and never misses one.
// 3. A ticket is in exactly one place: with a tree, waiting for a replay, or on its way to the dead-letter topic.

import type { MillraceError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { FailReason } from '../topology/source.ts';
import { AckedPrefix } from './acked-prefix.ts';
import { backoffMs } from './backoff.ts';
import { CommitTimer } from './commit-timer.ts';
import { newCounters } from './counters.ts';
import type { Delivery, DeliveryPorts, FailureCause, FeedBuffer, FeedInfo, SpoutEnds } from './delivery.ts';
import { DueQueue } from './due-queue.ts';
import { PendingRecords } from './pending-records.ts';
import { PositionBook } from './position-book.ts';

/** Feed number of a record of classic spout 0; spout n has CLASSIC - n. */
const CLASSIC = -1;

interface Replay {
  readonly ticket: number;
}

export class AtLeastOnce implements Delivery {
  readonly tracks = true;
  readonly counters = newCounters();
  rootHandle = -1;
  rootLo = 0;
  rootHi = 0;
  edgeLo = 0;
  edgeHi = 0;
  private readonly ports: DeliveryPorts;
  private readonly feeds: FeedInfo[] = [];
  private readonly prefixes: AckedPrefix[] = [];
  private readonly spouts: { readonly ends: SpoutEnds; readonly treeTimeoutMs: number }[] = [];
  private readonly records = new PendingRecords();
  private readonly replays = new DueQueue<Replay>();
  private readonly book = new PositionBook();
  private readonly timer: CommitTimer;
  private draining = false;
  /** A replay is due, but the queues are full: whoever empties them wakes the lane. */
  private blocked = false;
  /** Records whose dead letter is being written. */
  private burying = 0;

  constructor(ports: DeliveryPorts) {
    this.ports = ports;
    this.timer = new CommitTimer(ports, this.book);
  }

  addFeed(feed: FeedInfo): void {
    this.feeds.push(feed);
    this.prefixes.push(new AckedPrefix(feed.position));
  }

  addSpout(ends: SpoutEnds, treeTimeoutMs: number): number {
    return this.spouts.push({ ends, treeTimeoutMs }) - 1;
  }

  spoutRoom(): number {
    return Math.max(0, this.ports.options.maxPending - this.records.size);
  }

  spoutRoot(spout: number, id: unknown, nowMs: number): void {
    const ticket = this.records.take(CLASSIC - spout, 0, 0, id, nowMs);
    this.counters.records++;
    this.openTree(ticket, this.spouts[spout]!.treeTimeoutMs, nowMs);
  }

  admit(feed: number, buffer: FeedBuffer): number {
    const room = this.ports.options.maxPending - this.records.size;
    // One slow record must not let the book of those done behind it grow without bound.
    const span = LIMITS.maxOutOfOrder - this.prefixes[feed]!.span;
    return Math.max(0, Math.min(buffer.available, room, span));
  }

  root(feed: number, offset: number, nextOffset: number, value: unknown, nowMs: number): void {
    const number = this.prefixes[feed]!.admit(nextOffset);
    const ticket = this.records.take(feed, number, offset, value, nowMs);
    this.counters.records++;
    this.openTree(ticket, this.feeds[feed]!.treeTimeoutMs, nowMs);
  }

  rejected(feed: number, offset: number, nextOffset: number, raw: Uint8Array, error: unknown): void {
    const number = this.prefixes[feed]!.admit(nextOffset);
    const ticket = this.records.take(feed, number, offset, undefined, 0);
    this.counters.records++;
    const { component } = this.feeds[feed]!;
    this.bury(ticket, 'undecodable', { component, error }, raw);
  }

  treeDone(ticket: number, nowMs: number): void {
    this.counters.acked++;
    this.ports.latency(nowMs - this.records.startedMs(ticket));
    if (this.records.feed(ticket) <= CLASSIC) this.endClassic(ticket, null);
    else this.finish(ticket);
  }

  treeFailed(ticket: number, cause: FailureCause, nowMs: number): void {
    this.counters.failed++;
    this.tryAgain(ticket, 'failed', cause, nowMs);
  }

  treeTimedOut(ticket: number, cause: FailureCause, nowMs: number): void {
    this.counters.timedOut++;
    this.tryAgain(ticket, 'timed-out', cause, nowMs);
  }

  advance(nowMs: number, draining: boolean): void {
    this.timer.advance(nowMs);
    this.draining = draining;
    if (draining) return;
    this.blocked = false;
    for (let due = this.replays.first; due !== undefined; due = this.replays.first) {
      const { ticket } = due;
      if (this.replays.nextDueMs() > nowMs) return;
      this.blocked = !this.ports.hasRoom(this.records.feed(ticket));
      if (this.blocked) return;
      this.replays.take(nowMs);
      this.records.again(ticket);
      this.counters.replayed++;
      const feed = this.records.feed(ticket);
      this.openTree(ticket, this.feeds[feed]!.treeTimeoutMs, nowMs);
      this.ports.emitAgain(feed, this.records.value(ticket));
    }
  }

  nextDueMs(): number {
    // While draining nothing is replayed: a replay that is due must not keep the lane awake.
    const resting = this.draining || this.blocked;
    return Math.min(resting ? Number.POSITIVE_INFINITY : this.replays.nextDueMs(), this.timer.nextDueMs());
  }

  waitsForStore(): boolean {
    return false;
  }

  pending(): number {
    return this.records.size;
  }

  waiting(): number {
    return this.replays.size;
  }

  settle(): boolean {
    return this.burying === 0 && this.timer.settle();
  }

  private openTree(ticket: number, treeTimeoutMs: number, nowMs: number): void {
    const { ids, acker } = this.ports;
    ids.next();
    this.rootLo = ids.lo;
    this.rootHi = ids.hi;
    // The ack value starts as the root id: it is the edge that the tree holds open.
    this.edgeLo = ids.lo;
    this.edgeHi = ids.hi;
    this.rootHandle = acker.open(ids.lo, ids.hi, ticket, nowMs + treeTimeoutMs);
  }

  private tryAgain(ticket: number, reason: FailReason, cause: FailureCause, nowMs: number): void {
    if (this.records.feed(ticket) <= CLASSIC) {
      this.endClassic(ticket, reason);
      return;
    }
    const { options, random } = this.ports;
    const attempts = this.records.attempts(ticket);
    if (attempts >= options.maxAttempts) {
      this.bury(ticket, reason, cause);
      return;
    }
    const wait = backoffMs(attempts + 1, options.retryBackoffMs, options.retryBackoffMaxMs, random);
    this.replays.add({ ticket }, nowMs + wait);
  }

  /** A classic spout keeps its own books: it hears of the end, and replays by itself. */
  private endClassic(ticket: number, reason: FailReason | null): void {
    const { ends } = this.spouts[CLASSIC - this.records.feed(ticket)]!;
    const id = this.records.value(ticket);
    this.records.give(ticket);
    if (reason === null) ends.acked(id);
    else ends.failed(id, reason);
  }

  private bury(
    ticket: number,
    reason: FailReason | 'undecodable',
    cause: FailureCause,
    raw?: Uint8Array,
  ): void {
    const feed = this.feeds[this.records.feed(ticket)]!;
    this.burying++;
    const letter = {
      component: feed.component,
      partition: feed.partition,
      offset: this.records.offset(ticket),
      value: this.records.value(ticket),
      attempts: this.records.attempts(ticket),
      reason,
      cause,
      ...(raw === undefined ? {} : { raw }),
    };
    this.ports.deadLetter(letter, (error: MillraceError | null) => {
      this.burying--;
      // Neither done nor lost: the position stays before it, and the run ends.
      if (error !== null) this.ports.fatal(error);
      else this.buried(ticket);
    });
  }

  private buried(ticket: number): void {
    this.counters.deadLettered++;
    this.finish(ticket);
  }

  private finish(ticket: number): void {
    const feed = this.records.feed(ticket);
    const prefix = this.prefixes[feed]!;
    const moved = prefix.finish(this.records.number(ticket));
    this.records.give(ticket);
    if (moved) this.book.move(this.feeds[feed]!, prefix.position);
  }
}
