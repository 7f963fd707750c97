// Owns: small worlds for the tests of the simulation: disks, subjects and views as plain as they can be.

import type { Ballot } from '../../src/paxos/ballot.ts';
import { NO_BALLOT } from '../../src/paxos/ballot.ts';
import { firstConfiguration } from '../../src/paxos/configuration.ts';
import type { Write } from '../../src/paxos/effects.ts';
import { command, type Entry } from '../../src/paxos/entry.ts';
import type { Subject } from '../../src/simulation/checks.ts';
import { encodeCommand } from '../../src/simulation/command.ts';
import { SimulatedDisk } from '../../src/simulation/disk.ts';
import { type FaultCounts, type FaultKind, noFaults } from '../../src/simulation/fault-kinds.ts';
import { drawPlan, type FaultPlan } from '../../src/simulation/fault-plan.ts';
import { LostCopies } from '../../src/simulation/lost-copies.ts';
import { emptyImage } from '../../src/simulation/registers.ts';
import { emptyHardState, type ReplicaView } from '../../src/simulation/replica-under-test.ts';

export const CONFIGURATION = firstConfiguration([1, 2, 3]);

export function ballot(round: number, replica: number): Ballot {
  return { configuration: 1, round, replica };
}

export function planOf(...kinds: readonly FaultKind[]): FaultPlan {
  return { ...drawPlan(1, new Set()), kinds: new Set(kinds) };
}

export function diskOf(
  plan = planOf(),
  place = 0,
  seed = 1,
  counts: FaultCounts = noFaults(),
): SimulatedDisk {
  return new SimulatedDisk({
    seed,
    place,
    plan,
    counts,
    hard: emptyHardState(CONFIGURATION, 77),
    image: emptyImage(2, CONFIGURATION),
  });
}

export function subject(id: number, disk = diskOf()): Subject & { life: number; mustNotVote: boolean } {
  return { id, place: id - 1, life: 0, disk, gone: new LostCopies(), mustNotVote: false };
}

export function viewOf(changes: Partial<ReplicaView> = {}, entries: readonly Entry[] = []): ReplicaView {
  return {
    role: 'following',
    leader: 1,
    promised: NO_BALLOT,
    accepted: NO_BALLOT,
    decided: 0,
    length: entries.length,
    offset: 0,
    durableLength: 0,
    configuration: CONFIGURATION,
    entry: (index) => entries[index],
    ...changes,
  };
}

export function entryOf(sequence: number, client = 1): Entry {
  return command(encodeCommand({ client, sequence, kind: 0, key: 0, value: 0, expected: 0 }));
}

export function writeOf(number: number, from: number, entries: readonly Entry[], changes = {}): Write {
  return { number, hard: undefined, snapshot: 0, from, entries, decided: 0, ...changes };
}
