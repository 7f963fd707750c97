// Owns: the small numbers inside of records: node kinds at creation, watch modes, events, states, permissions.
// Source: CreateMode, AddWatchMode, Watcher.Event, Watcher.WatcherType and ZooDefs.Perms of ZooKeeper 3.9.

/** `flags` of a create request. */
export const CREATE_FLAGS = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
  container: 4,
  persistentWithTtl: 5,
  persistentSequentialWithTtl: 6,
} as const;

/** `mode` of an addWatch request. */
export const ADD_WATCH_MODES = { persistent: 0, persistentRecursive: 1 } as const;

/** `type` of a removeWatches or checkWatches request. */
export const WATCHER_TYPES = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  persistentRecursive: 5,
} as const;

/** `type` of a watcher event. */
export const EVENT_TYPES = {
  none: -1,
  nodeCreated: 1,
  nodeDeleted: 2,
  nodeDataChanged: 3,
  nodeChildrenChanged: 4,
  dataWatchRemoved: 5,
  childWatchRemoved: 6,
  persistentWatchRemoved: 7,
} as const;

/** `state` of a watcher event. */
export const KEEPER_STATES = {
  disconnected: 0,
  syncConnected: 3,
  authFailed: 4,
  connectedReadOnly: 5,
  saslAuthenticated: 6,
  closed: 7,
  expired: -112,
} as const;

export const PERMISSIONS = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

/** Whatever the version is. */
export const ANY_VERSION = -1;
