// Owns: emitting the records of the partitions of a direct source in this lane. Not here: reading ahead (partition-feed.ts),
// how many are let in (delivery/).

import { MillraceError, messageOf } from '../base/errors.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { PartitionFeed } from './partition-feed.ts';
import type { RootEmitter } from './root-emitter.ts';
import type { SpoutTask } from './spout-task.ts';

/** Records emitted from one partition before the tasks downstream run. */
const QUANTUM = 64;

export class DirectSpoutTask implements SpoutTask {
  readonly component: string;
  private readonly feeds: readonly PartitionFeed[];
  private readonly emitter: RootEmitter;
  private readonly delivery: Delivery;
  private readonly fatal: (error: MillraceError) => void;
  private nowMs = 0;
  private stamp = 0;

  constructor(
    component: string,
    feeds: readonly PartitionFeed[],
    emitter: RootEmitter,
    delivery: Delivery,
    fatal: (error: MillraceError) => void,
  ) {
    this.component = component;
    this.feeds = feeds;
    this.emitter = emitter;
    this.delivery = delivery;
    this.fatal = fatal;
  }

  get exhausted(): boolean {
    return this.feeds.every((feed) => feed.exhausted);
  }

  run(nowMs: number, stamp: number): number {
    this.nowMs = nowMs;
    this.stamp = stamp;
    let emitted = 0;
    for (const feed of this.feeds) {
      feed.fill();
      if (feed.available === 0) continue;
      if (!this.emitter.hasRoom) return emitted;
      const admitted = Math.min(QUANTUM, this.delivery.admit(feed.id, feed, nowMs));
      if (admitted > 0) this.emitSome(feed, admitted);
      emitted += admitted;
    }
    return emitted;
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

  private emitSome(feed: PartitionFeed, count: number): void {
    const run = feed.plainRun(count);
    if (run === null) {
      for (let done = 0; done < count; done++) this.emitNext(feed);
      return;
    }
    const { delivery, nowMs, stamp } = this;
    const { values, index } = run;
    const { id, position } = feed;
    for (let done = 0; done < count; done++) {
      const value = values[index + done];
      delivery.root(id, position + done, position + done + 1, value, nowMs);
      this.route(value, stamp);
    }
    feed.takeRun(count);
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
