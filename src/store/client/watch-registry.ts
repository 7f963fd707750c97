// Owns: the watches that a client has armed: which of them an event concerns, and what a new server must be told of
// them. Not here: requests. Invariant: a one-shot watch is called once, and forgotten before it is called.
// Source: ZKWatchManager and ClientCnxn.primeConnection of ZooKeeper 3.9.

import { EVENT_TYPES } from '../zookeeper/protocol/numbers.ts';
import type { WatcherEvent } from '../zookeeper/protocol/records.ts';
import type { SetWatchesRequest } from '../zookeeper/protocol/requests.ts';
import type { WatchEvent, Watcher } from './store-client.ts';
import { throwLater } from './throw-later.ts';
import type { WatchStream } from './watch-stream.ts';

export type OneShotKind = 'data' | 'exist' | 'children';
export type PersistentKind = 'persistent' | 'persistentRecursive';
type Kind = OneShotKind | PersistentKind;

const TYPES: ReadonlyMap<number, WatchEvent['type']> = new Map([
  [EVENT_TYPES.nodeCreated, 'created'],
  [EVENT_TYPES.nodeDeleted, 'deleted'],
  [EVENT_TYPES.nodeDataChanged, 'data-changed'],
  [EVENT_TYPES.nodeChildrenChanged, 'children-changed'],
] as const);

/** The one-shot watches that each event uses up. */
const USED_BY: Readonly<Record<WatchEvent['type'], readonly OneShotKind[]>> = {
  created: ['data', 'exist'],
  'data-changed': ['data', 'exist'],
  deleted: ['data', 'exist', 'children'],
  'children-changed': ['children'],
  removed: [],
  gap: [],
};

/** What `removeWatches` of a kind takes away. */
const REMOVED_BY = {
  children: ['children'],
  data: ['data', 'exist'],
  persistent: ['persistent'],
  'persistent-recursive': ['persistentRecursive'],
  any: ['data', 'exist', 'children', 'persistent', 'persistentRecursive'],
} as const satisfies Readonly<Record<string, readonly Kind[]>>;

export type RemovedKind = keyof typeof REMOVED_BY;

/** Bytes of a path in a setWatches: its length, and UTF-8 at its worst. */
function wireBytes(path: string): number {
  return 4 + 3 * path.length;
}

export class WatchRegistry {
  private readonly oneShot: Readonly<Record<OneShotKind, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    exist: new Map(),
    children: new Map(),
  };
  private readonly streams: Readonly<Record<PersistentKind, Map<string, Set<WatchStream>>>> = {
    persistent: new Map(),
    persistentRecursive: new Map(),
  };

  addOneShot(kind: OneShotKind, path: string, watcher: Watcher): void {
    add(this.oneShot[kind], path, watcher);
  }

  addStream(kind: PersistentKind, path: string, stream: WatchStream): void {
    add(this.streams[kind], path, stream);
  }

  /** True if no other stream needs the server's watch. */
  removeStream(kind: PersistentKind, path: string, stream: WatchStream): boolean {
    const streams = this.streams[kind].get(path);
    if (streams?.delete(stream) !== true || streams.size > 0) return false;
    this.streams[kind].delete(path);
    return true;
  }

  /** Tells everyone whom the event concerns. */
  deliver(event: WatcherEvent): void {
    const type = TYPES.get(event.type);
    if (type === undefined) return;
    const told: WatchEvent = { type, path: event.path };
    this.callOneShots(USED_BY[type], told);
    push(this.streams.persistent.get(event.path), told);
    if (type === 'children-changed' || this.streams.persistentRecursive.size === 0) return;
    for (let path = event.path; ; path = parentOf(path)) {
      push(this.streams.persistentRecursive.get(path), told);
      if (path === '/') break;
    }
  }

  /** The watches of `path` were removed at the server. */
  forget(kind: RemovedKind, path: string): void {
    const told: WatchEvent = { type: 'removed', path };
    for (const each of REMOVED_BY[kind]) {
      if (each === 'persistent' || each === 'persistentRecursive') {
        const streams = this.streams[each].get(path);
        this.streams[each].delete(path);
        push(streams, told);
        for (const stream of streams ?? []) stream.end();
      } else {
        this.callOneShots([each], told);
      }
    }
  }

  /** The connection was lost and is back. */
  tellGap(): void {
    for (const streams of Object.values(this.streams)) {
      for (const [path, each] of streams) push(each, { type: 'gap', path });
    }
  }

  /** The session is over. */
  end(error?: Error): void {
    for (const watches of Object.values(this.oneShot)) watches.clear();
    for (const streams of Object.values(this.streams)) {
      for (const each of streams.values()) for (const stream of each) stream.end(error);
      streams.clear();
    }
  }

  /** What a new server must be told, in requests of at most `limit` bytes. */
  rearm(relativeZxid: number, limit: number): SetWatchesRequest[] {
    const requests: SetWatchesRequest[] = [];
    let lists = emptyLists();
    let size = 0;
    const flush = (): void => {
      const op =
        lists.persistent.length + lists.persistentRecursive.length > 0 ? 'setWatches2' : 'setWatches';
      if (size > 0) requests.push({ op, relativeZxid, ...lists });
      lists = emptyLists();
      size = 0;
    };
    for (const [kind, watches] of Object.entries({ ...this.oneShot, ...this.streams })) {
      for (const path of watches.keys()) {
        if (size + wireBytes(path) > limit) flush();
        lists[kind as Kind].push(path);
        size += wireBytes(path);
      }
    }
    flush();
    return requests;
  }

  private callOneShots(kinds: readonly OneShotKind[], event: WatchEvent): void {
    const called = new Set<Watcher>();
    for (const kind of kinds) {
      for (const watcher of this.oneShot[kind].get(event.path) ?? []) called.add(watcher);
      this.oneShot[kind].delete(event.path);
    }
    for (const watcher of called) {
      try {
        watcher(event);
      } catch (thrown) {
        throwLater(thrown);
      }
    }
  }
}

function emptyLists(): Record<Kind, string[]> {
  return { data: [], exist: [], children: [], persistent: [], persistentRecursive: [] };
}

function add<T>(map: Map<string, Set<T>>, path: string, item: T): void {
  const set = map.get(path);
  if (set === undefined) map.set(path, new Set([item]));
  else set.add(item);
}

function push(streams: ReadonlySet<WatchStream> | undefined, event: WatchEvent): void {
  if (streams !== undefined) for (const stream of streams) stream.push(event);
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}
