// Owns: emitting the records of the partitions of a direct source in this lane. Not here: reading ahead (partition-feed.ts),
// how many are let in (delivery/).

import { MillraceError, messageOf } from '../base/errors.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { PartitionFeed } from './partition-feed.ts';
import type { RootEmitter } from './root-emitter.ts';
import type { SpoutTask } from './spout-task.ts';
import type { Pressure } from './tuple-queue.ts';

/** Records emitted from one partition before the tasks downstream run. */
const QUANTUM = 64;

export class DirectSpoutTask implements SpoutTask {
  readonly component: string;
  private readonly feeds: readonly PartitionFeed[];
  private readonly emitter: RootEmitter;
  private readonly delivery: Delivery;
  private readonly pressure: Pressure;
  private readonly fatal: (error: MillraceError) => void;
  /** The feed that comes next. */
  private turn = 0;
  private nowMs = 0;
  private stamp = 0;

  constructor(
    component: string,
    feeds: readonly PartitionFeed[],
    emitter: RootEmitter,
    delivery: Delivery,
    pressure: Pressure,
    fatal: (error: MillraceError) => void,
  ) {
    this.component = component;
    this.feeds = feeds;
    this.emitter = emitter;
    this.delivery = delivery;
    this.pressure = pressure;
    this.fatal = fatal;
  }

  get exhausted(): boolean {
    return this.feeds.every((feed) => feed.exhausted);
  }

  get waitsForSource(): boolean {
    return this.feeds.some((feed) => feed.waitsForReader && Number.isFinite(feed.end) && !feed.exhausted);
  }

  run(nowMs: number, stamp: number): number {
    this.nowMs = nowMs;
    this.stamp = stamp;
    let emitted = 0;
    const { feeds } = this;
    for (let step = 0; step < feeds.length; step++) {
      // The next pass goes on where this one ran out of room, so that every partition has its turn.
      const feed = feeds[this.turn % feeds.length]!;
      feed.fill();
      if (feed.available > 0 && !this.emitter.hasRoom) return emitted;
      this.turn = (this.turn + 1) % feeds.length;
      if (feed.available === 0) continue;
      const admitted = Math.min(QUANTUM, this.delivery.admit(feed.id, feed, nowMs));
      if (admitted > 0) emitted += this.emitSome(feed, admitted);
    }
    return emitted;
  }

  /** The queues downstream have room. */
  get hasRoom(): boolean {
    return this.emitter.hasRoom;
  }

  /** Emits a record again; its tree is in the delivery's root fields. */
  emitAgain(value: unknown, stamp: number): void {
    this.route(value, stamp);
  }

  nextPollMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  heldUpBy(): string | null {
    return this.feeds.some((feed) => feed.waitsForReader) ? 'a read that was not answered' : null;
  }

  lag(): number | null {
    let lag = 0;
    for (const feed of this.feeds) {
      lag += feed.end === Number.POSITIVE_INFINITY ? feed.available : feed.end - feed.position;
    }
    return lag;
  }

  async close(): Promise<void> {
    for (const feed of this.feeds) feed.close();
  }

  private emitSome(feed: PartitionFeed, count: number): number {
    const { delivery, nowMs, stamp, pressure } = this;
    const run = feed.plainRun(count);
    let done = 0;
    // A queue that is full ends the quantum, as it ends that of a bolt.
    pressure.raised = false;
    if (run === null) {
      for (; done < count && !pressure.raised; done++) this.emitNext(feed);
      return done;
    }
    const { values, index } = run;
    const { id, position } = feed;
    for (; done < count && !pressure.raised; done++) {
      const value = values[index + done];
      delivery.root(id, position + done, position + done + 1, value, nowMs);
      this.route(value, stamp);
    }
    feed.takeRun(done);
    return done;
  }

  private emitNext(feed: PartitionFeed): void {
    const { offset, nextOffset, rejected } = feed;
    if (rejected !== null) {
      this.delivery.rejected(
        feed.id,
        offset,
        nextOffset,
        rejected.raw,
        undecodable(this.component, feed, rejected.error),
      );
    } else {
      const { value } = feed;
      this.delivery.root(feed.id, offset, nextOffset, value, this.nowMs);
      this.route(value, this.stamp);
    }
    feed.take();
  }

  private route(value: unknown, stamp: number): void {
    try {
      this.emitter.emit(value, stamp);
    } catch (error) {
      // A key function or a custom grouping of a subscriber threw: that is a fault of the topology, not of the record.
      this.fatal(
        error instanceof MillraceError
          ? error
          : new MillraceError('MR_SPOUT_FAILED', `A grouping behind spout '${this.component}' failed.`, {
              expected: 'the key or custom function of every subscriber to return',
              got: messageOf(error),
              next: 'Make the function total: return a default for records that lack the field.',
              cause: error,
            }),
      );
    }
  }
}

function undecodable(component: string, feed: PartitionFeed, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  return new MillraceError('MR_RECORD_UNDECODABLE', `A record of spout '${component}' cannot be decoded.`, {
    expected: 'bytes that the decoder of the source understands',
    got: `partition ${feed.partition}, offset ${feed.offset}: ${messageOf(error)}`,
    next: 'Look at the record in the dead-letter topic; correct the producer or the decoder.',
    cause: error,
  });
}
