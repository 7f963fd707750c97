// Owns: reading a replica's folder after a restart: what is there, what a crash has cut off, what is damaged. Changes
// nothing. Not here: making the folder ready to be written (replica-disk.ts), looking at single sectors (sectors.ts).
//
// What was acknowledged is recovered, or its loss is reported; it is never served wrong. How a torn end is told from damage:
//
//   1. A flush that can be read proves that all before it were durable, for only one is in flight. So whatever is wrong
//      with any but the last one is damage.
//   2. Every start begins a new segment with a flush that names the last one before it, and does so only after that one was
//      made durable once more. So what a crash left half written is void for ever, and is never written over: each
//      place is written once under one number.
//   3. A slot of the hard state (state-slots.ts), which follows the first flush of every segment and each flush with a
//      hard state, proves that flush. So a segment that is missing at the end is noticed, too.
//   4. An orderly end writes one flush more, which proves all others.
//   5. That leaves the last flush before a crash, when nothing follows it. If one of its sectors is old, it was torn, for a
//      disk that acknowledges a write has replaced them all: it was not acknowledged, and is cut. If none is old and one is
//      damaged, it was complete, or may have been: damage. If all are new, it counts, acknowledged or not.
//
// What cannot be known: that a disk has acknowledged the very last flush, and has lost whole sectors of it, leaving what
// was there before. That is a disk that lies about fdatasync.
//
// Only what follows the newest whole snapshot is read: the segments from the last one on that was begun when the log was no
// longer than the snapshot. If that snapshot is damaged, the one before it is taken, with its longer log.

import type { FileSystem } from '../../files/file-system.ts';
import { ENVELOPE_BYTES, envelopeSize } from '../../paxos/codec/envelope.ts';
import { decodeWrite } from '../../paxos/codec/record-codec.ts';
import type { HardState, Recovered } from '../../paxos/effects.ts';
import { type DamagePlace, notFormatted, stateLost } from './disk-errors.ts';
import { HEADER_BYTES, type Owner } from './file-header.ts';
import type { DiskLimits } from './limits.ts';
import { LogImage } from './replay.ts';
import {
  listReplicaFiles,
  type ReplicaFiles,
  segmentPath,
  snapshotPath,
  stagedPath,
} from './replica-files.ts';
import {
  peekSegment,
  type SegmentEnd,
  SegmentMemory,
  type SegmentStart,
  scanSegment,
  type WholeFlush,
} from './segment-scan.ts';
import { checkSnapshot, type SnapshotInfo } from './snapshot-reader.ts';
import { readSlots, SLOT_NAMES, type SlotCheck } from './state-slots.ts';
import { firstNeeded, type LiveSegment } from './write-ahead-log.ts';

export interface RecoveryContext {
  readonly fs: FileSystem;
  readonly folder: string;
  readonly owner: Owner;
  readonly limits: DiskLimits;
  /** For a check of the second line of defence: take the newest snapshot for damaged. */
  readonly withoutNewestSnapshot?: boolean;
}

/** The last flush that was read, whose durability nothing proves yet. */
export interface LastFlush {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

export interface Recovery {
  readonly recovered: Recovered;
  /** Where durable entries are missing; undefined exactly if `recovered.damaged` is false. */
  readonly damage: DamagePlace | undefined;
  /** What is wrong and did no harm, as there was another copy. */
  readonly harmless: readonly DamagePlace[];
  /** The one in use, undefined if none can be read. */
  readonly snapshot: SnapshotInfo | undefined;
  /** Whole, older than the one in use (not read). */
  readonly olderSnapshot: number | undefined;
  /** True if the one in use still has the name of a staged one. */
  readonly isStaged: boolean;
  readonly files: ReplicaFiles;
  readonly slots: readonly SlotCheck[];
  /** Segments with parts of the log. */
  readonly live: readonly LiveSegment[];
  /** All other segments: prepared and never begun, or void. */
  readonly unused: readonly SegmentStart[];
  readonly last: LastFlush | undefined;
  /** Of the last flush that belongs to the log. */
  readonly previous: number;
  readonly nextSequence: number;
  readonly nextNumber: number;
  /** Entries that were replayed. */
  readonly replayed: number;
}

/**
 * Throws MR_STORE_FOLDER (nothing there, or of another cluster or replica), MR_DATA_FORMAT (another version) and MR_DATA_DAMAGED
 * if the hard state may be lost. Damage of the log is in the result. Rejects with system errors.
 */
export async function recoverFolder(context: RecoveryContext): Promise<Recovery> {
  const { fs, folder, owner } = context;
  const files = await listReplicaFiles(fs, folder);
  if (files.segments.length === 0 && files.snapshots.length === 0 && !files.hasState)
    throw notFormatted(folder);
  const slots = await readSlots(fs, folder, owner);
  const starts: SegmentStart[] = [];
  for (const number of files.segments)
    starts.push(await peekSegment(fs, segmentPath(folder, number), number, owner));
  const chain = chainOf(starts);
  const usable = context.withoutNewestSnapshot === true ? files.snapshots.slice(0, -1) : files.snapshots;
  const { snapshot, broken } = await newestSnapshot(context, usable);
  const replay = new Replay(context, files, chain, slots, snapshot);
  await replay.run();
  return conclude(context, { files, slots, starts, chain, snapshot, broken, replay });
}

/** Segments that were begun and belong to the log, those in between that tell nothing, and those behind. */
function chainOf(starts: readonly SegmentStart[]): SegmentStart[] {
  const chain: SegmentStart[] = [];
  let limit = Number.POSITIVE_INFINITY;
  for (const start of starts.toReversed()) {
    // A later segment was begun in spite of it: it is void.
    if (start.begun !== undefined && start.begun.sequence > limit) continue;
    if (start.begun !== undefined) limit = start.begun.preamble.previous;
    chain.unshift(start);
  }
  return chain;
}

async function newestSnapshot(
  { fs, folder, owner, limits }: RecoveryContext,
  snapshots: readonly number[],
): Promise<{ snapshot: SnapshotInfo | undefined; broken: DamagePlace[] }> {
  const broken: DamagePlace[] = [];
  for (const index of snapshots.toReversed()) {
    const { info, damage } = await checkSnapshot(
      fs,
      snapshotPath(folder, index),
      index,
      owner,
      limits.chunkBytes,
    );
    if (info !== undefined) return { snapshot: info, broken };
    broken.push(damage);
  }
  return { snapshot: undefined, broken };
}

/** Goes through the segments of the chain in order. */
class Replay {
  readonly image: LogImage;
  readonly live: LiveSegment[];
  /** Where the chain of flushes is broken. */
  damage: DamagePlace | undefined;
  last: LastFlush | undefined;
  previous = 0;
  highest: number;
  replayed = 0;
  inUse: SnapshotInfo | undefined;
  isStaged = false;
  /** The segment that was looked at last holds records. */
  private hasRecords = false;
  private readonly memory = new SegmentMemory();
  private readonly context: RecoveryContext;
  private readonly files: ReplicaFiles;
  private readonly chain: readonly SegmentStart[];
  private readonly proven: number;

  constructor(
    context: RecoveryContext,
    files: ReplicaFiles,
    chain: readonly SegmentStart[],
    slots: readonly SlotCheck[],
    snapshot: SnapshotInfo | undefined,
  ) {
    this.context = context;
    this.files = files;
    this.chain = chain;
    this.proven = Math.max(0, ...slots.map(({ slot }) => slot?.sequence ?? 0));
    this.highest = Math.max(this.proven, ...chain.map(({ begun }) => begun?.sequence ?? 0));
    this.inUse = snapshot;
    this.image = new LogImage(snapshot?.index ?? 0, snapshot?.configuration);
    this.live = chain.flatMap(({ number, file, bytes, begun }) =>
      begun === undefined ? [] : [{ number, path: file, bytes, baseLength: begun.preamble.length }],
    );
  }

  async run(): Promise<void> {
    const first = this.live[firstNeeded(this.live, this.image.offset)];
    const from = Math.max(
      0,
      this.chain.findIndex(({ number }) => number === first?.number),
    );
    let end: SegmentEnd | undefined;
    let file = `${this.context.folder}/${SLOT_NAMES[0]}`;
    for (let i = from; i < this.chain.length && this.damage === undefined; i++) {
      const start = this.chain[i]!;
      const bound = this.boundAfter(i);
      if (i > from && this.previous >= bound) continue;
      if (start.begun === undefined) {
        // Prepared and never begun, if nothing is wrong with it and nothing follows.
        this.damage = start.damage;
        if (bound < Number.POSITIVE_INFINITY) this.damage ??= missingAt(start.file, HEADER_BYTES, bound);
        continue;
      }
      end = await this.segment(start, bound, i === from);
      file = start.file;
      if (this.damage !== undefined) break;
      if (bound < Number.POSITIVE_INFINITY && this.previous < bound)
        this.damage = end.damage ?? missingAt(file, end.offset, bound);
      if (bound === Number.POSITIVE_INFINITY) this.damage = this.damageAtEnd(end, file);
    }
    if (this.damage === undefined && this.proven > this.previous)
      this.damage = missingAt(file, end?.offset ?? 0, this.proven);
    if (this.damage !== undefined) await this.findHighest(from);
    else if (!this.hasRecords) this.forgetEmpty();
  }

  /** A segment in which nothing came after its first flush is of no use: the next one repeats what that says. */
  private forgetEmpty(): void {
    const empty = this.live.pop();
    const start = this.chain.find(({ number }) => number === empty?.number);
    if (start?.begun === undefined) return;
    this.previous = start.begun.preamble.previous;
    this.last = undefined;
  }

  /** The last flush of the log before the next segment that was begun; infinite behind the last one. */
  private boundAfter(index: number): number {
    for (let next = index + 1; next < this.chain.length; next++) {
      const { begun } = this.chain[next]!;
      if (begun !== undefined) return begun.preamble.previous;
    }
    return Number.POSITIVE_INFINITY;
  }

  private async segment(start: SegmentStart, bound: number, isFirst: boolean): Promise<SegmentEnd> {
    const end = await scanSegment(this.context.fs, start, this.memory, async (flush) => {
      const { sequence, hasPreamble } = flush.header;
      if (sequence > bound) return false;
      const place = { file: start.file, offset: flush.from, why: '' };
      if (!hasPreamble && sequence !== this.previous + 1) {
        this.damage = { ...place, why: `flush ${sequence} follows flush ${this.previous}` };
        return false;
      }
      this.hasRecords = !hasPreamble && (this.hasRecords || flush.header.records > 0);
      if (hasPreamble) this.begin(start, flush, isFirst);
      else await this.records(start.file, flush);
      this.previous = sequence;
      this.last = { file: start.file, from: flush.from, to: flush.to };
      return this.damage === undefined;
    });
    this.highest = Math.max(this.highest, this.previous, end.highest);
    return end;
  }

  private begin(start: SegmentStart, { header, from }: WholeFlush, isFirst: boolean): void {
    const { preamble } = start.begun!;
    const isWhole = this.image.begin(preamble, header.sequence, isFirst);
    if (!isWhole) this.image.miss({ file: start.file, offset: from, why: gapBefore(preamble.length) });
  }

  private async records(file: string, { header, data, from }: WholeFlush): Promise<void> {
    let at = 0;
    for (let record = 0; record < header.records; record++) {
      const to = at + (at + ENVELOPE_BYTES <= data.length ? envelopeSize(data, at) : ENVELOPE_BYTES);
      const write = decodeWrite(data.subarray(at, to));
      if (write === undefined) {
        this.damage = {
          file,
          offset: from,
          why: `record ${record} of flush ${header.sequence} cannot be understood`,
        };
        return;
      }
      at = to;
      if (write.snapshot > this.image.offset) await this.takeSnapshot(write.snapshot);
      if (!this.image.apply(write, header.sequence))
        this.image.miss({ file, offset: from, why: gapBefore(write.from) });
      this.replayed += write.entries.length;
    }
  }

  private async takeSnapshot(index: number): Promise<void> {
    const { fs, folder, owner, limits } = this.context;
    const isStaged = this.files.staged.includes(index);
    const file = isStaged ? stagedPath(folder, index) : snapshotPath(folder, index);
    const { info, damage } = await checkSnapshot(fs, file, index, owner, limits.chunkBytes);
    if (info === undefined) {
      this.image.miss(damage);
      return;
    }
    this.inUse = info;
    this.isStaged = isStaged;
    this.image.useSnapshot(index, info.configuration);
  }

  private damageAtEnd({ damage, offset, ...end }: SegmentEnd, file: string): DamagePlace | undefined {
    if (damage !== undefined) return damage;
    const proven = Math.max(end.proven, this.proven);
    return proven > this.previous ? missingAt(file, offset, proven) : undefined;
  }

  /** Numbers are never used again, those of flushes behind the damage neither. */
  private async findHighest(from: number): Promise<void> {
    for (const start of this.chain.slice(from)) {
      const end = await scanSegment(this.context.fs, start, this.memory, ({ header }) => {
        this.highest = Math.max(this.highest, header.sequence);
        return true;
      });
      this.highest = Math.max(this.highest, end.highest);
    }
  }
}

function gapBefore(index: number): string {
  return `entries before ${index}, where the log goes on, are missing`;
}

function missingAt(file: string, offset: number, proven: number): DamagePlace {
  return { file, offset, why: `the log ends here, and flush ${proven} was durable` };
}

interface Findings {
  readonly files: ReplicaFiles;
  readonly slots: readonly SlotCheck[];
  readonly starts: readonly SegmentStart[];
  readonly chain: readonly SegmentStart[];
  readonly snapshot: SnapshotInfo | undefined;
  readonly broken: readonly DamagePlace[];
  readonly replay: Replay;
}

function conclude({ folder }: RecoveryContext, found: Findings): Recovery {
  const { files, slots, starts, broken, replay } = found;
  const { image, inUse } = replay;
  const hard = newestHard(folder, found);
  const noSnapshot =
    inUse === undefined ? (broken[0] ?? { file: folder, offset: 0, why: 'there is no snapshot' }) : undefined;
  const damage = replay.damage ?? image.missing ?? noSnapshot;
  const entries = inUse === undefined ? [] : image.entries;
  const length = image.offset + entries.length;
  const live = new Set(replay.live.map(({ number }) => number));
  const numbers = [...files.segments, ...files.spares, ...slots.map(({ slot }) => slot?.segment ?? 0)];
  const slotDamage = slots.flatMap((slot) => slot.damage ?? []);
  return {
    recovered: {
      hard,
      offset: image.offset,
      snapshotConfiguration: image.configuration ?? hard.configuration,
      entries,
      decided: Math.min(Math.max(image.decided, image.offset), length),
      damaged: damage !== undefined,
    },
    damage,
    harmless: [...broken.filter((place) => place !== damage), ...slotDamage],
    snapshot: inUse,
    olderSnapshot: files.snapshots.findLast((index) => index < image.offset),
    isStaged: replay.isStaged,
    files,
    slots,
    live: replay.live,
    unused: starts.filter(({ number }) => !live.has(number)),
    last: replay.damage === undefined ? replay.last : undefined,
    previous: replay.previous,
    nextSequence: replay.highest + 1,
    nextNumber: Math.max(0, ...numbers) + 1,
    replayed: replay.replayed,
  };
}

/** The copy with the highest sequence (state-slots.ts says why). */
function newestHard(folder: string, { slots, replay }: Findings): HardState {
  const unreadable = slots.find(({ slot }) => slot === undefined)?.damage;
  if (replay.damage !== undefined && unreadable !== undefined) throw stateLost(unreadable);
  let { hard, hardSequence } = replay.image;
  for (const { slot } of slots) {
    if (slot === undefined || slot.sequence < hardSequence) continue;
    hard = slot.hard;
    hardSequence = slot.sequence;
  }
  if (hard === undefined) throw stateLost(unreadable ?? { file: folder, offset: 0, why: 'there is no log' });
  return hard;
}
