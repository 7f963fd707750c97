// Owns: the limits of the consensus core, each with its name and unit.

export const PAXOS_LIMITS = {
  /** Replicas of one configuration. Meant are 1, 3 and 5. */
  members: 7,
  /** Ids that were replaced, kept so that they are refused. */
  retiredMembers: 1_000,
  /** Entries of the log that the leader has taken but that are not decided. More are refused as `overloaded`. */
  undecidedEntries: 32_768,
  /** The same in bytes of entries' data. */
  undecidedBytes: 32 * 1024 * 1024,
  /** Entries sent to one follower and not acknowledged by it. */
  inFlightEntries: 16_384,
  /** The same in bytes. One entry may always be in flight, however large. */
  inFlightBytes: 16 * 1024 * 1024,
  /** Entries of one Accept, AcceptSync, Promise or CatchUp. */
  messageEntries: 4_096,
  /** The same in bytes. One entry may always be sent, however large. */
  messageBytes: 4 * 1024 * 1024,
  /** Bytes of one entry's data. */
  entryBytes: 16 * 1024 * 1024,
  /** Reads that wait for their confirmation, at the leader, and forwarded by a follower. */
  pendingReads: 65_536,
} as const;

/** Time-outs in ticks; one tick is one heartbeat interval. They are ratios, so they scale with the heartbeat. */
export const PAXOS_TICKS = {
  /** A follower that hears nothing from its leader for this long looks for another. Up to `electionJitter` more by chance. */
  election: 4,
  electionJitter: 3,
  /** A leader that was not heard by a quorum for this long steps down. Shorter than a follower's patience, for its reads. */
  leaderQuorum: 4,
  /** The longest time between two attempts (1 s at a heartbeat of 50 ms). */
  backOff: 20,
} as const;
