// Owns: the named limits of the embedded log and its defaults. Sizes are bytes, times are milliseconds.

export const LOG_LIMITS = {
  /** Longest topic name (Kafka's rule). */
  topicNameLength: 249,
  /** Partitions of one topic. */
  maxPartitions: 1_024,
  /** Default size at which a segment file is closed and the next one begun. */
  segmentBytes: 64 * 1_048_576,
  /** Smallest segment size that a topic may ask for. */
  minSegmentBytes: 1_024,
  /** Largest segment size: positions in a segment stay far below 2^31. */
  maxSegmentBytes: 1_073_741_824,
  /** Default for the largest record (key, value and headers together), as Kafka's `max.message.bytes`. */
  maxRecordBytes: 1_048_576,
  /** Largest value that a topic may ask for as `maxRecordBytes`. */
  maxMaxRecordBytes: 64 * 1_048_576,
  /** Largest append: it is one batch on disk, checked as a whole. */
  maxAppendBytes: 68 * 1_048_576,
  /** Appends without a producer id share a batch until it is this large. */
  batchBytes: 131_072,
  /** One write and one flush carry at most about this much. */
  groupBytes: 1_048_576,
  /** Bytes of one partition that wait for the disk before further appends wait for room. */
  pendingBytes: 32 * 1_048_576,
  /** A sparse index has one entry per so many bytes of log (Kafka's `index.interval.bytes`). */
  indexIntervalBytes: 4_096,
  /** Bytes read from a segment at once. */
  readBytes: 1_048_576,
  /** Batches kept per producer to recognise repeated ones (Kafka keeps as many). */
  producerBatches: 5,
  /** Idempotent producers remembered per partition; the one that was silent longest goes first. */
  maxProducers: 10_000,
  /** Between two flushes when a topic or an append asks for interval flushes. */
  flushIntervalMs: 100,
  /** How often a reader in another process looks for new records. */
  pollMs: 20,
  /** How often a writer looks for segments that are past their retention. */
  retentionCheckMs: 60_000,
  /** Segment files that one reader keeps open per partition. */
  openSegments: 4,
} as const;
