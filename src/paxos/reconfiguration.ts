// Owns: the change from one configuration to the next. Not here: how replicas that were left behind learn of it (catch-up.ts).
// Invariants ("Stoppable Paxos", Lamport, Malkhi, Zhou 2008; the stop-sign of OmniPaxos):
//   1. A leader appends nothing behind a stop-sign.
//   2. A replica takes part in a configuration only when its log has everything that was decided before it.
//   3. Who knows that a configuration has ended promises a ballot above all of that configuration, durably: its vote
//      there is gone for good, so it may forget what it accepted there and was not decided.

import { assert } from '../base/assert.ts';
import { compareBallots, firstBallot, higherBallot } from './ballot.ts';
import { type Configuration, configurationProblem, isMember } from './configuration.ts';
import type { Core } from './core.ts';
import type { ProposeResult } from './effects.ts';
import { stopSign } from './entry.ts';
import { leaveRole, look } from './transitions.ts';

/** What a leader answers to a wish for another configuration; appends its stop-sign if it is a good one. */
export function proposeConfiguration(core: Core, next: Configuration): ProposeResult {
  if (core.stopping) return { status: 'reconfiguring' };
  const reason = whyNotNext(core.configuration, next);
  if (reason !== undefined) return { status: 'invalid', reason };
  const index = core.log.length;
  core.append([stopSign(next)], 0);
  core.stopping = true;
  return { status: 'appended', index, ballot: core.promised };
}

function whyNotNext(now: Configuration, next: Configuration): string | undefined {
  if (next.number !== now.number + 1)
    return `configuration ${now.number + 1} follows ${now.number}, not ${next.number}`;
  const gone = now.members.filter((member) => !isMember(next, member.id)).map((member) => member.id);
  const forgotten = [...gone, ...now.retired].find((id) => !next.retired.includes(id));
  if (forgotten !== undefined)
    return `replica ${forgotten} is no member any more: it must be listed as retired`;
  return configurationProblem(next);
}

/** The stop-sign is decided, as the last entry of the log that counts. */
export function enterConfiguration(core: Core, next: Configuration): void {
  assert(next.number > core.configuration.number, 'configurations only rise');
  if (core.role === 'leading') {
    // The last word of this leadership; without it the others learn of the end only from the next configuration.
    core.sendToOthers({ kind: 'decide', ballot: core.promised, decided: core.decided });
  }
  leaveRole(core);
  core.enter(next);
  for (const id of core.known.keys()) if (!isMember(next, id)) core.known.delete(id);
  core.promise(higherBallot(core.promised, firstBallot(next.number)));
  core.acceptAt(higherBallot(core.accepted, firstBallot(next.number)));
  core.round = core.promised.configuration === next.number ? core.promised.round : 0;
  core.damaged = false;
  core.welcomes.clear();
  core.harden();
  takePlace(core);
}

/** Begins the role that fits to the configuration and to what the disk had. */
export function takePlace(core: Core): void {
  const { configuration, id } = core;
  const over = compareBallots(core.promised, firstBallot(configuration.number + 1)) >= 0;
  core.leader = 0;
  core.silence = 0;
  if (configuration.retired.includes(id)) core.role = 'retired';
  else if (over || configuration.number === 0 || !isMember(configuration, id)) core.role = 'passive';
  else if (!core.admitted && configuration.members.length > 1) core.role = 'joining';
  else if (core.damaged) recover(core);
  else {
    if (!core.admitted) admit(core);
    look(core);
  }
}

function recover(core: Core): void {
  core.role = 'recovering';
  if (core.configuration.members.length === 1)
    core.refused = 'the log is damaged, and there is no other replica to repair it';
}

/** This replica's memory is whole: it never took part before, or it remembers all. */
export function admit(core: Core): void {
  core.admitted = true;
  core.harden();
}
