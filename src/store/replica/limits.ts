// Owns: the limits of a store replica, each with its name and unit.

export const REPLICA_LIMITS = {
  /** Commands submitted here whose outcome is not known. More are refused as MR_STORE_OVERLOADED. */
  pendingCommands: 65_536,
  /** Entries of one `propose` and of one forwarded message. */
  batchEntries: 2_048,
  /** Milliseconds that a command or a read waits for its outcome, unless its caller says less. */
  commandMs: 10_000,
  /** Entries that are applied before other work gets its turn. */
  applyBatch: 1_024,
  /** Entries applied after the last snapshot before the next one is written. */
  snapshotEntries: 100_000,
  /** The same in bytes of entries. */
  snapshotBytes: 64 * 1024 * 1024,
  /** Entries before the newest snapshot that are kept for followers that lag. */
  keptEntries: 20_000,
  /** Bytes of a snapshot's file in one message. */
  snapshotPieceBytes: 1024 * 1024,
  /** Reads that wait for a quorum. */
  pendingReads: 65_536,
  /** Bytes waiting in the buffer of one link. What does not fit is dropped, and asked for again by the protocol. */
  linkBufferBytes: 64 * 1024 * 1024,
} as const;
