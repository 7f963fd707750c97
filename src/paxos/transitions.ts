// Owns: how a replica changes between looking, following and proposing. Not here: what it does there; phase 1 itself
// (proposer.ts), which begins at the end of a step that leaves `nominated` set.
// Invariant: what belongs to a leadership (reads, progress, kept entries) ends with it.

import { fraction } from '../base/random.ts';
import type { ReplicaId } from './ballot.ts';
import { priorityOf } from './configuration.ts';
import type { Core } from './core.ts';
import type { ElectionContext } from './election.ts';
import { PAXOS_TICKS } from './limits.ts';
import type { Vote } from './message.ts';
import { failReads } from './reads.ts';

/** A sign of life from `leader`, at a ballot that is not lower than the promise. */
export function follow(core: Core, leader: ReplicaId): void {
  core.silence = 0;
  if (core.role === 'following' && core.leader === leader) {
    if (!core.election.confirmed) core.election.settle(electionContext(core), leader);
    return;
  }
  leaveRole(core);
  core.role = 'following';
  core.leader = leader;
  core.patience = newPatience(core);
  core.election.settle(electionContext(core), leader);
}

/** Nobody leads, as far as this replica can tell. */
export function look(core: Core): void {
  leaveRole(core);
  core.role = 'looking';
  core.leader = 0;
  elected(core, core.election.look(electionContext(core)));
}

/** What the election answered: 0, or whom it nominates. */
export function elected(core: Core, leader: ReplicaId): void {
  if (leader === 0) return;
  if (leader === core.id) {
    core.nominated = true;
    return;
  }
  if (core.role === 'following' && core.leader === leader) return;
  leaveRole(core);
  core.role = 'following';
  core.leader = leader;
  core.silence = 0;
  core.patience = newPatience(core);
}

/** The one that was elected has told that it went on looking (rule 8 of the election): so does this replica. */
export function lookAgain(core: Core): void {
  if (core.role !== 'following' || core.election.state !== 'looking') return;
  leaveRole(core);
  core.role = 'looking';
  core.leader = 0;
}

/** Ends what the present role has under way. */
export function leaveRole(core: Core): void {
  failReads(core);
  core.progress.clear();
  core.gathering.promises.clear();
  core.gathering.partial.clear();
  core.kept = [];
  core.keptBytes = 0;
  core.stopping = false;
  core.incoming = undefined;
  core.nominated = false;
}

export function newPatience(core: Core): number {
  return PAXOS_TICKS.election + Math.floor(fraction(core.random) * (PAXOS_TICKS.electionJitter + 1));
}

export function electionContext(core: Core): ElectionContext {
  const { members, quorum, log, accepted } = core;
  const offers = !core.damaged && core.connectivity.hearsQuorum(members, core.id, quorum);
  const priority = priorityOf(core.configuration, core.id);
  return {
    self: core.id,
    members,
    quorum,
    own: offers ? { replica: core.id, accepted, length: log.length, priority } : undefined,
    random: core.random,
    send: (to: ReplicaId, vote: Vote) => core.send(to, vote),
  };
}
