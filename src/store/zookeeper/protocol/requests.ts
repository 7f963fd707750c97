// Owns: what a client may ask, as types. `op` is the name in op-codes.ts. Not here: their bytes (request-codec.ts).
// Source: zookeeper.jute of ZooKeeper 3.9, and RepeatRequest, which is Millrace's own.

import type { AclEntry } from '../../machine/types.ts';

export interface CreateRequest {
  /** `create` is answered without a Stat, the others with one. `createTTL` alone has a `ttlMs`. */
  readonly op: 'create' | 'create2' | 'createContainer' | 'createTTL';
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly AclEntry[];
  /** One of CREATE_FLAGS. */
  readonly flags: number;
  /** Milliseconds; 0 in all but `createTTL`. */
  readonly ttlMs: number;
}

/**
 * `version`: ANY_VERSION, or the only one that is accepted. `check` belongs into a multi: to one that stands alone,
 * ZooKeeper 3.9 answers UNIMPLEMENTED with zxid -1 and closes the connection.
 */
export interface VersionedRequest {
  readonly op: 'delete' | 'check';
  readonly path: string;
  readonly version: number;
}

export interface SetDataRequest {
  readonly op: 'setData';
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
}

export interface SetAclRequest {
  readonly op: 'setACL';
  readonly path: string;
  readonly acl: readonly AclEntry[];
  readonly version: number;
}

export interface WatchingReadRequest {
  readonly op: 'exists' | 'getData' | 'getChildren' | 'getChildren2';
  readonly path: string;
  /** Leave a one-shot watch. */
  readonly watch: boolean;
}

/** `getEphemerals`: `path` is a prefix, of text and not of nodes. */
export interface PathRequest {
  readonly op: 'getACL' | 'sync' | 'getAllChildrenNumber' | 'getEphemerals';
  readonly path: string;
}

export interface WatchKindRequest {
  readonly op: 'addWatch' | 'removeWatches' | 'checkWatches';
  readonly path: string;
  /** `addWatch`: one of ADD_WATCH_MODES. The others: one of WATCHER_TYPES. */
  readonly kind: number;
}

export interface SetWatchesRequest {
  /** `setWatches` has no persistent watches. */
  readonly op: 'setWatches' | 'setWatches2';
  /** What changed after this is told as if the watch had been there. */
  readonly relativeZxid: number;
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly children: readonly string[];
  readonly persistent: readonly string[];
  readonly persistentRecursive: readonly string[];
}

export interface AuthRequest {
  readonly op: 'auth';
  readonly scheme: string;
  readonly auth: Uint8Array | null;
}

export interface PlainRequest {
  readonly op: 'ping' | 'whoAmI' | 'closeSession';
}

export interface ReconfigRequest {
  readonly op: 'reconfig';
  readonly joiningServers: string;
  readonly leavingServers: string;
  readonly newMembers: string;
  readonly configId: bigint;
}

export type MultiOperationRequest =
  | CreateRequest
  | (VersionedRequest & { readonly op: 'delete' | 'check' })
  | SetDataRequest;

export interface MultiRequest {
  readonly op: 'multi';
  readonly operations: readonly MultiOperationRequest[];
}

/** `watch` must be false inside: ZooKeeper ignores it. */
export interface MultiReadRequest {
  readonly op: 'multiRead';
  readonly operations: readonly (WatchingReadRequest & { readonly op: 'getData' | 'getChildren' })[];
}

/** What changes something, and so may have been done although its reply was lost. */
export type WriteRequest = CreateRequest | VersionedRequest | SetDataRequest | SetAclRequest | MultiRequest;

/**
 * Millrace's own: asks again for a write, with the xid that it had, in the same session. If it was done then, its stored
 * result is the answer, otherwise it is done now. The reply has the xid and the shape of the original's.
 * Only in sessions whose ConnectResponse had MILLRACE_PROTOCOL.
 */
export interface RepeatRequest {
  readonly op: 'repeat';
  readonly request: WriteRequest;
}

export type Request =
  | WriteRequest
  | WatchingReadRequest
  | PathRequest
  | WatchKindRequest
  | SetWatchesRequest
  | AuthRequest
  | PlainRequest
  | ReconfigRequest
  | MultiReadRequest
  | RepeatRequest;
