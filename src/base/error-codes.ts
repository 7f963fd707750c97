// Owns: the list of stable error codes and the exit code of each. docs/errors.md explains every one of them;
// test/docs/errors.test.ts holds the two lists equal in both directions. A code is never renamed or reused.

/** Process exit codes. 64 to 78 follow BSD's sysexits where one of them fits. */
export const EXIT = {
  ok: 0,
  /** The topology ran and failed (a bolt with policy `stop`, a misuse of the API at run time). */
  failed: 1,
  /** The command line was wrong. */
  usage: 64,
  /** The topology or the data in it is wrong. */
  data: 65,
  /** A file, topic or partition is missing. */
  missing: 66,
  /** Something is used by another process. */
  busy: 69,
  /** Millrace itself, or something that nobody expected, went wrong. */
  internal: 70,
  /** The disk said no, or a file is damaged. */
  io: 74,
  /** Nothing moved for longer than the stall limit. */
  stalled: 75,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every stable code with the exit code that `millrace` ends with when the error reaches the command line. */
export const ERROR_CODES = {
  MR_USAGE: EXIT.usage,
  MR_FILE_NOT_FOUND: EXIT.missing,
  MR_FILE_NOT_LOADABLE: EXIT.data,
  MR_NO_DEFAULT_EXPORT: EXIT.data,
  MR_TYPE_ERROR: EXIT.data,
  MR_TOPOLOGY_INVALID: EXIT.data,
  MR_GUARANTEE_UNSUPPORTED: EXIT.usage,
  MR_SETTING_UNKNOWN: EXIT.usage,
  MR_SETTING_INVALID: EXIT.usage,
  MR_STREAM_UNKNOWN: EXIT.failed,
  MR_KEY_UNHASHABLE: EXIT.failed,
  MR_GROUPING_TASK: EXIT.failed,
  MR_BOLT_FAILED: EXIT.failed,
  MR_BOLT_OPEN_FAILED: EXIT.failed,
  MR_BOLT_TIMEOUT: EXIT.failed,
  MR_SPOUT_FAILED: EXIT.failed,
  MR_SINK_FAILED: EXIT.failed,
  MR_EMIT_AFTER_ACK: EXIT.failed,
  MR_DOUBLE_ACK: EXIT.failed,
  MR_ACK_NOT_MANUAL: EXIT.failed,
  MR_TREE_TIMEOUT: EXIT.failed,
  MR_QUEUE_OVERFLOW: EXIT.failed,
  MR_TOO_MANY_ANCHORS: EXIT.failed,
  MR_RECORD_UNDECODABLE: EXIT.failed,
  MR_DEAD_LETTER_FAILED: EXIT.io,
  MR_STALLED: EXIT.stalled,
  MR_STATE_UNKNOWN_COMPONENT: EXIT.data,
  MR_STATE_PARALLELISM: EXIT.data,
  MR_STATE_VALUE: EXIT.data,
  MR_STATE_KEY: EXIT.data,
  MR_DATA_FORMAT: EXIT.data,
  MR_STORE_FOLDER: EXIT.data,
  MR_DATA_LOCKED: EXIT.busy,
  MR_DATA_DAMAGED: EXIT.io,
  MR_DISK_FULL: EXIT.io,
  MR_IO: EXIT.io,
  MR_TOPIC_NOT_FOUND: EXIT.missing,
  MR_TOPIC_EXISTS: EXIT.data,
  MR_TOPIC_INVALID: EXIT.data,
  MR_PARTITION_UNKNOWN: EXIT.missing,
  MR_OFFSET_OUT_OF_RANGE: EXIT.missing,
  MR_RECORD_TOO_LARGE: EXIT.data,
  MR_PRODUCER_FENCED: EXIT.busy,
  MR_SEQUENCE_GAP: EXIT.data,
  MR_LOG_CLOSED: EXIT.failed,
  MR_STORE_OVERLOADED: EXIT.busy,
  MR_STORE_TIMEOUT: EXIT.busy,
  MR_STORE_NO_QUORUM: EXIT.busy,
  MR_STORE_CLOSED: EXIT.failed,
  MR_STORE_UNREACHABLE: EXIT.missing,
  MR_STORE_NOT_ZOOKEEPER: EXIT.data,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
