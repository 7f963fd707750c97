// Owns: what the simulation needs of a replica, so that tests can put a broken one in its place; and the disks that
// replicas start with. Not here: the replica itself (src/paxos).

import type { Random } from '../base/random.ts';
import { type Ballot, NO_BALLOT, type ReplicaId } from '../paxos/ballot.ts';
import type { Configuration } from '../paxos/configuration.ts';
import type { Effects, HardState, Recovered } from '../paxos/effects.ts';
import type { Entry } from '../paxos/entry.ts';
import type { Event } from '../paxos/event.ts';
import { PAXOS_LIMITS } from '../paxos/limits.ts';
import type { Role } from '../paxos/roles.ts';

/** A replica's state as checks read it. */
export interface ReplicaView {
  readonly role: Role;
  readonly leader: ReplicaId;
  readonly promised: Ballot;
  readonly accepted: Ballot;
  readonly decided: number;
  readonly length: number;
  readonly offset: number;
  /** The prefix of the log at `accepted` that is durable, or -1. */
  readonly durableLength: number;
  readonly configuration: Configuration;
  entry(index: number): Entry | undefined;
}

export interface ReplicaUnderTest {
  readonly view: ReplicaView;
  step(event: Event): Effects;
}

export interface ReplicaParts {
  readonly id: ReplicaId;
  readonly random: Random;
  readonly recovered: Recovered;
  readonly limits: { readonly [K in keyof typeof PAXOS_LIMITS]: number };
}

export type MakeReplica = (parts: ReplicaParts) => ReplicaUnderTest;

/** Small enough to be reached in a run. */
export const TIGHT_LIMITS: ReplicaParts['limits'] = {
  ...PAXOS_LIMITS,
  undecidedEntries: 24,
  undecidedBytes: 400,
  inFlightEntries: 6,
  inFlightBytes: 100,
  messageEntries: 4,
  messageBytes: 60,
  pendingReads: 3,
};

/** The hard state of a disk that was just formatted, of a replica that is told of this configuration. */
export function emptyHardState(configuration: Configuration, incarnation: number): HardState {
  return {
    incarnation,
    admitted: false,
    damaged: false,
    promised: NO_BALLOT,
    accepted: NO_BALLOT,
    configuration,
    known: [],
  };
}

/** For a replica that is not a member yet: where it finds those who are. */
export function contacts(configuration: Configuration): Configuration {
  return { number: 0, members: configuration.members, retired: [] };
}
