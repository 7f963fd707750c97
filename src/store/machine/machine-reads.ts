// Owns: everything that can be read from the machine. Not here: changing it (machine.ts), whether a reader is up to date
// (the replica's driver knows that).
// Invariant: what is handed out is a copy or never changes; nothing read here changes the state.

import { isAllowed, PERMISSION } from './acl.ts';
import type { PartitionOffset, PendingRecord } from './lane-state.ts';
import type { MachineState } from './machine-state.ts';
import { removableNodes } from './node-expiry.ts';
import type { KeyRange, TableName } from './ordered-table.ts';
import type { TableEntry } from './table-leaf.ts';
import type { AclEntry, Identity, NodeStat, SessionId } from './types.ts';

/** What the leader's driver needs to know of a session. */
export interface SessionView {
  readonly id: SessionId;
  readonly timeoutMs: number;
  /** Goes into the wish to expire it. */
  readonly attachments: number;
}

export interface LaneView {
  readonly app: string;
  readonly lane: number;
  readonly owner: string;
  readonly epoch: number;
  readonly txid: number;
  readonly offsets: readonly PartitionOffset[];
  readonly sinks: readonly { readonly sink: string; readonly txid: number; readonly pending: number }[];
  readonly outboxRecords: number;
  readonly outboxBytes: number;
}

export class MachineReads {
  private readonly state: MachineState;

  constructor(state: MachineState) {
    this.state = state;
  }

  /** The machine's time: no wish that depends on time is granted earlier. */
  get timeMs(): number {
    return this.state.timeMs;
  }

  get tenure(): number {
    return this.state.tenure;
  }

  /** Znodes, the root among them; bytes of their data; how many are ephemeral. */
  get counts(): { nodes: number; dataBytes: number; ephemerals: number; sessions: number } {
    const { tree, sessions } = this.state;
    return {
      nodes: tree.size,
      dataBytes: tree.store.dataBytes,
      ephemerals: tree.store.kinds.ephemeralCount,
      sessions: sessions.size,
    };
  }

  /** Undefined if there is no such node, as in all that follows. */
  stat(path: string): NodeStat | undefined {
    const slot = this.state.tree.find(path);
    return slot < 0 ? undefined : this.state.tree.statOf(slot);
  }

  node(path: string): { readonly data: Uint8Array | null; readonly stat: NodeStat } | undefined {
    const { tree } = this.state;
    const slot = tree.find(path);
    return slot < 0 ? undefined : { data: tree.dataOf(slot), stat: tree.statOf(slot) };
  }

  /** Names, in no order that means anything. */
  children(path: string): string[] | undefined {
    const { tree } = this.state;
    const slot = tree.find(path);
    return slot < 0 ? undefined : tree.childrenOf(slot).map((child) => tree.store.names.nameOf(child));
  }

  acl(path: string): readonly AclEntry[] | undefined {
    const slot = this.state.tree.find(path);
    return slot < 0 ? undefined : this.state.tree.aclOf(slot);
  }

  /**
   * The list as ZooKeeper shows it to `identities`: who may not administer the node sees no password hash. Reading the
   * list needs READ or ADMIN, which the caller checks.
   */
  shownAcl(path: string, identities: readonly Identity[]): readonly AclEntry[] | undefined {
    const acl = this.acl(path);
    if (acl === undefined || isAllowed(acl, PERMISSION.ADMIN, identities)) return acl;
    return acl.map((entry) => {
      if (entry.scheme !== 'digest') return entry;
      return { ...entry, id: entry.id.replace(/:.*$/s, ':x') };
    });
  }

  /** False as well if there is no such node. */
  allows(path: string, permission: number, identities: readonly Identity[]): boolean {
    const acl = this.acl(path);
    return acl !== undefined && isAllowed(acl, permission, identities);
  }

  /** How many nodes are below `path`, at any depth. */
  countBelow(path: string): number | undefined {
    const { tree } = this.state;
    const top = tree.find(path);
    if (top < 0) return undefined;
    let count = 0;
    const open = [top];
    for (let slot = open.pop(); slot !== undefined; slot = open.pop()) {
      for (const child of tree.childrenOf(slot)) {
        count++;
        if (tree.childCount(child) > 0) open.push(child);
      }
    }
    return count;
  }

  /** Paths, sorted. */
  ephemeralsOf(session: SessionId): string[] {
    const { kinds, names } = this.state.tree.store;
    return [...kinds.ephemeralsOf(session)].map((slot) => names.pathOf(slot)).sort();
  }

  /** Containers and TTL nodes that the leader should wish away at `timeMs`. */
  expiredNodes(timeMs: number, limit: number): string[] {
    return removableNodes(this.state.tree, timeMs, limit);
  }

  session(id: SessionId): SessionView | undefined {
    return this.state.sessions.get(id);
  }

  *sessions(): Generator<SessionView> {
    yield* this.state.sessions.values();
  }

  lane(app: string, lane: number): LaneView | undefined {
    const state = this.state.lanes.get(app, lane);
    if (state === undefined) return undefined;
    const { owner, epoch, txid, offsets, sinks } = state.image();
    const { outboxRecords, outboxBytes } = state;
    const views = sinks.map(({ sink, txid: at, pending }) => ({ sink, txid: at, pending: pending.length }));
    return { app, lane, owner, epoch, txid, offsets, sinks: views, outboxRecords, outboxBytes };
  }

  /** All lanes, as (app, lane). */
  lanes(): { readonly app: string; readonly lane: number }[] {
    return [...this.state.lanes.values()].map(({ app, lane }) => ({ app, lane }));
  }

  /** What `sink` has still to apply, above `after`, oldest first, at most `limit` records. */
  outbox(app: string, lane: number, sink: string, after: number, limit: number): readonly PendingRecord[] {
    return this.state.lanes.get(app, lane)?.pendingOf(sink, after, limit) ?? [];
  }

  /** Names of a lane's tables, with their entries and bytes. */
  tables(
    app: string,
    lane: number,
  ): { readonly table: string; readonly entries: number; readonly bytes: number }[] {
    return this.state.tables
      .ofLane(app, lane)
      .map(({ name, size, bytes }) => ({ table: name.table, entries: size, bytes }));
  }

  value(name: TableName, key: Uint8Array): Uint8Array | undefined {
    return this.state.tables.get(name)?.get(key);
  }

  /** Entries in the order of their keys, some at a time; read to the end before the next entry is applied. */
  *scan(name: TableName, range: KeyRange = {}): Generator<readonly TableEntry[]> {
    const table = this.state.tables.get(name);
    if (table !== undefined) yield* table.scan(range);
  }
}
