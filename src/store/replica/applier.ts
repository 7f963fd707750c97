// Owns: applying what is decided, in order, in portions. Not here: what a command means (machine/).
// Invariants: `applied` entries are in the machine's state, no more and no less; a command takes effect once (origins.ts).

import type { Configuration } from '../../paxos/configuration.ts';
import type { Entry } from '../../paxos/entry.ts';
import { StoreMachine } from '../machine/machine.ts';
import type { Applied } from '../machine/types.ts';
import { type Origin, Origins, splitOrigin } from './origins.ts';
import type { StoredSnapshot } from './ports.ts';

export interface ApplierEvents {
  /** In order of the log. */
  onApplied(origin: Origin, outcome: Applied): void;
  /** A command that did not take effect now: it did before, or must wait for one before it. */
  onSkipped(origin: Origin): void;
}

export class Applier {
  /** Entries in the machine's state. */
  applied = 0;
  /** Bytes of the entries applied since the last snapshot was begun or loaded. */
  bytes = 0;
  configuration: Configuration;
  /** Another object after a snapshot was loaded. */
  machine: StoreMachine;
  private readonly origins = new Origins();
  private readonly events: ApplierEvents;
  private loading = false;

  constructor(machine: StoreMachine, configuration: Configuration, events: ApplierEvents) {
    this.machine = machine;
    this.configuration = configuration;
    this.events = events;
  }

  get isLoading(): boolean {
    return this.loading;
  }

  lifeOf(replica: number): number {
    return this.origins.lifeOf(replica);
  }

  /** Applies up to `limit` decided entries. True if more are left. */
  run(decided: number, limit: number, entryAt: (index: number) => Entry | undefined): boolean {
    if (this.loading) return false;
    const until = Math.min(decided, this.applied + limit);
    while (this.applied < until) {
      const entry = entryAt(this.applied);
      // In the snapshot that is about to be loaded.
      if (entry === undefined) return false;
      this.apply(this.applied, entry);
    }
    return this.applied < decided;
  }

  private apply(index: number, entry: Entry): void {
    this.applied = index + 1;
    if (entry.configuration !== undefined) {
      this.configuration = entry.configuration;
      return;
    }
    this.bytes += entry.data.length;
    const { origin, command } = splitOrigin(entry.data);
    if (this.origins.admit(origin)) this.events.onApplied(origin, this.machine.apply(index, command));
    else this.events.onSkipped(origin);
  }

  /** The state as it is now. Its first chunk is what is kept here. */
  *snapshot(): Iterable<Uint8Array> {
    this.bytes = 0;
    yield this.origins.encode();
    yield* this.machine.sections();
  }

  /** Puts a snapshot in the place of the state. Nothing is applied meanwhile. */
  async load(snapshot: StoredSnapshot, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.loading = true;
    try {
      const loader = StoreMachine.loader();
      let first = true;
      for await (const chunk of chunks) {
        if (first) this.origins.restore(chunk);
        else loader.push(chunk);
        first = false;
      }
      // The snapshot of nothing, which a formatted disk begins with, has no chunks.
      if (!first) this.machine = loader.finish();
      this.applied = snapshot.index;
      this.configuration = snapshot.configuration;
      this.bytes = 0;
    } finally {
      this.loading = false;
    }
  }
}
