// Owns: the positions that have moved since they were last stored. Pure. Not here: when they are stored (commit-timer.ts).

import type { FeedInfo } from './delivery.ts';

export class PositionBook {
  private readonly moved = new Map<number, FeedInfo>();
  private readonly positions: number[] = [];

  get empty(): boolean {
    return this.moved.size === 0;
  }

  move(id: number, feed: FeedInfo, position: number): void {
    this.positions[id] = position;
    // Asked first because this is called per record, and a Map.set costs more than a Map.has of a small map.
    if (!this.moved.has(id)) this.moved.set(id, feed);
  }

  /** What moved, by component and partition; it counts as stored from here on. */
  take(): Map<string, Map<number, number>> {
    const taken = new Map<string, Map<number, number>>();
    for (const [id, feed] of this.moved) {
      const partitions = taken.get(feed.component) ?? new Map<number, number>();
      partitions.set(feed.partition, this.positions[id]!);
      taken.set(feed.component, partitions);
    }
    this.moved.clear();
    return taken;
  }
}
