// Owns: the kinds of events of a simulated world, and what the fields of the queue mean for each.

/** In brackets: subject, argument, reference. `life` tells the process that set an event up from its successor. */
export const HAPPENING = {
  /** A message or frame arrives (replica's place, sender's place, Message or Uint8Array). */
  deliver: 1,
  /** A heartbeat interval has passed on a replica's clock (place, life). */
  tick: 2,
  /** A flush has ended (place, life). */
  flushed: 3,
  /** The state machine's snapshot is on the disk (place, life, Image). */
  snapshotWritten: 4,
  /** A snapshot has come over from another replica (place, life, Transfer). */
  transferred: 5,
  /** A process that crashed is started again (place, life). */
  restart: 6,
  /** A client begins its next operation (client, 0). */
  client: 7,
  /** A client's request arrives (place, client, Operation). */
  request: 8,
  /** An answer arrives at a client (client, 0, Operation). */
  reply: 9,
  /** A client gives up waiting (client, 0, Operation). */
  patience: 10,
  /** A fault of this kind happens (kind's index). */
  fault: 11,
  /** The operator looks after the cluster. */
  operator: 12,
  /** The second phase looks whether everything is decided. */
  probe: 13,
} as const;

/** True for what a paused process does not notice until it goes on. */
export function needsProcess(kind: number): boolean {
  return kind <= HAPPENING.restart || kind === HAPPENING.request;
}
