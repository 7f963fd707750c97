// Owns: who the replicas are and how many of them are a quorum. Not here: how one configuration follows another
// (reconfiguration.ts). Invariant: two quorums of one configuration share a member.

import { assert } from '../base/assert.ts';
import type { ReplicaId } from './ballot.ts';
import { PAXOS_LIMITS } from './limits.ts';

export interface Member {
  readonly id: ReplicaId;
  /** Between equally good candidates the higher one wins the election. 0 for all is fine. */
  readonly priority: number;
}

export interface Configuration {
  /** 1 for the first, one more for each that follows. */
  readonly number: number;
  /** By rising id. */
  readonly members: readonly Member[];
  /** Ids of replicas that were members once. They are refused for ever. */
  readonly retired: readonly ReplicaId[];
}

/** The first configuration of a cluster. */
export function firstConfiguration(ids: readonly ReplicaId[]): Configuration {
  const members = [...ids].sort((a, b) => a - b).map((id) => ({ id, priority: 0 }));
  const configuration = { number: 1, members, retired: [] };
  const problem = configurationProblem(configuration);
  assert(problem === undefined, `the first configuration is valid: ${problem}`);
  return configuration;
}

/** What is wrong with `configuration` by itself, or undefined. */
export function configurationProblem({ members, retired }: Configuration): string | undefined {
  const ids = members.map((member) => member.id);
  if (ids.length < 1 || ids.length > PAXOS_LIMITS.members)
    return `1 to ${PAXOS_LIMITS.members} members, not ${ids.length}`;
  if (ids.some((id) => !Number.isSafeInteger(id) || id < 1)) return 'a replica id is an integer from 1 up';
  if (ids.some((id, index) => index > 0 && id <= ids[index - 1]!))
    return 'members are in rising order, each once';
  const back = ids.find((id) => retired.includes(id));
  if (back !== undefined)
    return `replica ${back} was replaced before: a replica that lost its disk takes a new id`;
  if (retired.length > PAXOS_LIMITS.retiredMembers)
    return `at most ${PAXOS_LIMITS.retiredMembers} retired ids`;
  return undefined;
}

/** `configuration` with `leaving` replaced by `joining`: the next configuration. The caller checks `configurationProblem`. */
export function replaceMember(
  configuration: Configuration,
  leaving: ReplicaId,
  joining: ReplicaId,
): Configuration {
  const members = configuration.members.map((member) =>
    member.id === leaving ? { ...member, id: joining } : member,
  );
  return {
    number: configuration.number + 1,
    members: members.sort((a, b) => a.id - b.id),
    retired: [...configuration.retired, leaving],
  };
}

export function quorumOf(configuration: Configuration): number {
  return (configuration.members.length >> 1) + 1;
}

export function isMember(configuration: Configuration, id: ReplicaId): boolean {
  return configuration.members.some((member) => member.id === id);
}

export function priorityOf(configuration: Configuration, id: ReplicaId): number {
  return configuration.members.find((member) => member.id === id)?.priority ?? 0;
}
