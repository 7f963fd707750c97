// Owns: the records that were admitted and whose end is not known, by ticket. Pure. A ticket is the `owner` of the
// record's tree. What belongs to a ticket lies side by side in arrays of numbers: admitting a record allocates nothing.
// Invariant: a ticket is free, or belongs to exactly one record.

const FIRST_SIZE = 256;
/** Whole numbers of a ticket: its feed and its attempts. While it is free: the next free ticket, NONE behind the last. */
const INTS = 2;
/** Other numbers of a ticket: number in the feed's AckedPrefix, offset, time of the first emit. */
const DOUBLES = 3;
const NONE = -1;

export class PendingRecords {
  size = 0;
  private ints = new Int32Array(FIRST_SIZE * INTS);
  private doubles = new Float64Array(FIRST_SIZE * DOUBLES);
  private readonly values: unknown[] = [];
  private free = NONE;

  take(feed: number, number: number, offset: number, value: unknown, nowMs: number): number {
    if (this.free === NONE) this.addTicket();
    const ticket = this.free;
    const { ints, doubles } = this;
    this.free = ints[ticket * INTS]!;
    ints[ticket * INTS] = feed;
    ints[ticket * INTS + 1] = 1;
    doubles[ticket * DOUBLES] = number;
    doubles[ticket * DOUBLES + 1] = offset;
    doubles[ticket * DOUBLES + 2] = nowMs;
    this.values[ticket] = value;
    this.size++;
    return ticket;
  }

  give(ticket: number): void {
    this.values[ticket] = undefined;
    this.ints[ticket * INTS] = this.free;
    this.free = ticket;
    this.size--;
  }

  feed(ticket: number): number {
    return this.ints[ticket * INTS]!;
  }

  attempts(ticket: number): number {
    return this.ints[ticket * INTS + 1]!;
  }

  /** One attempt more. */
  again(ticket: number): void {
    this.ints[ticket * INTS + 1]!++;
  }

  /** Number of the record in its feed's AckedPrefix. */
  number(ticket: number): number {
    return this.doubles[ticket * DOUBLES]!;
  }

  offset(ticket: number): number {
    return this.doubles[ticket * DOUBLES + 1]!;
  }

  /** When it was first emitted, on the monotonic clock. */
  startedMs(ticket: number): number {
    return this.doubles[ticket * DOUBLES + 2]!;
  }

  value(ticket: number): unknown {
    return this.values[ticket];
  }

  private addTicket(): void {
    const ticket = this.values.length;
    this.values.push(undefined);
    if (ticket * INTS === this.ints.length) {
      const ints = new Int32Array(this.ints.length * 2);
      ints.set(this.ints);
      this.ints = ints;
      const doubles = new Float64Array(this.doubles.length * 2);
      doubles.set(this.doubles);
      this.doubles = doubles;
    }
    this.ints[ticket * INTS] = NONE;
    this.free = ticket;
  }
}
