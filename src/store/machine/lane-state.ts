// Owns: what the store keeps of one lane, and the lane's part of the state hash. Not here: which requests are accepted
// (lanes.ts), the lane's tables (tables.ts).
// Invariants: offsets of a partition never go back; the outbox of a sink ascends in txid and holds exactly the records
// above the sink's progress; a record is never changed.

import { PartHash, type StateHash } from './state-hash.ts';
import type { OffsetRange, OutboxRecord } from './types.ts';

/** Commits whose content is remembered, so that a repetition can be told from another commit of the same txid. */
export const REMEMBERED_COMMITS = 1_024;

export interface PartitionOffset {
  readonly source: string;
  readonly partition: number;
  readonly until: number;
}

export interface PendingRecord {
  readonly txid: number;
  readonly data: Uint8Array;
}

/** What a sink has applied (`txid`), and what it has still to apply. */
export interface SinkState {
  readonly sink: string;
  readonly txid: number;
  readonly pending: readonly PendingRecord[];
}

export interface Fingerprint {
  readonly low: number;
  readonly high: number;
}

/** A lane as plain values: what a snapshot holds. */
export interface LaneImage {
  readonly app: string;
  readonly lane: number;
  readonly owner: string;
  readonly epoch: number;
  readonly txid: number;
  /** `txid` when the epoch began. */
  readonly epochStart: number;
  readonly offsets: readonly PartitionOffset[];
  readonly sinks: readonly SinkState[];
  /** By txid, ascending. */
  readonly commits: readonly (readonly [number, Fingerprint])[];
}

interface Sink {
  txid: number;
  pending: PendingRecord[];
}

const LANE_PART = 6;
const OFFSET_PART = 7;
const SINK_PART = 8;
const RECORD_PART = 9;
const COMMIT_PART = 10;

export class LaneState {
  readonly app: string;
  readonly lane: number;
  owner: string;
  epoch: number;
  txid: number;
  epochStart: number;
  outboxBytes = 0;
  outboxRecords = 0;
  private readonly offsets = new Map<string, PartitionOffset>();
  private readonly sinks = new Map<string, Sink>();
  private readonly commits = new Map<number, Fingerprint>();
  private readonly hash: StateHash;
  private readonly part = new PartHash();

  /** `hash`: where this lane's parts are added up. */
  constructor(hash: StateHash, image: LaneImage) {
    this.hash = hash;
    this.app = image.app;
    this.lane = image.lane;
    this.owner = image.owner;
    this.epoch = image.epoch;
    this.txid = image.txid;
    this.epochStart = image.epochStart;
    this.countSelf(true);
    for (const offset of image.offsets) this.setOffset(offset);
    for (const { sink, txid, pending } of image.sinks) {
      this.sinkOf(sink, txid);
      for (const { txid: at, data } of pending) this.enqueue({ sink, data }, at);
    }
    for (const [txid, fingerprint] of image.commits) this.remember(txid, fingerprint);
  }

  image(): LaneImage {
    return {
      app: this.app,
      lane: this.lane,
      owner: this.owner,
      epoch: this.epoch,
      txid: this.txid,
      epochStart: this.epochStart,
      offsets: [...this.offsets.values()],
      sinks: [...this.sinks].map(([sink, { txid, pending }]) => ({ sink, txid, pending: pending.slice() })),
      commits: [...this.commits],
    };
  }

  take(owner: string, epoch: number): void {
    this.countSelf(false);
    this.owner = owner;
    this.epoch = epoch;
    this.epochStart = this.txid;
    this.countSelf(true);
  }

  advance(txid: number): void {
    this.countSelf(false);
    this.txid = txid;
    this.countSelf(true);
  }

  offsetOf(range: OffsetRange): number | undefined {
    return this.offsets.get(partitionKey(range))?.until;
  }

  setOffset({ source, partition, until }: PartitionOffset): void {
    const key = partitionKey({ source, partition });
    const before = this.offsets.get(key);
    if (before !== undefined) this.countOffset(before, false);
    const offset = { source, partition, until };
    this.offsets.set(key, offset);
    this.countOffset(offset, true);
  }

  progressOf(sink: string): number | undefined {
    return this.sinks.get(sink)?.txid;
  }

  /** Records above `after`, oldest first, at most `limit`. */
  pendingOf(sink: string, after: number, limit: number): PendingRecord[] {
    const pending = this.sinks.get(sink)?.pending ?? [];
    const from = firstAbove(pending, after);
    return pending.slice(from, from + limit);
  }

  /** Adds a record of `txid`. A sink seen for the first time has applied all before. */
  enqueue({ sink, data }: OutboxRecord, txid: number): void {
    this.sinkOf(sink, txid - 1).pending.push({ txid, data });
    this.outboxBytes += data.length;
    this.outboxRecords++;
    this.countRecord(sink, txid, data, true);
  }

  /** `sink` has applied all up to `txid`. Never goes back. */
  trim(sink: string, txid: number): void {
    const state = this.sinkOf(sink, txid);
    if (txid <= state.txid) return;
    this.countSink(sink, state.txid, false);
    state.txid = txid;
    this.countSink(sink, txid, true);
    for (const done of state.pending.splice(0, firstAbove(state.pending, txid))) {
      this.outboxBytes -= done.data.length;
      this.outboxRecords--;
      this.countRecord(sink, done.txid, done.data, false);
    }
  }

  /** What all sinks have applied. */
  trimmedTo(): number {
    let slowest = this.txid;
    for (const { txid, pending } of this.sinks.values())
      if (pending.length > 0) slowest = Math.min(slowest, txid);
    return slowest;
  }

  remember(txid: number, fingerprint: Fingerprint): void {
    this.commits.set(txid, fingerprint);
    this.countCommit(txid, fingerprint, true);
    if (this.commits.size <= REMEMBERED_COMMITS) return;
    const [oldest] = this.commits.keys();
    this.countCommit(oldest!, this.commits.get(oldest!)!, false);
    this.commits.delete(oldest!);
  }

  fingerprintOf(txid: number): Fingerprint | undefined {
    return this.commits.get(txid);
  }

  /** Takes all of the lane out of the hash. */
  drop(): void {
    this.countSelf(false);
    for (const offset of this.offsets.values()) this.countOffset(offset, false);
    for (const [sink, { txid, pending }] of this.sinks) {
      this.countSink(sink, txid, false);
      for (const { txid: at, data } of pending) this.countRecord(sink, at, data, false);
    }
    for (const [txid, fingerprint] of this.commits) this.countCommit(txid, fingerprint, false);
  }

  private sinkOf(sink: string, txid: number): Sink {
    const known = this.sinks.get(sink);
    if (known !== undefined) return known;
    const state: Sink = { txid, pending: [] };
    this.sinks.set(sink, state);
    this.countSink(sink, txid, true);
    return state;
  }

  private countSelf(isAdded: boolean): void {
    const part = this.begin(LANE_PART);
    part.text(this.owner);
    part.number(this.epoch);
    part.number(this.txid);
    part.number(this.epochStart);
    this.count(isAdded);
  }

  private countOffset({ source, partition, until }: PartitionOffset, isAdded: boolean): void {
    const part = this.begin(OFFSET_PART);
    part.text(source);
    part.number(partition);
    part.number(until);
    this.count(isAdded);
  }

  private countSink(sink: string, txid: number, isAdded: boolean): void {
    const part = this.begin(SINK_PART);
    part.text(sink);
    part.number(txid);
    this.count(isAdded);
  }

  private countRecord(sink: string, txid: number, data: Uint8Array, isAdded: boolean): void {
    const part = this.begin(RECORD_PART);
    part.text(sink);
    part.number(txid);
    part.bytes(data);
    this.count(isAdded);
  }

  private countCommit(txid: number, { low, high }: Fingerprint, isAdded: boolean): void {
    const part = this.begin(COMMIT_PART);
    part.number(txid);
    part.int(low);
    part.int(high);
    this.count(isAdded);
  }

  private begin(kind: number): PartHash {
    this.part.begin(kind);
    this.part.text(this.app);
    this.part.number(this.lane);
    return this.part;
  }

  private count(isAdded: boolean): void {
    this.part.finish();
    if (isAdded) this.hash.add(this.part);
    else this.hash.remove(this.part);
  }
}

function partitionKey({
  source,
  partition,
}: {
  readonly source: string;
  readonly partition: number;
}): string {
  return `${partition} ${source}`;
}

/** The position of the first record above `txid`. */
function firstAbove(pending: readonly PendingRecord[], txid: number): number {
  let low = 0;
  let high = pending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (pending[middle]!.txid <= txid) low = middle + 1;
    else high = middle;
  }
  return low;
}
