// Owns: lanes and tables again, as plainly as can be: section "exactly once" of the design, step by step.

import type { LaneRequest } from '../../../src/store/machine/types.ts';
import { compareBytes } from './commands.ts';

interface PlainLane {
  epoch: number;
  txid: number;
  firstOfEpoch: number;
  offsets: Map<number, number>;
  outbox: { sink: string; txid: number; data: Uint8Array }[];
  sinks: Map<string, number>;
  commits: Map<number, string>;
}

/** Text of a result without its `detail`. */
export type Answer = string;

export class ReferenceLanes {
  epochs = 0;
  lanes = new Map<string, PlainLane>();
  tables = new Map<string, { key: Uint8Array; value: Uint8Array }[]>();

  apply(request: LaneRequest): Answer {
    if (request.type === 'drop-app') {
      for (const map of [this.lanes, this.tables]) {
        for (const name of map.keys()) if (name.startsWith(`${request.app}/`)) map.delete(name);
      }
      return 'dropped';
    }
    const name = `${request.app}/${request.lane}`;
    if (request.type === 'take-lane') return this.take(name);
    const lane = this.lanes.get(name);
    if (lane === undefined) return 'no-such-lane';
    if (lane.epoch !== request.epoch) return 'fenced';
    if (request.type === 'commit') return this.commit(name, lane, request);
    if (request.txid > lane.txid) return 'invalid';
    lane.sinks.set(request.sink, Math.max(request.txid, lane.sinks.get(request.sink) ?? 0));
    lane.outbox = lane.outbox.filter(({ sink, txid }) => txid > lane.sinks.get(sink)!);
    return `trimmed ${Math.min(lane.txid, ...lane.outbox.map(({ sink }) => lane.sinks.get(sink)!))}`;
  }

  private take(name: string): Answer {
    const epoch = ++this.epochs;
    const empty = { txid: 0, offsets: new Map(), outbox: [], sinks: new Map(), commits: new Map() };
    const before = this.lanes.get(name) ?? empty;
    this.lanes.set(name, { ...before, epoch, firstOfEpoch: before.txid + 1 });
    const offsets = [...before.offsets].sort(([one], [other]) => one - other);
    return `taken ${epoch} ${before.txid} ${JSON.stringify(offsets)} ${JSON.stringify([...before.sinks].sort())}`;
  }

  private commit(name: string, lane: PlainLane, commit: Extract<LaneRequest, { type: 'commit' }>): Answer {
    const { txid, ranges, outbox } = commit;
    const content = JSON.stringify([ranges, commit.tables, outbox]);
    if (txid >= lane.firstOfEpoch && txid <= lane.txid) {
      return lane.commits.get(txid) === content ? 'repeated' : 'invalid';
    }
    if (txid !== lane.txid + 1) return 'gap';
    for (const [at, { partition, from, until }] of ranges.entries()) {
      if (ranges.findIndex((range) => range.partition === partition) < at || until < from) return 'invalid';
      if (lane.offsets.has(partition) && lane.offsets.get(partition) !== from) return 'from-mismatch';
    }
    lane.txid = txid;
    lane.commits.set(txid, content);
    for (const { partition, until } of ranges) lane.offsets.set(partition, until);
    for (const { sink, data } of outbox) {
      if (!lane.sinks.has(sink)) lane.sinks.set(sink, txid - 1);
      lane.outbox.push({ sink, txid, data });
    }
    for (const { table, entries } of commit.tables) {
      const changed = this.tables.get(`${name}/${table}`) ?? [];
      const kept = changed.filter(({ key }) => entries.every((entry) => compareBytes(entry.key, key) !== 0));
      for (const { key, value } of entries) if (value !== undefined) kept.push({ key, value });
      this.tables.set(
        `${name}/${table}`,
        kept.sort((one, other) => compareBytes(one.key, other.key)),
      );
    }
    return 'committed';
  }
}
