// Owns: a small cluster for tests of the core: replicas in memory, messages in lists that the test delivers, drops or
// keeps, disks that flush when the test says so. No time passes unless the test ticks. Not here: faults by chance (simulation/).
// Invariant, checked at each application: no two replicas apply different entries at one index, in any life.

import { assert } from '../../src/base/assert.ts';
import { Sfc32 } from '../../src/base/random.ts';
import { NO_BALLOT, type ReplicaId } from '../../src/paxos/ballot.ts';
import { type Configuration, firstConfiguration } from '../../src/paxos/configuration.ts';
import type { PaxosLimits } from '../../src/paxos/core.ts';
import type {
  Effects,
  HardState,
  ProposeResult,
  ReadResult,
  Recovered,
  Write,
} from '../../src/paxos/effects.ts';
import { command, type Entry } from '../../src/paxos/entry.ts';
import type { Event } from '../../src/paxos/event.ts';
import type { Message } from '../../src/paxos/message.ts';
import { Replica } from '../../src/paxos/replica.ts';

/** What a formatted, empty disk holds. */
export function formatted(configuration: Configuration, incarnation: number, admitted = true): Recovered {
  const hard: HardState = {
    incarnation,
    admitted,
    damaged: false,
    promised: NO_BALLOT,
    accepted: NO_BALLOT,
    configuration,
    known: [],
  };
  return { hard, offset: 0, snapshotConfiguration: configuration, entries: [], decided: 0, damaged: false };
}

export function entryOf(value: string): Entry {
  return command(new TextEncoder().encode(value));
}

/** The value of a command, or `<2>` for the stop-sign that begins configuration 2. */
export function textOf(entry: Entry | undefined): string {
  if (entry === undefined) return '?';
  if (entry.configuration !== undefined) return `<${entry.configuration.number}>`;
  return new TextDecoder().decode(entry.data);
}

/** The durable part of a node, as a sequence of atomic records applied to it. */
export class Disk {
  recovered: Recovered;
  readonly unflushed: Write[] = [];
  /** The snapshot that is durable beside the one in use. */
  staged: { readonly index: number; readonly configuration: Configuration } | undefined;

  constructor(recovered: Recovered) {
    this.recovered = recovered;
  }

  flush(): number {
    for (const write of this.unflushed) {
      this.recovered = applyWrite(this.recovered, write);
      if (write.snapshot === 0) continue;
      assert(this.staged?.index === write.snapshot, 'only the staged snapshot comes into use');
      this.recovered = { ...this.recovered, snapshotConfiguration: this.staged.configuration };
    }
    return this.unflushed.splice(0).at(-1)?.number ?? 0;
  }

  /** A snapshot of the first `index` entries replaces them. */
  trim(index: number): void {
    const { offset, entries, snapshotConfiguration } = this.recovered;
    const gone = entries.slice(0, index - offset);
    const configuration = gone.findLast((entry) => entry.configuration !== undefined)?.configuration;
    this.recovered = {
      ...this.recovered,
      offset: index,
      entries: entries.slice(index - offset),
      snapshotConfiguration: configuration ?? snapshotConfiguration,
    };
  }
}

export function applyWrite(before: Recovered, write: Write): Recovered {
  const offset = write.snapshot > 0 ? write.snapshot : before.offset;
  const kept = write.snapshot > 0 ? [] : before.entries.slice(0, write.from - before.offset);
  return {
    ...before,
    hard: write.hard ?? before.hard,
    offset,
    entries: [...kept, ...write.entries],
    decided: Math.max(before.decided, write.decided),
    damaged: false,
  };
}

export class Node {
  readonly id: ReplicaId;
  readonly disk: Disk;
  replica: Replica;
  /** Flush after each step, at once. */
  autoFlush = true;
  up = true;
  readonly applied: Entry[] = [];
  readonly reads: ReadResult[] = [];
  proposed: ProposeResult | undefined;
  refused: string | undefined;
  last: Effects | undefined;
  private readonly cluster: Cluster;

  constructor(cluster: Cluster, id: ReplicaId, recovered: Recovered) {
    this.cluster = cluster;
    this.id = id;
    this.disk = new Disk(recovered);
    this.replica = cluster.replica(id, recovered);
  }

  step(event: Event): Effects {
    const effects = this.replica.step(event);
    this.last = effects;
    if (effects.write !== undefined) this.disk.unflushed.push(effects.write);
    this.cluster.network.push(...effects.send);
    this.reads.push(...effects.reads);
    if (effects.proposed !== undefined) this.proposed = effects.proposed;
    if (effects.refused !== undefined) this.refused = effects.refused;
    const { view } = this.replica;
    while (this.applied.length < effects.decided) {
      const index = this.applied.length;
      this.applied.push(this.cluster.decide(index, view.entry(index)));
    }
    this.cluster.observe?.(this, event, effects);
    if (effects.fetch !== undefined) this.cluster.fetches.push({ to: this.id, ...effects.fetch });
    if (this.autoFlush) this.flush();
    return effects;
  }

  flush(): void {
    const write = this.disk.flush();
    if (write > 0) this.step({ kind: 'persisted', write });
  }

  /** Loses what was not flushed, and comes back. */
  crash(): void {
    this.disk.unflushed.length = 0;
    this.disk.staged = undefined;
    this.up = true;
    this.applied.length = 0;
    this.replica = this.cluster.replica(this.id, this.disk.recovered);
    this.step({ kind: 'start' });
  }

  /** Comes back with entries from `index` on unreadable. */
  crashDamaged(index: number): void {
    const { recovered } = this.disk;
    const entries = recovered.entries.slice(0, index - recovered.offset);
    this.disk.recovered = { ...recovered, entries, damaged: true };
    this.crash();
  }

  /** Replaces all that is decided by a snapshot. */
  trim(index: number = this.view.decided): void {
    this.flush();
    this.disk.trim(index);
    this.step({ kind: 'trim', index });
  }

  get view() {
    return this.replica.view;
  }

  /** The log as text; what is in the snapshot is `?`. */
  get log(): string[] {
    const { view } = this;
    return Array.from({ length: view.length }, (_, index) => textOf(view.entry(index)));
  }
}

export class Cluster {
  readonly nodes: Map<ReplicaId, Node> = new Map();
  network: Message[] = [];
  /** Snapshots that were asked for and not transferred yet. */
  fetches: { readonly to: ReplicaId; readonly from: ReplicaId; readonly index: number }[] = [];
  /** True for messages that must not arrive. */
  cut: (message: Message) => boolean = () => false;
  observe: ((node: Node, event: Event, effects: Effects) => void) | undefined;
  /** All that any replica ever applied. */
  readonly history: Entry[] = [];
  private readonly random = new Sfc32(1, 2, 3);
  private readonly limits: Partial<PaxosLimits>;
  private formats = 0;

  constructor(size: number, limits: Partial<PaxosLimits> = {}) {
    this.limits = limits;
    const configuration = firstConfiguration(Array.from({ length: size }, (_, index) => index + 1));
    for (const { id } of configuration.members)
      this.nodes.set(id, new Node(this, id, formatted(configuration, 1000 + id)));
  }

  replica(id: ReplicaId, recovered: Recovered): Replica {
    return new Replica({ id, recovered, random: this.random, limits: this.limits });
  }

  node(id: ReplicaId): Node {
    return this.nodes.get(id)!;
  }

  /**
   * An empty disk under the name `id`, not admitted yet. For a configuration later than the first it is told only whom to
   * learn from.
   */
  format(id: ReplicaId, told: Configuration): Node {
    const configuration = told.number > 1 ? { number: 0, members: told.members, retired: [] } : told;
    const node = new Node(this, id, formatted(configuration, 5000 + 10 * this.formats++ + id, false));
    this.nodes.set(id, node);
    node.step({ kind: 'start' });
    return node;
  }

  start(): this {
    for (const node of this.nodes.values()) node.step({ kind: 'start' });
    return this;
  }

  /** Delivers what is under way, and what comes of it, until nothing is. */
  settle(): this {
    while (this.network.length > 0) {
      const batch = this.network;
      this.network = [];
      for (const message of batch) this.deliver(message);
    }
    return this;
  }

  deliver(message: Message): void {
    const node = this.nodes.get(message.to);
    if (node?.up && !this.cut(message)) node.step({ kind: 'receive', message });
  }

  /** Takes the messages that `wanted` chooses off the network. */
  take(wanted: (message: Message) => boolean): Message[] {
    const taken = this.network.filter(wanted);
    this.network = this.network.filter((message) => !taken.includes(message));
    return taken;
  }

  /** Delivers only what `wanted` chooses, and what comes of that and is chosen too. The rest stays under way. */
  settleOnly(wanted: (message: Message) => boolean): this {
    for (let batch = this.take(wanted); batch.length > 0; batch = this.take(wanted)) {
      for (const message of batch) this.deliver(message);
    }
    return this;
  }

  /** Carries out the transfers that were asked for. */
  transfer(): this {
    for (const { to, from } of this.fetches.splice(0)) {
      const { offset, snapshotConfiguration } = this.node(from).disk.recovered;
      const staged = { index: offset, configuration: snapshotConfiguration };
      this.node(to).disk.staged = staged;
      this.node(to).step({ kind: 'snapshot-staged', ...staged });
    }
    return this;
  }

  /** Ticks everyone who is up and delivers all, `times` times. */
  tick(times = 1): this {
    for (let i = 0; i < times; i++) {
      for (const node of this.nodes.values()) if (node.up) node.step({ kind: 'tick' });
      this.settle();
    }
    return this;
  }

  /** The replica that leads at the highest ballot, if any. */
  get leader(): Node | undefined {
    return [...this.nodes.values()].find((node) => node.up && node.view.role === 'leading');
  }

  /** Makes `id` lead without an election. */
  nominate(id: ReplicaId): this {
    this.node(id).step({ kind: 'nominate' });
    return this.settle();
  }

  propose(id: ReplicaId, ...values: string[]): ProposeResult {
    const node = this.node(id);
    node.step({ kind: 'propose', entries: values.map(entryOf) });
    return node.proposed!;
  }

  /** What `id` has applied, as text. */
  applied(id: ReplicaId): string[] {
    return this.node(id).applied.map(textOf);
  }

  /** A replica applies `entry` at `index`; undefined if it has that from a snapshot. */
  decide(index: number, entry: Entry | undefined): Entry {
    const before = this.history[index];
    const applied = entry ?? before;
    assert(applied !== undefined, `entry ${index} is decided, so somebody has it`);
    assert(before === undefined || textOf(before) === textOf(applied), `one entry is decided at ${index}`);
    if (before === undefined) this.history[index] = applied;
    return applied;
  }
}
