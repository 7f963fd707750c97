// Owns: the codes with which the state machine answers, by ZooKeeper's numbers (KeeperException.Code of 3.9).
// Not here: codes that only a connection can give (protocol), errors for users of Millrace (base/errors.ts).

export const RESULT = {
  OK: 0,
  /** In a failed multi: of the operations behind the one that failed. */
  RUNTIMEINCONSISTENCY: -2,
  /** A write came again after its stored result was given up: what became of it is not known any more. */
  SYSTEMERROR: -1,
  BADARGUMENTS: -8,
  NONODE: -101,
  NOAUTH: -102,
  BADVERSION: -103,
  NOCHILDRENFOREPHEMERALS: -108,
  NODEEXISTS: -110,
  NOTEMPTY: -111,
  SESSIONEXPIRED: -112,
  INVALIDACL: -114,
  QUOTAEXCEEDED: -125,
} as const;
