// Owns: the limits of a replica's disk, each with its name and unit.

export const DISK_LIMITS = {
  /** Bytes of one segment of the write-ahead log, its header included. A larger flush gets a larger segment of its own. */
  segmentBytes: 32 * 1024 * 1024,
  /** Bytes of records after which a flush takes no more of those that wait. One record is always taken, however large. */
  flushBytes: 4 * 1024 * 1024,
  /** Bytes of records that wait for the disk. The core bounds what it has in flight far below; more ends the process. */
  waitingBytes: 256 * 1024 * 1024,
  /** Segments that are kept to be used again. More are removed. */
  spareSegments: 4,
  /** Zeros written, and flushed, at once when a segment is made: so little that a flush beside it is hardly felt. */
  fillBytes: 1024 * 1024,
  /** Bytes of one chunk of a snapshot. */
  chunkBytes: 4 * 1024 * 1024,
  /** Bytes of a snapshot after which what was written of it is flushed, so that the log's flushes never wait for much. */
  snapshotFlushBytes: 1024 * 1024,
  /** A flush that takes longer than this is counted as slow, in milliseconds. */
  slowFlushMs: 100,
  /** A full disk is tried again after this long, in milliseconds. */
  fullRetryMs: 500,
} as const;

export type DiskLimits = { readonly [K in keyof typeof DISK_LIMITS]: number };
