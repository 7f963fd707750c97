// Owns: phase 1: asking for promises, gathering the log that the quorum holds, starting phase 2 with it.
// Invariants ("Paxos Made Simple", section 2.2; prefix form: "Sequence Paxos", Haridi, Kroll, Carbone 2020):
//   1. A ballot is used by one proposer, once: its promise to itself is durable before the first Prepare leaves.
//   2. P2c: the log that phase 2 begins with is that of the highest (accepted ballot, length) among a quorum's promises.
//   3. Nothing is proposed before that; what comes meanwhile is kept and appended after it.

import { assert } from '../base/assert.ts';
import { type Ballot, compareBallots, firstBallot, type ReplicaId, sameBallot } from './ballot.ts';
import type { Core, PartialPromise, Promised } from './core.ts';
import { startLeading, syncPromiser } from './leader.ts';
import type { Nack, Promise1b, SnapshotOffer } from './message.ts';
import { prepareMessage } from './prepare-message.ts';
import { leaveRole, look, newPatience } from './transitions.ts';

/** Nominated: begins phase 1 with a ballot higher than all it has seen. */
export function prepare(core: Core): void {
  // From one try of phase 1 to the next they are kept on.
  const { kept, keptBytes } = core;
  leaveRole(core);
  core.kept = kept;
  core.keptBytes = keptBytes;
  core.role = 'preparing';
  core.leader = core.id;
  core.silence = 0;
  core.patience = newPatience(core);
  const { number } = core.configuration;
  core.promise({ configuration: number, round: core.round + 1, replica: core.id });
  for (const { id } of core.configuration.members)
    if (id !== core.id) core.sendDurably(id, prepareMessage(core));
  const { accepted, log, decided } = core;
  const own: Promise1b = {
    kind: 'promise',
    ballot: core.promised,
    accepted,
    length: log.length,
    decided,
    from: log.length,
    entries: [],
  };
  core.sendDurably(core.id, own);
}

/** Prepare may be lost: once a tick again, to those who have not answered. */
export function repeatPrepare(core: Core): void {
  const { promises, partial } = core.gathering;
  if (!promises.has(core.id)) return;
  for (const { id } of core.configuration.members) {
    if (!promises.has(id)) core.send(id, prepareMessage(core, partial.get(id)));
  }
}

export function onPromise(core: Core, from: ReplicaId, message: Promise1b): void {
  if (!sameBallot(message.ballot, core.promised)) {
    core.drop('stale-ballot');
    return;
  }
  if (core.role === 'leading') {
    syncPromiser(core, from, message);
    return;
  }
  const { promises, partial } = core.gathering;
  if (promises.has(from)) return;
  const joined = joinParts(partial.get(from), message);
  if (joined === undefined) return;
  if (joined.from + joined.entries.length < joined.length) {
    partial.set(from, joined);
    // It goes on: patience begins anew.
    core.silence = 0;
    core.send(from, prepareMessage(core, joined));
    return;
  }
  partial.delete(from);
  promises.set(from, joined);
  if (promises.size >= core.quorum && promises.has(core.id)) adopt(core);
}

/** The entries told so far and those of `message`, which are the next ones; undefined if they are not. */
function joinParts(before: PartialPromise | undefined, message: Promise1b): PartialPromise | undefined {
  if (before === undefined) return { ...message, entries: [...message.entries] };
  if (message.from !== before.from + before.entries.length) return undefined;
  for (const entry of message.entries) before.entries.push(entry);
  return before;
}

/** Phase 1 is done: the best log of the quorum becomes this ballot's log. */
function adopt(core: Core): void {
  const { promises } = core.gathering;
  const own = promises.get(core.id)!;
  let best: Promised = own;
  let decided = core.decided;
  for (const promised of promises.values()) {
    decided = Math.max(decided, promised.decided);
    if (isBetter(promised, best)) best = promised;
  }
  const snapshot = best === own || isInLog(core, best) ? 0 : (core.staged?.index ?? 0);
  if (Math.max(decided, snapshot) > best.length) {
    // Decided at a higher ballot since the promises were given, and learned by one who did not accept it: deposed.
    look(core);
    return;
  }
  if (best !== own) takeLog(core, best);
  assert(core.log.length === best.length, 'the log of phase 2 is the best of the quorum');
  core.chosen = { accepted: best.accepted, length: best.length };
  const last = best.length > core.decided ? core.log.at(best.length - 1)?.configuration : undefined;
  core.stopping = last !== undefined && last.number > core.configuration.number;
  core.acceptAt(core.promised);
  startLeading(core, new Map(promises), decided);
}

function isBetter(a: { accepted: Ballot; length: number }, b: { accepted: Ballot; length: number }): boolean {
  const order = compareBallots(a.accepted, b.accepted);
  return order > 0 || (order === 0 && a.length > b.length);
}

/** Whether this log is known to be equal to the promised one up to where the promised entries begin. */
function isInLog({ decided, log, accepted }: Core, best: Promised): boolean {
  return best.from <= decided || (best.from <= log.length && sameBallot(best.accepted, accepted));
}

/**
 * Replaces this log behind `best.from`, where both are equal, by `best`'s entries. They are equal up to there because
 * both were accepted at one ballot, because it is decided, or because it is in the staged snapshot. A newer snapshot may
 * have been staged since `best` was told of one.
 */
function takeLog(core: Core, best: Promised): void {
  core.beginReplacing();
  const { staged, log } = core;
  if (!isInLog(core, best)) {
    assert(staged !== undefined && staged.index >= best.from, 'a promise has all that this replica lacks');
    core.useSnapshot();
  }
  core.cut(Math.max(best.from, core.decided));
  core.append(best.entries, log.length - best.from);
}

/** Somebody has promised a higher ballot: this one can never get its vote. Phase 1 again, above it. */
export function onNack(core: Core, { ballot, promised }: Nack): void {
  const { number } = core.configuration;
  if (!sameBallot(ballot, core.promised)) return;
  // Of a later configuration: this one has ended, and its members will tell.
  if (promised.configuration !== number || compareBallots(promised, firstBallot(number)) <= 0) return;
  core.round = Math.max(core.round, promised.round);
  core.raise = true;
}

/** An acceptor has trimmed what this proposer lacks. */
export function onOfferWhilePreparing(core: Core, from: ReplicaId, offer: SnapshotOffer): void {
  if (!sameBallot(offer.ballot, core.promised)) return;
  if (core.staged !== undefined && core.staged.index >= offer.index) core.send(from, prepareMessage(core));
  else core.fetch = { from, index: offer.index };
}
