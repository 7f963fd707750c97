// Owns: at most once. The position is stored before the records behind it are emitted; nothing is tracked; a failed tuple
// is counted and dropped. Pure.
//
// Invariants:
// 1. A record is emitted only if a position behind it is durable: after a crash it is never emitted again.
// 2. State is stored on the timer, and holds only what stored positions have passed: after a crash it may miss records
//    and never counts one twice.

import type { MillraceError } from '../base/errors.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import { CommitTimer } from './commit-timer.ts';
import { newCounters } from './counters.ts';
import type { Delivery, DeliveryPorts, FeedBuffer, FeedInfo, SpoutEnds } from './delivery.ts';
import { PositionBook } from './position-book.ts';

/** Records that one stored position gives free at most: what a crash can lose per partition. */
export const MAX_RESERVE_RECORDS = 65_536;
/** The same at first. It doubles each time that the lane had to wait for the disk, so that only fast feeds risk much. */
const FIRST_RESERVE_RECORDS = 256;

/** Where a feed stands. */
interface Reservation {
  readonly info: FeedInfo;
  /** Records before this offset may be emitted. */
  durable: number;
  /** The position being stored; equal to `durable` if none is. */
  asked: number;
  /** How many records the next stored position gives free. */
  size: number;
  /** All that was free was emitted before the next position was stored. */
  starved: boolean;
  /** Where the feed goes on behind the last record that was emitted. */
  emitted: number;
  /** After a full disk: not asked again before this time. */
  retryMs: number;
}

export class AtMostOnce implements Delivery {
  readonly tracks = false;
  readonly counters = newCounters();
  rootHandle = NO_TREE;
  rootLo = 0;
  rootHi = 0;
  edgeLo = 0;
  edgeHi = 0;
  private readonly ports: DeliveryPorts;
  private readonly feeds: Reservation[] = [];
  private readonly timer: CommitTimer;
  private reserving = 0;
  private nowMs = Number.NEGATIVE_INFINITY;
  private readonly spouts: SpoutEnds[] = [];

  constructor(ports: DeliveryPorts) {
    this.ports = ports;
    // Positions are stored by reservations; the timer is for the state.
    this.timer = new CommitTimer(ports, new PositionBook());
  }

  addFeed(info: FeedInfo): void {
    this.feeds.push({
      info,
      durable: info.position,
      asked: info.position,
      size: FIRST_RESERVE_RECORDS,
      starved: false,
      emitted: info.position,
      retryMs: 0,
    });
  }

  addSpout(ends: SpoutEnds): number {
    return this.spouts.push(ends) - 1;
  }

  spoutRoom(): number {
    return this.ports.options.maxPending;
  }

  /** As Storm does it without ackers: the spout hears at once that its tuple is done, whatever comes of it. */
  spoutRoot(spout: number, id: unknown): void {
    this.counters.records++;
    this.counters.acked++;
    this.spouts[spout]!.acked(id);
  }

  admit(feed: number, buffer: FeedBuffer, nowMs: number): number {
    const reservation = this.feeds[feed]!;
    const { durable, asked } = reservation;
    const { position, known } = buffer;
    if (asked === durable) {
      // The next range is asked for while the one before is still worked on, so that nobody waits for the disk.
      const due = durable - position < reservation.size / 2;
      if (due && known > durable && nowMs >= reservation.retryMs) {
        this.store(reservation, Math.min(known, Math.max(position, durable) + reservation.size));
      }
    } else if (position === durable && durable > reservation.info.position) reservation.starved = true;
    return buffer.countBefore(durable);
  }

  root(feed: number, _offset: number, nextOffset: number): void {
    this.counters.records++;
    this.counters.acked++;
    this.feeds[feed]!.emitted = nextOffset;
  }

  rejected(feed: number, _offset: number, nextOffset: number): void {
    this.counters.records++;
    this.counters.failed++;
    this.feeds[feed]!.emitted = nextOffset;
  }

  treeDone(): void {}

  treeFailed(): void {
    this.counters.failed++;
  }

  treeTimedOut(): void {}

  advance(nowMs: number): void {
    this.nowMs = nowMs;
    this.timer.advance(nowMs);
  }

  nextDueMs(): number {
    let due = this.timer.nextDueMs();
    for (const { asked, durable, retryMs } of this.feeds) {
      // One that is due and was not asked again waits for something else, which will wake the lane.
      if (retryMs > this.nowMs && asked === durable) due = Math.min(due, retryMs);
    }
    return due;
  }

  waitsForStore(): boolean {
    return this.reserving > 0 || this.feeds.some(({ retryMs }) => retryMs > 0);
  }

  pending(): number {
    return 0;
  }

  waiting(): number {
    return 0;
  }

  settle(): boolean {
    if (this.reserving > 0) return false;
    this.giveBack();
    return !this.waitsForStore() && this.timer.settle();
  }

  /** What was reserved and not emitted is stored as still to come: a run that ends in peace loses nothing. */
  private giveBack(): void {
    for (const reservation of this.feeds) {
      const { emitted, durable, retryMs } = reservation;
      const owed = emitted < durable || retryMs > 0;
      if (owed && this.nowMs >= retryMs) this.store(reservation, emitted);
    }
  }

  private store(reservation: Reservation, until: number): void {
    const { component, partition } = reservation.info;
    // While a lower position is being stored nothing above it may be emitted.
    reservation.durable = Math.min(reservation.durable, until);
    reservation.asked = until;
    this.reserving++;
    const positions = new Map([[component, new Map([[partition, until]])]]);
    this.ports.commit({ positions, withState: false }, (error: MillraceError | null) => {
      this.reserving--;
      // The store keeps what a full disk refused; asking again later sends it along.
      if (error !== null && error.code === 'MR_DISK_FULL') {
        reservation.asked = reservation.durable;
        reservation.retryMs = this.nowMs + this.ports.options.commitIntervalMs;
      } else if (error !== null) this.ports.fatal(error);
      else {
        reservation.durable = until;
        reservation.retryMs = 0;
        if (reservation.starved) reservation.size = Math.min(reservation.size * 2, MAX_RESERVE_RECORDS);
        reservation.starved = false;
      }
    });
  }
}
