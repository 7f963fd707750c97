// Owns: the limits of ZooKeeper's client protocol, each with its name and unit. Not here: limits of a server (connections,
// sessions, watches) or of a client (requests in flight).

export const PROTOCOL_LIMITS = {
  /** Bytes of one frame, and of one buffer or string in it: the default of ZooKeeper's `jute.maxbuffer`, 1 MiB less one byte. */
  juteMaxBuffer: 0xfffff,
  /**
   * Bytes of one reply that a client accepts. More than `juteMaxBuffer`: a list of children may be longer than any one
   * request was, and ZooKeeper's server does not cut it.
   */
  replyBytes: 16 * 1024 * 1024,
  /** Bytes of a ConnectRequest or ConnectResponse with its password. Longer first frames are not ZooKeeper's. */
  connectBytes: 1_024,
  /** Entries of one vector (operations of a `multi`, ACL entries, paths of a `setWatches`). */
  vectorLength: 262_144,
  /** Results that a session with `keepsResults` has stored: a client leaves no more writes than these unanswered. */
  keptResults: 1_024,
} as const;
