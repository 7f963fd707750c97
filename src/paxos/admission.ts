// Owns: which messages a replica listens to at all, and the way in for a replica with an empty disk.
// Invariants:
//   1. Nothing from an unknown or replaced replica is acted upon, nor from one that lost its disk under its old name.
//   2. A promise counts only when the incarnation that gave it is recorded durably here, so that its loss is noticed
//      even if this replica restarts.
//   3. A replica with an empty disk takes part only after all others have told that they never counted a vote of it.
//      (Less would do for a disk that is empty because it is new, but nobody can tell that from a disk that was lost.)
//   4. Of another configuration's messages only those that carry decided facts or ask for them are heard.

import type { ReplicaId } from './ballot.ts';
import { isMember } from './configuration.ts';
import type { Core } from './core.ts';
import type { JoinAnswer, Message, MessageKind } from './message.ts';
import { askToCatchUp } from './catch-up.ts';
import { admit, takePlace } from './reconfiguration.ts';

/** Heard from members whatever configuration they are in. */
const TIMELESS: readonly MessageKind[] = ['join', 'join-answer', 'catch-up', 'catch-up-request'];

/** Whether `message` is to be handled. What is not was counted. */
export function listensTo(core: Core, message: Message): boolean {
  const { from, body } = message;
  const reason = whyNot(core, message);
  if (reason !== undefined) {
    core.drop(reason);
    return false;
  }
  const { number } = core.configuration;
  if (message.configuration !== number && !TIMELESS.includes(body.kind)) {
    core.drop('other-configuration');
    if (message.configuration > number) noticeNewer(core, from, message.configuration);
    else if (body.kind === 'ping') hintAtNewer(core, from);
    return false;
  }
  return true;
}

function whyNot(core: Core, { from, to, incarnation, body }: Message) {
  if (to !== core.id || from === core.id) return 'not-for-me' as const;
  if (core.configuration.retired.includes(from)) return 'retired-replica' as const;
  if (!isMember(core.configuration, from)) return 'unknown-replica' as const;
  const known = core.known.get(from);
  if (known !== undefined && known !== incarnation && body.kind !== 'join') return 'reborn' as const;
  if (!('ballot' in body)) return undefined;
  if (!ballotFits(core, from, body.kind, body.ballot.replica)) return 'impostor' as const;
  return undefined;
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
  if (number > core.ahead.number) core.ahead = { number, source: from };
  if (core.askedAt !== core.ticks) askToCatchUp(core);
}

/** No entries: only that there is something to ask for. */
function hintAtNewer(core: Core, to: ReplicaId): void {
  const { number } = core.configuration;
  core.send(to, { kind: 'catch-up', configuration: number, from: 0, entries: [], snapshot: 0 });
}

export function askToJoin(core: Core): void {
  core.sendToOthers({ kind: 'join' });
}

export function onJoin(core: Core, from: ReplicaId): void {
  core.send(from, { kind: 'join-answer', known: core.known.get(from) ?? 0 });
}

export function onJoinAnswer(core: Core, from: ReplicaId, { known }: JoinAnswer): void {
  if (known !== 0 && known !== core.incarnation) {
    core.refused = `replica ${from} knows replica ${core.id} with another disk: one that lost its disk joins under a new id`;
    return;
  }
  core.welcomes.add(from);
  if (core.welcomes.size < core.configuration.members.length - 1) return;
  admit(core);
  takePlace(core);
}
