// Owns: which messages a replica listens to at all, and the way in for a replica with an empty disk.
// Invariants:
//   1. Nothing from an unknown or replaced replica is acted upon, nor from one that lost its disk under its old name.
//   2. A promise counts only when the incarnation that gave it is recorded durably here, and is given only when that of
//      its proposer is, which has promised itself: so the loss of either is noticed even if this replica restarts.
//   3. A replica with an empty disk takes part only after all others have recorded it, and it them. One that was recorded
//      with another disk is refused by that other, for good.
//      (Less would do for a disk that is empty because it is new, but nobody can tell that from a disk that was lost.)
//   4. Of another configuration's messages only those that carry decided facts or ask for them are heard.

import { NO_BALLOT, type ReplicaId } from './ballot.ts';
import { askToCatchUp, isAnswer } from './catch-up.ts';
import type { Core } from './core.ts';
import type { Body, JoinAnswer, Message, MessageKind } from './message.ts';
import { admit, takePlace } from './reconfiguration.ts';

/** Heard from members whatever configuration they are in. */
const TIMELESS: readonly MessageKind[] = ['join', 'join-answer', 'catch-up', 'catch-up-request'];

/** A replaced replica gets a refusal, or what was decided, so that it does not wait for ever. */
const TO_THE_RETIRED: readonly MessageKind[] = ['join', 'catch-up-request'];

/** Whether `message` is to be handled. What is not was counted. */
export function listensTo(core: Core, message: Message): boolean {
  const { from, body } = message;
  const { number } = core.configuration;
  const reason = whyNot(core, message);
  if (reason !== undefined) {
    core.drop(reason);
    // Members of later configurations may all be unknown here. One of them is worth a question.
    if (reason === 'unknown-replica' && message.configuration > number)
      noticeNewer(core, from, message.configuration);
    if (reason === 'retired-replica' && body.kind === 'ping') hintAtNewer(core, from);
    return false;
  }
  if (message.configuration !== number && !TIMELESS.includes(body.kind)) {
    core.drop('other-configuration');
    if (message.configuration > number) noticeNewer(core, from, message.configuration);
    else if (body.kind === 'ping') hintAtNewer(core, from);
    return false;
  }
  return true;
}

function whyNot(core: Core, { from, to, configuration, incarnation, body }: Message) {
  if (to !== core.id || from === core.id) return 'not-for-me' as const;
  // A join gets its answer, a refusal, so that who was replaced does not wait for ever.
  if (core.retired.has(from))
    return TO_THE_RETIRED.includes(body.kind) ? undefined : ('retired-replica' as const);
  if (!core.members.includes(from) && !answers(core, from, configuration, body))
    return 'unknown-replica' as const;
  const known = core.known.get(from);
  if (known !== undefined && known !== incarnation && body.kind !== 'join') return 'reborn' as const;
  if (!('ballot' in body)) return undefined;
  if (!ballotFits(core, from, body.kind, body.ballot.replica)) return 'impostor' as const;
  return undefined;
}

/** Members of later configurations may all be unknown here. What was asked of one of them is heard. */
function answers(core: Core, from: ReplicaId, configuration: number, body: Body): boolean {
  const isLater = configuration > core.configuration.number;
  return isLater && body.kind === 'catch-up' && from === core.ahead.source && isAnswer(core, body);
}

/** Requests carry the sender's ballot, answers the receiver's. */
function ballotFits(core: Core, from: ReplicaId, kind: MessageKind, owner: ReplicaId): boolean {
  switch (kind) {
    case 'promise':
    case 'accepted':
    case 'nack':
    case 'heartbeat-ack':
    case 'read-ask':
      return owner === core.id;
    case 'snapshot-offer':
      return owner === from || owner === core.id;
    default:
      return owner === from;
  }
}

/** True if the vote in `message` may count; if not, its sender is being recorded and will be asked again. */
export function votesUnderKnownName(core: Core, { from, incarnation }: Message): boolean {
  if (core.known.get(from) === incarnation) return !core.recording.has(from);
  core.known.set(from, incarnation);
  core.recordWithNextWrite(from);
  return false;
}

function noticeNewer(core: Core, from: ReplicaId, number: number): void {
  // Whoever was heard last is alive.
  if (core.question === 0 && number >= core.ahead.number)
    core.ahead = { number, source: from, since: core.ticks };
  if (core.askedAt !== core.ticks) askToCatchUp(core);
}

/** No entries: only that there is something to ask for. */
function hintAtNewer(core: Core, to: ReplicaId): void {
  core.send(to, { kind: 'catch-up', question: 0, leadership: NO_BALLOT, from: 0, entries: [], snapshot: 0 });
}

export function askToJoin(core: Core): void {
  core.sendToOthers({ kind: 'join' });
}

/** Recorded first, so that it is known should it lose its disk; the answer waits for that. */
export function onJoin(core: Core, { from, incarnation }: Message): void {
  if (core.retired.has(from)) {
    core.send(from, { kind: 'join-answer', known: 0 });
    return;
  }
  if (core.known.get(from) === undefined) {
    core.known.set(from, incarnation);
    core.recordWithNextWrite(from);
  }
  core.sendDurably(from, { kind: 'join-answer', known: core.known.get(from)! });
}

export function onJoinAnswer(core: Core, message: Message, { known }: JoinAnswer): void {
  const { from } = message;
  if (known !== core.incarnation) {
    core.refused = `replica ${from} knows replica ${core.id} with another disk, or as replaced: a replica that lost its disk joins under a new id`;
    core.role = 'retired';
    return;
  }
  votesUnderKnownName(core, message);
  core.welcomes.add(from);
  if (core.welcomes.size < core.configuration.members.length - 1) return;
  admit(core);
  takePlace(core);
}
