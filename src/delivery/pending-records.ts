// Owns: the records that were admitted and whose end is not known, by ticket. Pure. A ticket is the `owner` of the
// record's tree. Parallel arrays: admitting a record allocates nothing.
// Invariant: a ticket is free, or belongs to exactly one record.

const FIRST_SIZE = 256;

export class PendingRecords {
  size = 0;
  feeds = new Int32Array(FIRST_SIZE);
  /** Number of the record in its feed's AckedPrefix. */
  numbers = new Float64Array(FIRST_SIZE);
  offsets = new Float64Array(FIRST_SIZE);
  /** When it was first emitted, on the monotonic clock. */
  startedMs = new Float64Array(FIRST_SIZE);
  attempts = new Uint32Array(FIRST_SIZE);
  readonly values: unknown[] = [];
  private readonly free: number[] = [];

  take(feed: number, number: number, offset: number, value: unknown, nowMs: number): number {
    const ticket = this.free.pop() ?? this.values.length;
    if (ticket >= this.feeds.length) this.grow();
    this.feeds[ticket] = feed;
    this.numbers[ticket] = number;
    this.offsets[ticket] = offset;
    this.startedMs[ticket] = nowMs;
    this.attempts[ticket] = 1;
    this.values[ticket] = value;
    this.size++;
    return ticket;
  }

  give(ticket: number): void {
    this.values[ticket] = undefined;
    this.free.push(ticket);
    this.size--;
  }

  private grow(): void {
    const size = this.feeds.length * 2;
    this.feeds = copyInto(new Int32Array(size), this.feeds);
    this.numbers = copyInto(new Float64Array(size), this.numbers);
    this.offsets = copyInto(new Float64Array(size), this.offsets);
    this.startedMs = copyInto(new Float64Array(size), this.startedMs);
    this.attempts = copyInto(new Uint32Array(size), this.attempts);
  }
}

function copyInto<T extends Int32Array | Float64Array | Uint32Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
