// Owns: which lane requests are accepted and what they do: section "exactly once" of the design. Not here: what is kept of
// a lane (lane-state.ts), tables (tables.ts), proposing.
// Invariants: an epoch is given once in the whole store, also over `drop-app`, and each is higher than all before; a commit
// changes all of offsets, tables and outbox or nothing; a request that is refused changed nothing.
//
// A partition that the lane has not seen may start anywhere: its first `from` is where the run chose to begin (the earliest
// offset, the latest, or one that a user gave), which only the owner knows. From then on nothing can be skipped or repeated.

import { checkCommit } from './commit-checks.ts';
import { type LaneImage, LaneState } from './lane-state.ts';
import { PartHash, type StateHash } from './state-hash.ts';
import type { Tables } from './tables.ts';
import type { Change, LaneRequest, LaneResult } from './types.ts';

type Commit = Extract<LaneRequest, { type: 'commit' }>;
type Trim = Extract<LaneRequest, { type: 'trim' }>;
type Refused = Extract<LaneResult, { type: 'refused' }>;

/** Told before a lane changes. A lane that is dropped does not change any more. */
export interface LaneObserver {
  beforeLane(lane: LaneState): void;
}

const FINGERPRINT = 11;

export class Lanes {
  observer: LaneObserver | null = null;
  /** The highest epoch given so far. */
  lastEpoch = 0;
  private readonly lanes = new Map<string, LaneState>();
  private readonly tables: Tables;
  private readonly hash: StateHash;
  private readonly part = new PartHash();

  constructor(hash: StateHash, tables: Tables) {
    this.hash = hash;
    this.tables = tables;
  }

  get(app: string, lane: number): LaneState | undefined {
    return this.lanes.get(keyOf(app, lane));
  }

  values(): IterableIterator<LaneState> {
    return this.lanes.values();
  }

  /** Puts a lane back as it was. */
  restore(image: LaneImage): void {
    this.lanes.set(keyOf(image.app, image.lane), new LaneState(this.hash, image));
  }

  apply(request: LaneRequest, changes: Change[]): LaneResult {
    switch (request.type) {
      case 'take-lane':
        return this.take(request.app, request.lane, request.owner, changes);
      case 'commit':
        return this.commit(request, changes);
      case 'trim':
        return this.trim(request);
      case 'drop-app':
        return this.drop(request.app);
    }
  }

  private take(app: string, lane: number, owner: string, changes: Change[]): LaneResult {
    const epoch = ++this.lastEpoch;
    const known = this.get(app, lane);
    if (known === undefined) {
      const empty = { txid: 0, epochStart: 0, offsets: [], sinks: [], commits: [] };
      this.restore({ app, lane, owner, epoch, ...empty });
    } else {
      this.observer?.beforeLane(known);
      known.take(owner, epoch);
    }
    changes.push({ type: 'lane-taken', app, lane, epoch });
    const { txid, offsets, sinks } = this.get(app, lane)!.image();
    return {
      type: 'lane-taken',
      epoch,
      txid,
      offsets: offsets.toSorted(
        (one, other) => order(one.source, other.source) || one.partition - other.partition,
      ),
      sinks: sinks
        .map(({ sink, txid: applied }) => ({ sink, txid: applied }))
        .sort((one, other) => order(one.sink, other.sink)),
    };
  }

  private commit(commit: Commit, changes: Change[]): LaneResult {
    const lane = this.owned(commit);
    if (!(lane instanceof LaneState)) return lane;
    const { app, txid } = commit;
    const fingerprint = this.fingerprint(commit);
    if (txid <= lane.txid && txid > lane.epochStart) {
      const before = lane.fingerprintOf(txid) ?? fingerprint;
      if (before.low === fingerprint.low && before.high === fingerprint.high) {
        return { type: 'committed', txid, repeated: true };
      }
      return refused('invalid', `transaction ${txid} was committed with other content`);
    }
    const problem = checkCommit(lane, commit);
    if (problem !== undefined) return problem;
    this.observer?.beforeLane(lane);
    for (const range of commit.ranges) lane.setOffset(range);
    for (const { sink, data } of commit.outbox) lane.enqueue({ sink, data: data.slice() }, txid);
    lane.remember(txid, fingerprint);
    lane.advance(txid);
    for (const { table, entries } of commit.tables) {
      this.tables.update({ app, lane: commit.lane, table }, entries);
    }
    changes.push({ type: 'lane-committed', app, lane: commit.lane, txid });
    return { type: 'committed', txid, repeated: false };
  }

  private trim(request: Trim): LaneResult {
    const lane = this.owned(request);
    if (!(lane instanceof LaneState)) return lane;
    const { sink, txid } = request;
    if (txid > lane.txid) {
      return refused('invalid', `sink ${sink} cannot have applied ${txid}: the last commit is ${lane.txid}`);
    }
    this.observer?.beforeLane(lane);
    lane.trim(sink, txid);
    return { type: 'trimmed', txid: lane.trimmedTo() };
  }

  private drop(app: string): LaneResult {
    for (const [key, lane] of this.lanes) {
      if (lane.app !== app) continue;
      lane.drop();
      this.lanes.delete(key);
    }
    this.tables.dropApp(app);
    return { type: 'dropped' };
  }

  /** The lane, if the request carries its present epoch. */
  private owned(request: Commit | Trim): LaneState | Refused {
    const { app, lane: number, epoch } = request;
    const lane = this.get(app, number);
    if (lane === undefined) return refused('no-such-lane', `lane ${number} of ${app} was never taken`);
    if (epoch === lane.epoch) return lane;
    return refused('fenced', `epoch ${epoch} is not ${lane.epoch}, which ${lane.owner} has`);
  }

  private fingerprint(commit: Commit): { low: number; high: number } {
    const { part } = this;
    part.begin(FINGERPRINT);
    part.int(commit.ranges.length);
    for (const { source, partition, from, until } of commit.ranges) {
      part.text(source);
      part.number(partition);
      part.number(from);
      part.number(until);
    }
    part.int(commit.tables.length);
    for (const { table, entries } of commit.tables) {
      part.text(table);
      part.int(entries.length);
      for (const { key, value } of entries) {
        part.bytes(key);
        if (value === undefined) part.int(-1);
        else part.bytes(value);
      }
    }
    for (const { sink, data } of commit.outbox) {
      part.text(sink);
      part.bytes(data);
    }
    part.finish();
    return { low: part.low, high: part.high };
  }
}

function refused(reason: Refused['reason'], detail: string): Refused {
  return { type: 'refused', reason, detail };
}

function keyOf(app: string, lane: number): string {
  return `${lane} ${app}`;
}

function order(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
