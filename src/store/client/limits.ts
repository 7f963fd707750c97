// Owns: the limits and defaults of the store's client, each with its name and unit.

import { PROTOCOL_LIMITS } from '../zookeeper/protocol/limits.ts';

export const CLIENT_LIMITS = {
  /** The session's time-out that is asked for, in milliseconds. The server grants what it allows. */
  sessionTimeoutMs: 10_000,
  /** The first session must be open after this long, or `connectStore` fails. */
  connectLimitMs: 15_000,
  /** Requests that are sent and not answered. A server of Millrace keeps as many results. */
  inFlight: PROTOCOL_LIMITS.keptResults,
  /** Requests that wait to be sent. More are refused. */
  waiting: 16_384,
  /** Bytes of one request. */
  requestBytes: PROTOCOL_LIMITS.juteMaxBuffer,
  /** Events that wait in one watch. When there are more, all of them become one `gap`. */
  watchEvents: 16_384,
  /** Bytes of one setWatches at a reconnect; more watches go into more requests. */
  setWatchesBytes: 128 * 1024,
  /** `close` tells the server; after this long it does not wait any more. */
  closeMs: 2_000,
  /** Attempts of one server last at least this long before the next one is tried, in milliseconds. */
  attemptMs: 1_000,
  /** First wait after a round of all servers failed; doubles up to the longest, with jitter. */
  retryMs: 50,
  retryMaxMs: 1_000,
  /** Wait between two searches for a server that writes, while read-only. */
  readWriteProbeMs: 1_000,
  /** Bytes that wait in the socket before no more requests are sent. */
  socketBytes: 4 * 1024 * 1024,
} as const;
