// Owns: the watches of the clients of this replica: who is told what when the state changes. Not here: sending it.
// Invariants: watchers are told in the order of the log, inside of the application of the entry, so before any reply that
// shows the change; a watcher that may not read the node is not told of it.
// Source: DataTree of ZooKeeper 3.9: one table for a node and its data, one for its children.

import { isAllowed, PERMISSION } from '../machine/acl.ts';
import type { MachineReads } from '../machine/machine-reads.ts';
import type { AclEntry, Change, Identity } from '../machine/types.ts';
import { WATCH_MODE, WatchTable } from './watch-table.ts';

export type WatchedChange = 'created' | 'deleted' | 'data-changed' | 'children-changed';

export interface Watcher {
  readonly identities: readonly Identity[];
  /** Must not throw. `zxid` is -1 if the change was before the watch came (back). */
  onWatched(change: WatchedChange, path: string, zxid: number): void;
}

/** What a client that comes back had. */
export interface RememberedWatches {
  readonly relativeZxid: number;
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly children: readonly string[];
  readonly persistent: readonly string[];
  readonly persistentRecursive: readonly string[];
}

export type WatchKind = 'children' | 'data' | 'any' | 'persistent' | 'persistent-recursive';

const BEFORE = -1;

export class LocalWatches {
  readonly data = new WatchTable<Watcher>();
  readonly children = new WatchTable<Watcher>();

  get size(): number {
    return this.data.size + this.children.size;
  }

  onChange(change: Change, zxid: number): void {
    if (this.size === 0) return;
    switch (change.type) {
      case 'node-created':
        tell(this.data.take(change.path), 'created', change, zxid);
        return;
      case 'node-data-changed':
        tell(this.data.take(change.path), 'data-changed', change, zxid);
        return;
      case 'node-deleted': {
        const told = this.data.take(change.path);
        tell(told, 'deleted', change, zxid);
        tell(this.children.take(change.path), 'deleted', change, zxid, told);
        return;
      }
      case 'children-changed':
        tell(this.children.take(change.path), 'children-changed', change, zxid);
    }
  }

  /** A watch that stays. Recursive ones do not hear of lists of children. */
  addPersistent(path: string, watcher: Watcher, recursive: boolean): void {
    if (recursive) {
      this.data.add(path, watcher, WATCH_MODE.recursive);
      return;
    }
    this.data.add(path, watcher, WATCH_MODE.persistent);
    this.children.add(path, watcher, WATCH_MODE.persistent);
  }

  has(path: string, watcher: Watcher, kind: WatchKind): boolean {
    return this.tables(kind).some(([table, mode]) => table.has(path, watcher, mode));
  }

  /** True if there was such a watch. */
  remove(path: string, watcher: Watcher, kind: WatchKind): boolean {
    return this.tables(kind)
      .map(([table, mode]) => table.remove(path, watcher, mode))
      .includes(true);
  }

  removeAll(watcher: Watcher): void {
    this.data.removeAll(watcher);
    this.children.removeAll(watcher);
  }

  /** Arms what a client had; what changed after `relativeZxid` is told at once, and its one-shot watch is over. */
  restore(remembered: RememberedWatches, watcher: Watcher, reads: MachineReads): void {
    const { relativeZxid } = remembered;
    for (const path of remembered.data) {
      const stat = reads.stat(path);
      if (stat === undefined) watcher.onWatched('deleted', path, BEFORE);
      else if (stat.mzxid > relativeZxid) watcher.onWatched('data-changed', path, BEFORE);
      else this.data.add(path, watcher, WATCH_MODE.once);
    }
    for (const path of remembered.exist) {
      if (reads.stat(path) !== undefined) watcher.onWatched('created', path, BEFORE);
      else this.data.add(path, watcher, WATCH_MODE.once);
    }
    for (const path of remembered.children) {
      const stat = reads.stat(path);
      if (stat === undefined) watcher.onWatched('deleted', path, BEFORE);
      else if (stat.pzxid > relativeZxid) watcher.onWatched('children-changed', path, BEFORE);
      else this.children.add(path, watcher, WATCH_MODE.once);
    }
    for (const path of remembered.persistent) this.addPersistent(path, watcher, false);
    for (const path of remembered.persistentRecursive) this.addPersistent(path, watcher, true);
  }

  private tables(kind: WatchKind): readonly (readonly [WatchTable<Watcher>, number])[] {
    switch (kind) {
      case 'children':
        return [[this.children, WATCH_MODE.once]];
      case 'data':
        return [[this.data, WATCH_MODE.once]];
      case 'persistent':
        return [
          [this.children, WATCH_MODE.persistent],
          [this.data, WATCH_MODE.persistent],
        ];
      case 'persistent-recursive':
        return [[this.data, WATCH_MODE.recursive]];
      case 'any':
        return [
          [this.children, WATCH_MODE.any],
          [this.data, WATCH_MODE.any],
        ];
    }
  }
}

function tell(
  watchers: ReadonlySet<Watcher> | undefined,
  what: WatchedChange,
  { path, acl }: { readonly path: string; readonly acl: readonly AclEntry[] },
  zxid: number,
  told?: ReadonlySet<Watcher>,
): void {
  if (watchers === undefined) return;
  for (const watcher of watchers) {
    if (told?.has(watcher) === true) continue;
    if (isAllowed(acl, PERMISSION.READ, watcher.identities)) watcher.onWatched(what, path, zxid);
  }
}
