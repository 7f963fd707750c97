// Owns: the acceptor: what it promises, accepts and acknowledges.
// Invariants ("Paxos Made Simple", Lamport 2001):
//   P1a  It accepts at a ballot only if it has promised no higher one.
//   1. A Promise leaves only when the promise and every entry that it speaks of are durable.
//   2. An Accepted leaves only when the entries and the ballot they were accepted at are durable, in one record.
//   3. The log at one ballot only grows: an old or doubled AcceptSync of the same ballot cuts nothing.
//   4. While damaged: no promise, no acknowledgement.

import { compareBallots, type ReplicaId, sameBallot } from './ballot.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import { setDecided } from './learner.ts';
import type { Accept, AcceptSync, Decide, Prepare } from './message.ts';
import { follow } from './transitions.ts';

export function onPrepare(core: Core, from: ReplicaId, prepare: Prepare): void {
  if (refusesBallot(core, from, prepare.ballot)) return;
  core.promise(prepare.ballot);
  follow(core, from);
  promise(core, from, prepare);
}

/** Promises, with what the proposer lacks. */
function promise(core: Core, to: ReplicaId, prepare: Prepare): void {
  const { log, accepted } = core;
  const order = compareBallots(accepted, prepare.accepted);
  const better = order > 0 || (order === 0 && log.length > prepare.length);
  let from = log.length;
  if (better) from = order === 0 && prepare.length >= log.offset ? prepare.length : prepare.decided;
  if (from < log.offset) {
    core.sendDurably(to, { kind: 'snapshot-offer', ballot: prepare.ballot, index: log.offset });
    return;
  }
  // Shorter than what the proposer knows to be decided: another one of its quorum has more, and this log will not be chosen.
  from = Math.min(from, log.length);
  const until = log.reach(from, core.limits.messageEntries, core.limits.messageBytes);
  core.sendDurably(to, {
    kind: 'promise',
    ballot: prepare.ballot,
    accepted,
    length: log.length,
    decided: core.decided,
    from,
    entries: log.slice(from, until),
  });
}

export function onAcceptSync(core: Core, from: ReplicaId, message: AcceptSync): void {
  if (core.role === 'recovering') {
    acceptRepair(core, from, message);
    return;
  }
  if (refusesBallot(core, from, message.ballot)) return;
  if (!sameBallot(message.ballot, core.promised)) {
    // It never promised this ballot: the leader would be counting on a promise that was not given.
    askForSync(core, from);
    return;
  }
  follow(core, from);
  if (sameBallot(message.ballot, core.accepted)) {
    if (message.snapshot && message.from > core.log.length) installSnapshot(core, message);
    extend(core, from, message);
    return;
  }
  const whole = joinParts(core, message);
  if (whole === undefined) return;
  if (!replaceSuffix(core, whole)) {
    askForSync(core, from);
    return;
  }
  core.acceptAt(whole.ballot);
  setDecided(core, whole.decided);
}

/** All parts of an AcceptSync as one, when all have come. A lost part is noticed by the next heartbeat. */
function joinParts(core: Core, message: AcceptSync): AcceptSync | undefined {
  const { ballot, start, from, entries, target } = message;
  if (from === start && from + entries.length === target) {
    core.incoming = undefined;
    return message;
  }
  const before = core.incoming;
  const same = before?.start === start && before.target === target && sameBallot(ballot, before.ballot);
  const incoming = same ? before : { ballot, start, target, parts: new Map<number, readonly Entry[]>() };
  core.incoming = incoming;
  incoming.parts.set(from, entries);
  const whole: Entry[] = [];
  for (let part = incoming.parts.get(start); part !== undefined && part.length > 0; ) {
    for (const entry of part) whole.push(entry);
    part = incoming.parts.get(start + whole.length);
  }
  if (start + whole.length < target) return undefined;
  core.incoming = undefined;
  return { ...message, from: start, entries: whole };
}

/** The damaged log gets what the leader has. It is whole when it has all that the leader had when it answered. */
function acceptRepair(core: Core, from: ReplicaId, message: AcceptSync): void {
  if (message.repair !== core.repair || compareBallots(message.ballot, core.promised) < 0) return;
  const known = sameBallot(message.ballot, core.accepted) && message.from <= core.log.length;
  if (known) core.append(message.entries, core.log.length - message.from);
  else if (!replaceSuffix(core, message)) return;
  core.promise(message.ballot);
  core.acceptAt(message.ballot);
  core.leader = from;
  core.repairTarget = message.target;
  finishRepair(core);
  setDecided(core, message.decided);
}

function finishRepair(core: Core): void {
  if (core.role !== 'recovering' || core.repairTarget < 0 || core.log.length < core.repairTarget) return;
  core.damaged = false;
  core.repairTarget = -1;
  core.harden();
  core.role = 'looking';
  follow(core, core.accepted.replica);
}

/**
 * Makes the log equal to the leader's up to the end of `message`. False if the message starts behind the log's end.
 * Entries below `decided` are equal already.
 */
function replaceSuffix(core: Core, message: AcceptSync): boolean {
  if (message.snapshot && message.from > core.decided && !installSnapshot(core, message)) return false;
  if (message.from > core.log.length) return false;
  // The old suffix was accepted at a lower ballot; the leader's log has whatever of it can be decided.
  core.beginReplacing();
  core.cut(Math.max(message.from, core.decided));
  core.append(message.entries, core.log.length - message.from);
  return true;
}

function installSnapshot(core: Core, message: AcceptSync): boolean {
  if (core.staged?.index !== message.from) return false;
  core.beginReplacing();
  core.useSnapshot();
  return true;
}

export function onAccept(core: Core, from: ReplicaId, message: Accept): void {
  if (refusesBallot(core, from, message.ballot)) return;
  if (!sameBallot(message.ballot, core.accepted)) {
    askForSync(core, from);
    return;
  }
  if (core.role !== 'recovering') follow(core, from);
  extend(core, from, message);
  finishRepair(core);
}

/** Appends at the ballot of the log. */
function extend(core: Core, from: ReplicaId, message: Accept | AcceptSync): void {
  if (message.from > core.log.length) {
    askForSync(core, from);
    return;
  }
  const skip = core.log.length - message.from;
  core.append(message.entries, skip);
  // A repetition of what is durable already: its acknowledgement was lost.
  if (skip >= message.entries.length && core.durable >= 0) acknowledge(core, true);
  setDecided(core, message.decided);
}

export function onDecide(core: Core, from: ReplicaId, message: Decide): void {
  if (refusesBallot(core, from, message.ballot)) return;
  if (!sameBallot(message.ballot, core.accepted)) {
    askForSync(core, from);
    return;
  }
  if (core.role !== 'recovering') follow(core, from);
  setDecided(core, message.decided);
}

/** Phase 2b, when more has become durable. `again`: even if nothing has. */
export function acknowledge(core: Core, again: boolean): void {
  if (core.role !== 'following' || core.durable < 0 || !sameBallot(core.accepted, core.promised)) return;
  // Elected, but not heard of at a ballot of its own: the log is still that of the leader before, perhaps of this replica.
  if (core.accepted.replica !== core.leader) return;
  if (core.durable === core.acknowledged && !again) return;
  core.acknowledged = core.durable;
  core.send(core.accepted.replica, { kind: 'accepted', ballot: core.accepted, length: core.durable });
}

/** True if `ballot` is lower than the promise; its proposer is told. */
export function refusesBallot(core: Core, from: ReplicaId, ballot: Prepare['ballot']): boolean {
  core.round = Math.max(core.round, ballot.configuration === core.configuration.number ? ballot.round : 0);
  if (compareBallots(ballot, core.promised) >= 0) return false;
  core.drop('stale-ballot');
  // A damaged replica is of use to nobody below its promise: its request tells that, and the proposer goes above it.
  if (core.role === 'recovering') askForSync(core, from);
  else core.send(from, { kind: 'nack', ballot, promised: core.promised });
  return true;
}

/** Once a tick: what comes from `from` does not fit to what is here. */
export function askForSync(core: Core, from: ReplicaId): void {
  if (core.askedAt === core.ticks) return;
  core.askedAt = core.ticks;
  const staged = core.staged?.index ?? 0;
  core.send(from, {
    kind: 'sync-request',
    promised: core.promised,
    decided: core.decided,
    damaged: core.damaged ? core.repair : 0,
    staged,
  });
}
