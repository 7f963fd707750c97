// Owns: opening a direct source: its reader, and for each partition where it starts and ends. Not here: reading (partition-feed.ts).
// Invariant: a stored position that the source no longer has is an error; nothing is skipped silently.

import { MillraceError } from '../base/errors.ts';
import type { SpoutPlan } from '../topology/plan.ts';
import type { ConnectorContext, DirectReader } from '../topology/source.ts';
import { type FeedOwner, PartitionFeed } from './partition-feed.ts';

export interface OpenFeeds {
  readonly component: string;
  readonly reader: DirectReader<unknown>;
  readonly feeds: readonly PartitionFeed[];
  close(): Promise<void>;
}

export interface FeedOptions {
  readonly context: ConnectorContext;
  /** Stored positions by partition. */
  readonly positions: ReadonlyMap<number, number>;
  /** Stop at the offsets that are the latest now. */
  readonly untilEnd: boolean;
  /** Number of the first feed. */
  readonly firstId: number;
  readonly owner: FeedOwner;
}

export async function openFeeds(component: SpoutPlan, options: FeedOptions): Promise<OpenFeeds> {
  if (component.source.kind !== 'direct') throw new TypeError('only direct sources have feeds');
  const reader = await component.source.open(options.context);
  try {
    return await feedsOf(component, reader, options);
  } catch (error) {
    // The error that stopped the start is the one to tell, whatever closing says.
    await reader.close().catch(() => {});
    throw error;
  }
}

async function feedsOf(
  component: SpoutPlan,
  reader: DirectReader<unknown>,
  options: FeedOptions,
): Promise<OpenFeeds> {
  const feeds: PartitionFeed[] = [];
  for (const partition of reader.partitions) {
    const [earliest, latest] = await Promise.all([reader.earliest(partition), reader.latest(partition)]);
    const stored = options.positions.get(partition);
    if (stored !== undefined && (stored < earliest || stored > latest)) {
      throw outOfRange(component, partition, stored, earliest, latest);
    }
    const bounded = options.untilEnd || reader.bounded;
    feeds.push(
      new PartitionFeed(options.owner, reader, {
        id: options.firstId + feeds.length,
        component: component.name,
        partition,
        position: stored ?? earliest,
        end: bounded ? latest : Number.POSITIVE_INFINITY,
      }),
    );
  }
  const stop = reader.onData(() => {
    for (const feed of feeds) feed.stir();
  });
  return {
    component: component.name,
    reader,
    feeds,
    close: async () => {
      stop();
      await reader.close();
    },
  };
}

function outOfRange(
  component: SpoutPlan,
  partition: number,
  stored: number,
  earliest: number,
  latest: number,
): MillraceError {
  const lost = stored < earliest;
  return new MillraceError(
    'MR_OFFSET_OUT_OF_RANGE',
    `Spout '${component.name}' cannot go on where it stopped: partition ${partition} of ${component.source.description} does not have that offset.`,
    {
      expected: `an offset from ${earliest} to ${latest}`,
      got: `the stored position ${stored}`,
      next: lost
        ? 'Its retention deleted records that were not processed. Raise the retention, and start over in a new data folder or under a new topology name.'
        : 'It was deleted and made anew, or cut. Start over in a new data folder or under a new topology name.',
    },
  );
}
