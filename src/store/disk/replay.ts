// Owns: what the log is after a sequence of records: the entries behind a snapshot, what is decided, the hard state.
// Not here: which records there are (recovery.ts). Invariant: once something is missing nothing more is appended; only
// the hard state goes on, for it stands in each record as a whole.

import type { Configuration } from '../../paxos/configuration.ts';
import type { HardState, Write } from '../../paxos/effects.ts';
import type { Entry } from '../../paxos/entry.ts';
import type { DamagePlace } from './disk-errors.ts';
import type { Preamble } from './flush-format.ts';

export class LogImage {
  /** Index of the snapshot that the entries follow. */
  offset: number;
  configuration: Configuration | undefined;
  readonly entries: Entry[] = [];
  decided: number;
  hard: HardState | undefined;
  /** The flush that `hard` is from. */
  hardSequence = 0;
  /** Where entries are missing, once they are. */
  missing: DamagePlace | undefined;
  /** Entries in the log, those that the snapshot covers included. May be below `offset`: then all of it is covered. */
  private end: number;

  constructor(offset: number, configuration: Configuration | undefined) {
    this.offset = offset;
    this.configuration = configuration;
    this.decided = offset;
    this.end = offset;
  }

  /** Entries in the log or in the snapshot. */
  get length(): number {
    return Math.max(this.end, this.offset);
  }

  /** A segment begins: its preamble says what the log was. `isFirst`: nothing before it is read. False: entries are missing. */
  begin({ length, decided, hard }: Preamble, sequence: number, isFirst: boolean): boolean {
    this.takeHard(hard, sequence);
    this.decided = Math.max(this.decided, decided);
    if (isFirst) {
      this.end = length;
      return length <= this.offset;
    }
    if (length > this.end) return false;
    // It was opened on less than what is there: damage was found then, and the log began again from here.
    this.missing = undefined;
    this.cut(length);
    return true;
  }

  /** False if entries before this record's are missing. */
  apply(write: Write, sequence: number): boolean {
    if (write.hard !== undefined) this.takeHard(write.hard, sequence);
    if (write.snapshot > 0 && write.snapshot <= this.offset) this.restart(write.snapshot);
    if (this.missing !== undefined) return true;
    if (write.from > this.end) return false;
    this.decided = Math.max(this.decided, write.decided);
    if (write.from < this.end) this.cut(write.from);
    const skip = Math.max(0, this.offset - write.from);
    for (let i = skip; i < write.entries.length; i++) this.entries.push(write.entries[i]!);
    this.end = write.from + write.entries.length;
    return true;
  }

  /** Entries cannot be had; the first place where that is so counts. */
  miss(place: DamagePlace): void {
    this.missing ??= place;
  }

  /** A snapshot from another replica takes the place of the whole log. */
  useSnapshot(index: number, configuration: Configuration): void {
    this.offset = index;
    this.configuration = configuration;
    this.restart(index);
  }

  /** What was before is gone, and with it what was missing. */
  private restart(index: number): void {
    this.missing = undefined;
    this.entries.length = 0;
    this.end = index;
    this.decided = Math.max(this.decided, index);
  }

  private cut(length: number): void {
    this.end = length;
    this.entries.length = Math.min(this.entries.length, Math.max(0, length - this.offset));
  }

  private takeHard(hard: HardState, sequence: number): void {
    this.hard = hard;
    this.hardSequence = sequence;
  }
}
