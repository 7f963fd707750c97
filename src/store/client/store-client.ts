// Owns: the interface through which programs use a store: over a socket (connectStore), in the same process, or a real
// ZooKeeper. Not here: how it is done.
//
// All operations of one client are executed in the order in which they were called. Paths are ZooKeeper's; data are bytes
// (text is written as UTF-8). Every operation throws StoreError, with ZooKeeper's code.
//
// A lost reply. When a connection is lost while writes are unanswered, the client attaches its session to the next server
// and settles them before anything else is sent:
//
//   | operation           | Millrace's server | ZooKeeper, after a `sync`                                           |
//   |---------------------|-------------------|---------------------------------------------------------------------|
//   | reads, sync, watch  | done again        | done again                                                          |
//   | create, ephemeral   | repeated          | its owner and czxid tell: own node: done; else not done             |
//   | ... sequential      | repeated          | ephemeral: the oldest own node of the name and data since; else     |
//   |                     |                   | only `protected`, by its name                                       |
//   | ... persistent      | repeated          | older node, or parent unchanged since: not done; `idempotent`:      |
//   |                     |                   | same data, unchanged since its creation: done                       |
//   | delete              | repeated          | node there, or parent unchanged since: not done; `idempotent`:      |
//   |                     |                   | gone: done                                                          |
//   | setData             | repeated          | node unchanged since: not done; the wanted version was taken with   |
//   |                     |                   | other data: BADVERSION; `idempotent`: with these data: done         |
//   | setACL              | repeated          | same aversion: not done; `idempotent` without version: done again   |
//   | multi               | repeated          | one of its operations was not done: none was                        |
//   | all that is left    |                   | CONNECTIONLOSS with the outcome `unknown`                           |
//
// "Repeated": the server answers with the stored result, or does it now if it was not done. "Not done": it is done now.
// "Since": after the zxid of the last reply that came. It is assumed that ephemeral and protected nodes are deleted by
// their own session only.

import type { AclEntry, Identity } from '../machine/types.ts';
import type { Stat } from '../zookeeper/protocol/records.ts';

export type { AclEntry, Identity, Stat };

export type StoreState =
  /** No session yet. */
  | 'connecting'
  | 'connected'
  /** The connection is lost, the session perhaps not. Calls wait, at most for the session's time-out. */
  | 'suspended'
  /** The session is over: its ephemeral nodes and watches are gone. Final. */
  | 'expired'
  /** By `close`, or because the credentials were refused. Final. */
  | 'closed';

export type Data = Uint8Array | string;

export interface WatchEvent {
  /**
   * `removed`: the watch was removed, no more events. `gap`: of a watch that stays: the connection was lost and is back, or too
   * many events waited: there may have been changes that are not told, so read again.
   */
  readonly type: 'created' | 'deleted' | 'data-changed' | 'children-changed' | 'removed' | 'gap';
  readonly path: string;
}

/**
 * Called before any reply that shows the change; in a read's `watch`, once. Not called when the session ends: see
 * `onState`. Whatever it throws is an unhandled error of the process.
 */
export type Watcher = (event: WatchEvent) => void;

/**
 * A watch that stays. Iterate it once; it ends with an error when the session expires, and quietly when it is closed.
 * Events wait until the loop asks for them; a loop that is behind sees a reply before the event. A listener is not behind.
 */
export interface Watch extends AsyncIterable<WatchEvent> {
  readonly path: string;
  readonly recursive: boolean;
  /** Ends the iteration and removes the watch from the server if no other needs it. */
  close(): Promise<void>;
}

export interface AddWatchOptions {
  /** All that happens to nodes below the path, too, but no `children-changed`. */
  readonly recursive?: boolean;
  /** In place of the iteration: called for each event, before any reply that shows the change. */
  readonly listener?: Watcher;
}

export interface ReadOptions {
  /** Leaves a one-shot watch. */
  readonly watch?: Watcher;
  /**
   * The newest data and not merely data that this session has not seen newer ones of. A `sync` before it; with a real
   * ZooKeeper, that is not enough while a deposed leader does not know it yet.
   */
  readonly linearizable?: boolean;
}

export interface WriteOptions {
  /** The version the node must have. Default: any. */
  readonly version?: number;
  /** It does no harm if this is done twice; see the table above. */
  readonly idempotent?: boolean;
}

export interface CreateOptions {
  readonly ephemeral?: boolean;
  /** The server appends ten digits. */
  readonly sequential?: boolean;
  /** Goes when its last child goes. */
  readonly container?: boolean;
  /** Goes when it was not changed for this long and has no children. */
  readonly ttlMs?: number;
  /** Default: everyone may do everything. */
  readonly acl?: readonly AclEntry[];
  /** The same data mean the same create; see the table above. */
  readonly idempotent?: boolean;
  /** Puts a unique prefix before the name (`_c_`, a UUID and `-`, as Curator does), by which a lost create is found again. */
  readonly protected?: boolean;
}

export interface CreatedNode {
  /** With the digits and prefix that were added. */
  readonly path: string;
  readonly stat: Stat;
}

export interface NodeData {
  readonly data: Uint8Array;
  readonly stat: Stat;
}

export interface NodeChildren {
  /** Names, not paths, in no order. */
  readonly children: readonly string[];
  readonly stat: Stat;
}

export interface NodeAcl {
  readonly acl: readonly AclEntry[];
  readonly stat: Stat;
}

export type MultiOperation =
  | ({ readonly type: 'create'; readonly path: string; readonly data?: Data } & Omit<
      CreateOptions,
      'idempotent' | 'protected'
    >)
  | { readonly type: 'delete'; readonly path: string; readonly version?: number }
  | { readonly type: 'set'; readonly path: string; readonly data: Data; readonly version?: number }
  | { readonly type: 'check'; readonly path: string; readonly version?: number };

export type MultiOutcome =
  | { readonly type: 'create'; readonly path: string; readonly stat: Stat }
  | { readonly type: 'delete' }
  | { readonly type: 'set'; readonly stat: Stat }
  | { readonly type: 'check' };

export type MultiRead = { readonly type: 'get' | 'children'; readonly path: string };

export type MultiReadOutcome =
  | { readonly type: 'get'; readonly data: Uint8Array; readonly stat: Stat }
  | { readonly type: 'children'; readonly children: readonly string[] }
  /** ZooKeeper's code: the others were read all the same. */
  | { readonly type: 'error'; readonly code: string };

export interface RemoveWatchesOptions {
  readonly kind?: 'children' | 'data' | 'persistent' | 'persistent-recursive' | 'any';
}

export interface StoreClient {
  readonly state: StoreState;
  /** 0n before the first session. */
  readonly sessionId: bigint;
  /** What the server granted. */
  readonly sessionTimeoutMs: number;
  /** The server is cut off from its quorum: reads are answered from what it knows, writes with NOTREADONLY. */
  readonly readOnly: boolean;

  /** Called after every change of `state` or `readOnly`. Returns how to stop it. */
  onState(listener: (state: StoreState) => void): () => void;

  create(path: string, data?: Data, options?: CreateOptions): Promise<CreatedNode>;
  delete(path: string, options?: WriteOptions): Promise<void>;
  /** undefined: there is no such node; a watch waits for it. */
  exists(path: string, options?: ReadOptions): Promise<Stat | undefined>;
  get(path: string, options?: ReadOptions): Promise<NodeData>;
  set(path: string, data: Data, options?: WriteOptions): Promise<Stat>;
  children(path: string, options?: ReadOptions): Promise<NodeChildren>;
  /** Nodes below the path, at any depth. */
  countDescendants(path: string): Promise<number>;
  getAcl(path: string): Promise<NodeAcl>;
  /** `version` is the ACL's (`aversion`). */
  setAcl(path: string, acl: readonly AclEntry[], options?: WriteOptions): Promise<Stat>;
  /** All or none. If one fails: a StoreError with its code and path. */
  multi(operations: readonly MultiOperation[]): Promise<readonly MultiOutcome[]>;
  multiRead(reads: readonly MultiRead[]): Promise<readonly MultiReadOutcome[]>;
  /** What is read afterwards is as new as when this was called. */
  sync(path?: string): Promise<void>;
  addWatch(path: string, options?: AddWatchOptions): Promise<Watch>;
  /** Watchers of `path` hear `removed`. NOWATCHER if there are none. */
  removeWatches(path: string, options?: RemoveWatchesOptions): Promise<void>;
  /** Paths of this session's ephemeral nodes that begin with `prefix`. */
  ephemerals(prefix?: string): Promise<readonly string[]>;
  addAuth(scheme: string, auth: Data): Promise<void>;
  whoAmI(): Promise<readonly Identity[]>;
  /** Ends the session: its ephemeral nodes go. */
  close(): Promise<void>;
}
