// Owns: the words of the replicated state machine: what is written to the log, what comes of it, what a watch sees.
// Not here: their bytes (command-codec.ts), ZooKeeper's records (zookeeper/protocol/).
// All numbers are safe integers: zxid is the index of the decided entry plus one, times are milliseconds since 1970.

export type SessionId = number;

/** ZooKeeper's Stat, without the fields that are derived (dataLength, numChildren). */
export interface NodeStat {
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** The owner's session, or 0. */
  readonly ephemeralOwner: number;
  readonly dataLength: number;
  readonly numChildren: number;
}

/** ZooKeeper's ACL entry: permission bits READ 1, WRITE 2, CREATE 4, DELETE 8, ADMIN 16. */
export interface AclEntry {
  readonly permissions: number;
  readonly scheme: string;
  readonly id: string;
}

/** Who asks: what `addAuth` and the connection have proved, for example { scheme: 'digest', id: 'user:hash' }. */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

export type NodeKind =
  | { readonly kind: 'persistent' }
  | { readonly kind: 'ephemeral' }
  | { readonly kind: 'container' }
  | { readonly kind: 'ttl'; readonly ttlMs: number };

export interface CreateOperation {
  readonly type: 'create';
  readonly path: string;
  /** null: none, which ZooKeeper tells apart from no bytes. */
  readonly data: Uint8Array | null;
  readonly acl: readonly AclEntry[];
  readonly node: NodeKind;
  readonly sequential: boolean;
}

export interface DeleteOperation {
  readonly type: 'delete';
  readonly path: string;
  /** -1: whatever it is. */
  readonly version: number;
}

export interface SetDataOperation {
  readonly type: 'set-data';
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
}

export interface SetAclOperation {
  readonly type: 'set-acl';
  readonly path: string;
  readonly acl: readonly AclEntry[];
  readonly version: number;
}

export interface CheckOperation {
  readonly type: 'check';
  readonly path: string;
  readonly version: number;
}

export type SingleOperation =
  | CreateOperation
  | DeleteOperation
  | SetDataOperation
  | SetAclOperation
  | CheckOperation;

/** All or none; ZooKeeper's `multi`. */
export interface MultiOperation {
  readonly type: 'multi';
  readonly operations: readonly SingleOperation[];
}

export type ClientOperation = SingleOperation | MultiOperation;

/** What a log entry holds. */
export type Command =
  | {
      readonly type: 'client';
      readonly session: SessionId;
      /** The client's xid: a repetition in the same session gets the stored result if the session keeps results. */
      readonly xid: number;
      readonly timeMs: number;
      readonly identities: readonly Identity[];
      readonly operation: ClientOperation;
    }
  | {
      readonly type: 'open-session';
      readonly timeMs: number;
      /** 16 bytes. */
      readonly password: Uint8Array;
      readonly timeoutMs: number;
      /** Keep the results of the last writes, so that a lost reply can be asked for again. */
      readonly keepsResults: boolean;
    }
  /** A client came back, perhaps at another replica. From here on an older wish to expire the session is void. */
  | {
      readonly type: 'attach-session';
      readonly timeMs: number;
      readonly session: SessionId;
      readonly password: Uint8Array;
    }
  | { readonly type: 'close-session'; readonly timeMs: number; readonly session: SessionId }
  /** From the leader only. Void unless `tenure` is the present one and the session was not attached since (`attachments`). */
  | {
      readonly type: 'expire-session';
      readonly timeMs: number;
      readonly session: SessionId;
      readonly tenure: number;
      readonly attachments: number;
    }
  /** The first entry of a new leader: its tenure is higher than all before. */
  | { readonly type: 'tenure'; readonly timeMs: number; readonly tenure: number }
  /** From the leader: removes containers that are empty and TTL nodes that are over, each only if it still is so. */
  | { readonly type: 'remove-expired-nodes'; readonly timeMs: number; readonly paths: readonly string[] }
  /** Lanes and tables: opaque to everyone but lanes.ts and tables.ts. */
  | {
      readonly type: 'lane';
      readonly timeMs: number;
      readonly session: SessionId;
      readonly request: LaneRequest;
    };

/** Section 2 of the design. Offsets are per partition of a source: `source:partition`. */
export type LaneRequest =
  | { readonly type: 'take-lane'; readonly app: string; readonly lane: number; readonly owner: string }
  | {
      readonly type: 'commit';
      readonly app: string;
      readonly lane: number;
      readonly epoch: number;
      readonly txid: number;
      readonly ranges: readonly OffsetRange[];
      readonly tables: readonly TableUpdate[];
      /** One opaque record per sink: what that sink must apply for this txid. */
      readonly outbox: readonly OutboxRecord[];
    }
  /** What `sink` has applied durably; the outbox is trimmed below the slowest sink. */
  | {
      readonly type: 'trim';
      readonly app: string;
      readonly lane: number;
      readonly epoch: number;
      readonly sink: string;
      readonly txid: number;
    }
  | { readonly type: 'drop-app'; readonly app: string };

export interface OffsetRange {
  readonly source: string;
  readonly partition: number;
  readonly from: number;
  readonly until: number;
}

export interface TableUpdate {
  /** For example `count/counts`: component and state. */
  readonly table: string;
  /** Sorted by key. A missing value deletes. */
  readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array | undefined }[];
}

export interface OutboxRecord {
  readonly sink: string;
  readonly data: Uint8Array;
}

/** What happened to one operation; `code` 0 is success. */
export type OperationResult =
  | { readonly type: 'error'; readonly code: number }
  | { readonly type: 'create'; readonly path: string; readonly stat: NodeStat }
  | { readonly type: 'delete' }
  | { readonly type: 'set-data'; readonly stat: NodeStat }
  | { readonly type: 'set-acl'; readonly stat: NodeStat }
  | { readonly type: 'check' }
  /** If one failed: its code at its place, RUNTIMEINCONSISTENCY (-2) behind it and 0 before it, as ZooKeeper answers. */
  | { readonly type: 'multi'; readonly results: readonly OperationResult[] };

export type LaneResult =
  | {
      readonly type: 'lane-taken';
      readonly epoch: number;
      readonly txid: number;
      readonly offsets: readonly {
        readonly source: string;
        readonly partition: number;
        readonly until: number;
      }[];
      readonly sinks: readonly { readonly sink: string; readonly txid: number }[];
    }
  /** `repeated`: the txid was committed before by the same epoch; this is the result of then. */
  | { readonly type: 'committed'; readonly txid: number; readonly repeated: boolean }
  | { readonly type: 'trimmed'; readonly txid: number }
  | { readonly type: 'dropped' }
  /** Nothing was done. `fenced`: another owner has the lane. */
  | {
      readonly type: 'refused';
      readonly reason: 'fenced' | 'no-such-lane' | 'gap' | 'from-mismatch' | 'invalid' | 'outbox-full';
      readonly detail: string;
    };

export type CommandResult =
  | OperationResult
  | LaneResult
  | { readonly type: 'session-opened'; readonly session: SessionId; readonly timeoutMs: number }
  | { readonly type: 'session-attached'; readonly timeoutMs: number }
  | { readonly type: 'session-closed' }
  | { readonly type: 'done' };

/**
 * What changed, in the order in which it changed: watches are fed with these. `acl` is that of the node at `path` as it
 * was then: ZooKeeper tells a watcher only of nodes that it may read.
 */
export type Change =
  | { readonly type: 'node-created'; readonly path: string; readonly acl: readonly AclEntry[] }
  | { readonly type: 'node-deleted'; readonly path: string; readonly acl: readonly AclEntry[] }
  | { readonly type: 'node-data-changed'; readonly path: string; readonly acl: readonly AclEntry[] }
  | { readonly type: 'children-changed'; readonly path: string; readonly acl: readonly AclEntry[] }
  | { readonly type: 'session-ended'; readonly session: SessionId }
  | { readonly type: 'lane-taken'; readonly app: string; readonly lane: number; readonly epoch: number }
  | { readonly type: 'lane-committed'; readonly app: string; readonly lane: number; readonly txid: number };

export interface Applied {
  readonly zxid: number;
  readonly result: CommandResult;
  readonly changes: readonly Change[];
}
