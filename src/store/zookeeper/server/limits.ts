// Owns: the limits of the server of ZooKeeper's protocol, each with its name, unit and what happens beyond it.

export const SERVER_LIMITS = {
  /** Connections, of sessions or not. One more is closed at once. */
  connections: 10_000,
  /** Requests of one connection that are not answered. Beyond, nothing more is read from it. */
  inFlight: 2_048,
  /** Bytes of replies that a client does not take. Beyond, nothing more is read from it. */
  unsentBytes: 4 * 1024 * 1024,
  /** The same when events make it grow, which reading less does not stop. Beyond, the connection is closed. */
  unsentEventBytes: 64 * 1024 * 1024,
  /** Watches of all connections. A request that would leave one more is answered with THROTTLEDOP. */
  watches: 1_000_000,
  /** Identities that one connection has proved. One more is answered with AUTHFAILED, and the connection closed. */
  identities: 64,
  /** Bytes of one credential. More are answered in the same way. */
  credentialBytes: 4_096,
  /** Milliseconds from the connection to its first whole frame, or four-letter word. */
  handshakeMs: 10_000,
  /** Milliseconds without a known leader after which connections are closed, or are read-only for those who want that. */
  leaderlessMs: 3_000,
  /** Milliseconds between looks at connections: heard of too long ago, moved to another replica, without a leader. */
  lookMs: 250,
} as const;

export type ServerLimits = { readonly [K in keyof typeof SERVER_LIMITS]: number };
