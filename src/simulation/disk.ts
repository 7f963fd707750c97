// Owns: one replica's disk: what is durable, what is only written, and what a crash leaves of it. Not here: when it is
// full, slow or wiped (fault-injector.ts).
//
// The model is a write-ahead log of atomic records with checksums and rising numbers, a hard state that is kept twice, and
// snapshots beside it. Of the records that were not flushed when the process died any may be there and any may be
// missing or torn, so recovery cuts at the first that is not whole: records behind a gap are not used. A flipped bit in
// a durable record is damage: recovery gives the entries before it and says so. The records of the last flush are not
// damaged here: a disk cannot tell that from a torn write, so it belongs to the lost disks. A full disk refuses the flush:
// nothing of it becomes durable, it waits and is tried again, and if the process dies meanwhile it is gone.

import { assert } from '../base/assert.ts';
import type { HardState, Recovered, Write } from '../paxos/effects.ts';
import type { Entry } from '../paxos/entry.ts';
import { fail } from './check-failure.ts';
import { CONCERN, Dice } from './dice.ts';
import type { FaultCounts } from './fault-kinds.ts';
import type { FaultPlan } from './fault-plan.ts';
import { LostCopies } from './lost-copies.ts';
import type { Image } from './registers.ts';

const SLOWNESS = 50;

/** What a disk is made of. */
export interface DiskParts {
  readonly seed: number;
  readonly place: number;
  readonly plan: FaultPlan;
  readonly counts: FaultCounts;
  readonly hard: HardState;
  readonly image: Image;
}

export class SimulatedDisk {
  /** Durable. */
  hard: HardState;
  image: Image;
  entries: Entry[] = [];
  decided = 0;
  /** Indexes of durable entries that cannot be read any more. */
  damage: number[] = [];
  /** What was durable from the first damaged entry on, until the write that repairs it is durable. */
  readonly lost = new LostCopies();

  /** True from a flush that was refused for want of space to the first that succeeds. */
  isFull = false;
  /** In virtual time. */
  fullUntil = 0;
  slowUntil = 0;
  /** The next flush fails, which ends the process. */
  failsNext = false;

  /** Snapshots that are durable beside the one in use. */
  private staged: Image[] = [];
  private pending: Write[] = [];
  /** Writes that the flush in progress covers, 0 if there is none. */
  private covered = 0;
  private nextNumber = 1;
  /** The first entry of the last flush. */
  private lastFlush = 0;
  private healed = false;
  protected readonly plan: FaultPlan;
  protected readonly dice: Dice;
  protected readonly counts: FaultCounts;

  constructor({ seed, place, plan, counts, hard, image }: DiskParts) {
    this.plan = plan;
    this.counts = counts;
    this.hard = hard;
    this.image = image;
    this.dice = new Dice(seed, CONCERN.disk + place);
  }

  /** The number of entries that are durable, those in the snapshot included. */
  get length(): number {
    return this.image.index + this.entries.length;
  }

  /** The durable entry at `index`, undefined if it is in the snapshot or not there. */
  entry(index: number): Entry | undefined {
    return this.entries[index - this.image.index];
  }

  append(write: Write): void {
    if (write.number !== this.nextNumber)
      fail('writes in order', `write ${write.number} came where ${this.nextNumber} was due`);
    this.nextNumber++;
    this.pending.push(write);
  }

  /** Begins a flush of all that is written. Microseconds until it ends, or 0 if there is nothing to flush now. */
  flush(now: number): number {
    if (this.covered > 0 || this.pending.length === 0) return 0;
    this.covered = this.pending.length;
    const usual = 1 + this.dice.exponential(this.plan.flush);
    return now < this.slowUntil ? usual * SLOWNESS : usual;
  }

  /** The flush has ended. The number of the last write that is durable, or 0: there was no space, try again later. */
  flushed(now: number): number {
    assert(this.covered > 0, 'a flush ends once');
    const wasFull = this.isFull;
    this.isFull = !this.hasSpace(now);
    if (this.isFull) {
      if (!wasFull) this.counts['disk-full']++;
      return 0;
    }
    const first = this.pending[0]!;
    const last = this.pending[this.covered - 1]!;
    this.lastFlush = first.from;
    for (let at = 0; at < this.covered; at++) this.persist(this.pending[at]!);
    this.pending = this.pending.slice(this.covered);
    this.covered = 0;
    return last.number;
  }

  hasSpace(now: number): boolean {
    return now >= this.fullUntil;
  }

  /** A snapshot is durable beside the one in use. */
  stage(image: Image): void {
    this.staged.push(image);
  }

  /** A durable snapshot of at least `index` entries, the oldest there is. */
  snapshotOf(index: number): Image | undefined {
    if (this.image.index >= index) return this.image;
    return this.staged.find((image) => image.index >= index);
  }

  /** A snapshot by its exact index, in use or staged. */
  snapshotAt(index: number): Image | undefined {
    return this.image.index === index ? this.image : this.staged.find((image) => image.index === index);
  }

  /** The process died: decides what is left of what was not flushed. */
  crash(): void {
    const survivors = this.survivors(this.pending.length);
    if (survivors > 0) this.lastFlush = this.pending[0]!.from;
    for (let at = 0; at < survivors; at++) this.persist(this.pending[at]!);
    this.pending = [];
    this.covered = 0;
    this.nextNumber = 1;
    this.failsNext = false;
    this.isFull = false;
    this.staged = [];
  }

  /** Damages a durable entry that was not written by the last flush. False if there is none. */
  flipBit(): boolean {
    const first = this.image.index;
    const entries = Math.min(this.lastFlush, this.length) - first;
    if (entries <= 0) return false;
    this.damage.push(first + this.dice.below(entries));
    const start = Math.min(...this.damage);
    this.lost.add(start, this.entries.slice(start - first));
    return true;
  }

  recover(): Recovered {
    const { hard, image, damage } = this;
    const end = damage.length > 0 ? Math.min(...damage) : this.length;
    return {
      hard,
      offset: image.index,
      snapshotConfiguration: image.configuration,
      entries: this.entries.slice(0, end - image.index),
      decided: Math.min(this.decided, end),
      damaged: damage.length > 0,
    };
  }

  /** True while this disk is worth less than a whole one. */
  get isImpaired(): boolean {
    return this.damage.length > 0 || this.hard.damaged || !this.hard.admitted;
  }

  heal(): void {
    this.healed = true;
    this.fullUntil = 0;
    this.slowUntil = 0;
    this.failsNext = false;
  }

  /** How many of the `written` records in front a recovery finds before the first that is missing or torn. */
  protected survivors(written: number): number {
    const { dice, plan, counts } = this;
    if (written === 0 || this.healed || this.isFull) return 0;
    if (!plan.kinds.has('unsynced-loss')) {
      if (!plan.kinds.has('torn-write')) return written;
      counts['torn-write']++;
      return dice.below(written);
    }
    let first = written;
    for (let at = written - 1; at >= 0; at--) if (dice.chance(0.5)) first = at;
    if (first === written) return written;
    if (plan.kinds.has('torn-write') && dice.chance(0.5)) counts['torn-write']++;
    else counts['unsynced-loss']++;
    return first;
  }

  /** One record becomes durable, as a whole. */
  protected persist(write: Write): void {
    if (write.hard !== undefined) this.hard = write.hard;
    if (write.snapshot > 0) this.useSnapshot(write.snapshot);
    if (write.from > this.length)
      fail('writes in order', `write ${write.number} appends at ${write.from} to a log of ${this.length}`);
    const keep = write.from - this.image.index;
    this.entries.length = Math.max(keep, 0);
    // What was trimmed while the write waited is in the snapshot.
    for (let at = Math.max(-keep, 0); at < write.entries.length; at++) this.entries.push(write.entries[at]!);
    this.decided = write.decided;
    if (this.damage.length > 0) this.damage = this.damage.filter((index) => index < write.from);
    if (this.lost.size > 0 && this.damage.length === 0 && !this.hard.damaged) this.lost.clear();
  }

  private useSnapshot(index: number): void {
    const image = this.snapshotAt(index);
    if (image === undefined)
      fail('writes in order', `a write uses the snapshot at ${index}, which is not on the disk`);
    this.trim(image);
  }

  /** Puts the durable snapshot `image` in the place of the entries before it. */
  trim(image: Image): void {
    const { index } = image;
    if (index < this.image.index)
      fail('writes in order', `the snapshot at ${index} replaces the later one at ${this.image.index}`);
    this.entries.splice(0, index - this.image.index);
    this.image = image;
    this.staged = this.staged.filter((staged) => staged.index > index);
    this.damage = this.damage.filter((damaged) => damaged >= index);
  }
}
