// Owns: what a follower answers to its leader besides phases 1 and 2.

import { askForSync, refusesBallot } from './acceptor.ts';
import { compareBallots, type ReplicaId, sameBallot } from './ballot.ts';
import type { Core } from './core.ts';
import { setDecided } from './learner.ts';
import type { Heartbeat, SnapshotOffer } from './message.ts';
import { follow } from './transitions.ts';

export function onHeartbeat(core: Core, from: ReplicaId, { ballot, sequence, decided }: Heartbeat): void {
  if (refusesBallot(core, from, ballot)) return;
  if (core.role === 'recovering') {
    core.silence = 0;
    core.leader = from;
    askForSync(core, from);
    return;
  }
  follow(core, from);
  if (!sameBallot(ballot, core.promised)) {
    askForSync(core, from);
    return;
  }
  const inStep = sameBallot(ballot, core.accepted);
  core.send(from, { kind: 'heartbeat-ack', ballot, sequence, length: inStep ? core.durable : -1 });
  if (inStep) setDecided(core, decided);
  else askForSync(core, from);
}

/** The leader has trimmed what this replica lacks. */
export function onSnapshotOffer(core: Core, from: ReplicaId, { ballot, index }: SnapshotOffer): void {
  if (compareBallots(ballot, core.promised) < 0) return;
  // Enough is here already, or staged: the leader does not know it, for Accepted messages may be lost or late.
  const has = Math.max(core.decided, core.staged?.index ?? 0);
  if (has >= index) askForSync(core, from);
  else core.fetch = { from, index };
}
