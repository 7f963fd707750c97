// Owns: the events of a watch that stays, between the moment they come and the moment they are asked for.
// Invariants: at most `limit` events wait; with a listener none does: it is called at once.

import type { WatchEvent, Watcher } from './store-client.ts';
import { throwLater } from './throw-later.ts';

export class WatchStream implements AsyncIterable<WatchEvent> {
  private events: WatchEvent[] = [];
  private head = 0;
  private readonly path: string;
  private readonly limit: number;
  private readonly listener: Watcher | undefined;
  private ended = false;
  private failure: Error | undefined;
  private readonly askers: {
    resolve(result: IteratorResult<WatchEvent, undefined>): void;
    reject(error: Error): void;
  }[] = [];

  constructor(path: string, limit: number, listener?: Watcher) {
    this.path = path;
    this.limit = limit;
    this.listener = listener;
  }

  push(event: WatchEvent): void {
    if (this.ended) return;
    if (this.listener !== undefined) {
      this.call(this.listener, event);
      return;
    }
    const asker = this.askers.shift();
    if (asker !== undefined) {
      asker.resolve({ done: false, value: event });
    } else if (this.events.length - this.head >= this.limit) {
      this.events = [{ type: 'gap', path: this.path }];
      this.head = 0;
    } else {
      this.events.push(event);
    }
  }

  /** No more events. Those that wait are handed over, then the iteration ends, with the error if there is one. */
  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = error;
    for (const asker of this.askers.splice(0)) {
      if (error === undefined) asker.resolve({ done: true, value: undefined });
      else asker.reject(error);
    }
  }

  next(): Promise<IteratorResult<WatchEvent, undefined>> {
    if (this.head < this.events.length) return Promise.resolve({ done: false, value: this.shift() });
    if (!this.ended) return new Promise((resolve, reject) => this.askers.push({ resolve, reject }));
    return this.failure === undefined
      ? Promise.resolve({ done: true, value: undefined })
      : Promise.reject(this.failure);
  }

  [Symbol.asyncIterator](): AsyncIterator<WatchEvent, undefined> {
    return { next: () => this.next() };
  }

  private call(listener: Watcher, event: WatchEvent): void {
    try {
      listener(event);
    } catch (thrown) {
      throwLater(thrown);
    }
  }

  private shift(): WatchEvent {
    const event = this.events[this.head++]!;
    if (this.head === this.events.length) {
      this.events = [];
      this.head = 0;
    }
    return event;
  }
}
