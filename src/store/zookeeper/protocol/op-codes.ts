// Owns: the names and numbers of the operations of the protocol. Not here: their records (requests.ts, responses.ts).
// Source: ZooDefs.OpCode of ZooKeeper 3.9. Numbers from 1,000 on are Millrace's own; ZooKeeper answers UNIMPLEMENTED to
// them, or closes the connection, so that a client sends them only to a server that said who it is (connect.ts).

export const OP_CODES = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  closeSession: -11,
  /** Millrace's: a write whose reply was lost, once more, with the xid of then. See `RepeatRequest`. */
  repeat: 1_001,
} as const;

export type OpName = keyof typeof OP_CODES;

/** Number to name, for whoever decodes requests. */
export const OP_NAMES: ReadonlyMap<number, OpName> = new Map(
  Object.entries(OP_CODES).map(([name, code]) => [code, name as OpName]),
);

/** xids that are not a count of requests. A client's own run from 1 upwards. */
export const XIDS = {
  watcherEvent: -1,
  ping: -2,
  auth: -4,
  setWatches: -8,
} as const;
