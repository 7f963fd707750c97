// Owns: the positions that have moved since they were last stored. Pure. Not here: when they are stored (commit-timer.ts).
// Invariant: a feed is in `moved` exactly if its flag is set. Flags instead of a Set, because this is called per record.

import type { FeedInfo } from './delivery.ts';

export class PositionBook {
  private readonly moved: FeedInfo[] = [];
  private readonly flags: boolean[] = [];
  private readonly positions: number[] = [];

  get empty(): boolean {
    return this.moved.length === 0;
  }

  move(feed: FeedInfo, position: number): void {
    this.positions[feed.id] = position;
    if (this.flags[feed.id] === true) return;
    this.flags[feed.id] = true;
    this.moved.push(feed);
  }

  /** What moved, by component and partition; it counts as stored from here on. */
  take(): Map<string, Map<number, number>> {
    const taken = new Map<string, Map<number, number>>();
    for (const { id, component, partition } of this.moved) {
      const partitions = taken.get(component) ?? new Map<number, number>();
      partitions.set(partition, this.positions[id]!);
      taken.set(component, partitions);
      this.flags[id] = false;
    }
    this.moved.length = 0;
    return taken;
  }
}
