// Owns: the default of every limit that more than one room needs. A limit that one file alone needs stays there.

export const LIMITS = {
  /** Tuples waiting at one task before its producers are held back. */
  queueCapacity: 1_024,
  /** Tuples that may wait at one task when a single `execute` emits past `queueCapacity`; more fail the input. */
  queueOverflow: 1_048_576,
  /** Records in flight per lane, tracked or waiting for a retry. */
  maxPending: 8_192,
  /** Times a record is tried before it goes to the dead-letter topic. */
  maxAttempts: 5,
  /** Records of one partition admitted past the first that is not done. */
  maxOutOfOrder: 1_048_576,
  /** A tuple tree that is not done after this long is failed as timed out. */
  treeTimeoutMs: 30_000,
  /** First wait before a replay; doubles with each attempt, with jitter. */
  retryBackoffMs: 100,
  /** Longest wait before a replay. */
  retryBackoffMaxMs: 10_000,
  /** Positions and state are stored at least this often while records flow. */
  commitIntervalMs: 1_000,
  /** A run in which work waits and nothing moves for this long ends with MR_STALLED. */
  stallLimitMs: 60_000,
  /** A drain that takes longer than this ends with MR_STALLED. */
  drainLimitMs: 30_000,
  /** Opening one component takes at most this long between two signs of life, or the start ends with MR_STALLED. */
  openLimitMs: 30_000,
  /** Closing one component takes at most this long, or the run ends with MR_STALLED. */
  closeLimitMs: 10_000,
  /** Asynchronous `execute` calls of one task at the same time, for a bolt without state. */
  concurrency: 64,
  /** The same for a bolt that declares state: more would let calls overwrite each other's updates and change the order per key. */
  statefulConcurrency: 1,
  /** Tasks of one component. */
  maxParallelism: 1_024,
  /** Components of one topology. */
  maxComponents: 1_000,
  /** Tuples handed to one `write` of a sink. */
  sinkBatch: 1_024,
  /** `write` calls of one sink task that may be unanswered. */
  sinkInFlight: 4,
  /** Records read from a partition at once. */
  fetchRecords: 4_096,
  /** Bytes read from a partition at once. */
  fetchBytes: 1_048_576,
} as const;
