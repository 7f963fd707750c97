// Owns: phase 2: replicating the log, counting acknowledgements, deciding, and noticing when nobody listens any more.
// Invariants:
//   1. An entry counts as decided when a quorum has it durable at this ballot; the leader counts itself like the others.
//   2. An acknowledgement counts only at the current ballot (replica.ts drops the others).
//   3. What is in flight to a follower, and what is not decided, is bounded in entries and bytes.

import { assert } from '../base/assert.ts';
import { compareBallots, type ReplicaId, sameBallot } from './ballot.ts';
import { sendDecided } from './catch-up.ts';
import type { Core, Promised } from './core.ts';
import type { ProposeResult } from './effects.ts';
import type { Entry } from './entry.ts';
import { setDecided } from './learner.ts';
import { PAXOS_TICKS } from './limits.ts';
import type { Accepted, AcceptSync, HeartbeatAck, Promise1b, SyncRequest } from './message.ts';
import { prepareMessage } from './prepare-message.ts';
import { Progress } from './progress.ts';
import { confirmReads, startRound } from './reads.ts';
import { electionContext, look } from './transitions.ts';

/** Phase 1 is done; `core.log` is what it chose. */
export function startLeading(core: Core, promises: ReadonlyMap<ReplicaId, Promised>, decided: number): void {
  const { kept } = core;
  core.role = 'leading';
  core.silence = 0;
  core.gathering.promises.clear();
  core.gathering.partial.clear();
  core.kept = [];
  core.keptBytes = 0;
  for (const { id } of core.configuration.members) {
    if (id !== core.id) core.progress.set(id, new Progress(id, core.ticks));
  }
  core.election.settle(electionContext(core), core.id);
  // First, so that the others hear of it at once; if the log ends with a decided stop-sign, there is nothing to lead.
  setDecided(core, decided);
  if (core.role !== 'leading') return;
  if (!core.stopping) core.append(kept, 0);
  for (const [id, promised] of promises) if (id !== core.id) syncPromiser(core, id, promised);
}

/** A promise that came when phase 2 had begun. */
export function syncPromiser(core: Core, from: ReplicaId, promised: Promised | Promise1b): void {
  const progress = core.progress.get(from);
  if (progress === undefined || isUnderWay(core, progress)) return;
  if (promised.decided > core.log.length) {
    // Decided at a higher ballot, and learned by one who did not accept it: this leader is deposed.
    look(core);
    return;
  }
  progress.decided = promised.decided;
  if (sameBallot(promised.accepted, core.promised) && promised.length >= core.log.offset) {
    // In step already, and only short of what it missed.
    begin(core, progress, promised.length, promised.length);
    replicate(core, progress);
  } else sync(core, progress, syncPoint(core, promised));
}

/** A synchronisation was sent and may still be on its way: asked for again, it is sent again only after a while. */
function isUnderWay(core: Core, { state, syncedAt, syncGap }: Progress): boolean {
  return state === 'synced' && core.ticks - syncedAt < syncGap;
}

/** Up to where the log behind a promise is surely equal to this one. */
function syncPoint(
  core: Core,
  promised: { accepted: Promised['accepted']; length: number; decided: number },
): number {
  if (sameBallot(promised.accepted, core.promised)) return Math.min(promised.length, core.log.length);
  if (sameBallot(promised.accepted, core.chosen.accepted)) {
    // It may have learned more by catching up than phase 1 had to choose from.
    return Math.max(promised.decided, Math.min(promised.length, core.chosen.length));
  }
  return promised.decided;
}

/** Sends the log from `start` on: a snapshot first if it must be, decided entries first if they are many. */
function sync(core: Core, progress: Progress, start: number): void {
  const { log, limits } = core;
  const from = snapshotOr(core, progress, start);
  if (from < log.offset) {
    offerSnapshot(core, progress);
    return;
  }
  const reach = log.reach(from, limits.messageEntries, limits.messageBytes);
  if (reach < core.decided && from === start) {
    learnFirst(core, progress);
    return;
  }
  let next = from;
  do next = sendPart(core, progress.id, { start: from, from: next, snapshot: from !== start, repair: 0 });
  while (next < log.length);
  begin(core, progress, from, next);
}

/** What is decided goes in portions: the follower comes back with a SyncRequest when it has learned one. */
function learnFirst(core: Core, progress: Progress): void {
  if (progress.decided < core.log.offset) {
    offerSnapshot(core, progress);
    return;
  }
  progress.state = 'unprepared';
  sendDecided(core, progress.id, progress.decided, { question: 0, leadership: core.promised });
}

/** A damaged follower accepts as it receives: it gives no vote before it has all. */
function repairFollower(core: Core, progress: Progress, request: SyncRequest): void {
  const from = snapshotOr(core, progress, request.decided);
  const advanced = request.decided > progress.decided || progress.repair !== request.damaged;
  if (!advanced && isUnderWay(core, progress)) return;
  if (advanced) progress.syncGap = 1;
  progress.repair = request.damaged;
  progress.decided = request.decided;
  progress.match = 0;
  if (from < core.log.offset) {
    offerSnapshot(core, progress);
    return;
  }
  const part = { start: from, from, snapshot: from !== request.decided, repair: request.damaged };
  const next = sendPart(core, progress.id, part);
  begin(core, progress, from, next);
  replicate(core, progress);
}

/** `start`, or the snapshot that the follower has staged if the log no longer goes back to `start`. */
function snapshotOr(core: Core, { staged }: Progress, start: number): number {
  const fits = start < core.log.offset && staged >= core.log.offset && staged <= core.decided;
  return fits ? staged : start;
}

function begin(core: Core, progress: Progress, start: number, next: number): void {
  progress.state = 'synced';
  progress.start = start;
  progress.next = next;
  progress.movedAt = core.ticks;
  progress.syncedAt = core.ticks;
  progress.syncGap = Math.min(2 * progress.syncGap, PAXOS_TICKS.backOff);
  progress.told = true;
}

/** Sends one AcceptSync and returns where the next begins. */
function sendPart(
  core: Core,
  to: ReplicaId,
  part: Pick<AcceptSync, 'start' | 'from' | 'snapshot' | 'repair'>,
): number {
  const { log, limits, promised: ballot, decided } = core;
  const next = log.reach(part.from, limits.messageEntries, limits.messageBytes);
  const entries = log.slice(part.from, next);
  core.send(to, { kind: 'accept-sync', ballot, ...part, entries, decided, target: log.length });
  return next;
}

function offerSnapshot(core: Core, progress: Progress): void {
  progress.state = 'behind';
  core.send(progress.id, { kind: 'snapshot-offer', ballot: core.promised, index: core.log.offset });
}

/** Sends what the follower lacks, as far as the limits of what is in flight allow. */
export function replicate(core: Core, progress: Progress): void {
  const { log, limits } = core;
  while (progress.state === 'synced' && progress.next < log.length) {
    const from = progress.next;
    if (from < log.offset) {
      offerSnapshot(core, progress);
      return;
    }
    const flying = Math.max(progress.match, progress.start, log.offset);
    const room = limits.inFlightEntries - (from - flying);
    if (room <= 0 || (from > flying && log.bytes(flying, from) >= limits.inFlightBytes)) return;
    const until = log.reach(from, Math.min(room, limits.messageEntries), limits.messageBytes);
    const entries = log.slice(from, until);
    core.send(progress.id, { kind: 'accept', ballot: core.promised, from, entries, decided: core.decided });
    progress.next = until;
    progress.told = true;
  }
}

/** Takes entries into the log, or says why not. */
export function propose(core: Core, entries: readonly Entry[]): ProposeResult {
  const problem = whyInvalid(core, entries);
  if (problem !== undefined) return { status: 'invalid', reason: problem };
  let bytes = 0;
  for (const entry of entries) bytes += entry.data.length;
  const { log, limits, decided } = core;
  const undecided = log.length - decided + core.kept.length + entries.length;
  const undecidedBytes = log.bytes(Math.max(decided, log.offset), log.length) + core.keptBytes + bytes;
  const alone = undecided === entries.length && entries.length === 1;
  if (undecided > limits.undecidedEntries || (undecidedBytes > limits.undecidedBytes && !alone)) {
    return { status: 'overloaded' };
  }
  if (core.stopping) return { status: 'reconfiguring' };
  if (core.role === 'preparing') {
    for (const entry of entries) core.kept.push(entry);
    core.keptBytes += bytes;
    return { status: 'kept' };
  }
  const index = log.length;
  core.append(entries, 0);
  for (const progress of core.progress.values()) replicate(core, progress);
  return { status: 'appended', index, ballot: core.promised };
}

function whyInvalid(core: Core, entries: readonly Entry[]): string | undefined {
  if (entries.some((entry) => entry.configuration !== undefined))
    return 'a configuration is proposed by `reconfigure`';
  if (entries.some((entry) => entry.data.length > core.limits.entryBytes)) {
    return `an entry has at most ${core.limits.entryBytes} bytes`;
  }
  return undefined;
}

export function onAccepted(core: Core, from: ReplicaId, { ballot, length }: Accepted): void {
  if (!sameBallot(ballot, core.promised)) {
    core.drop('stale-ballot');
    return;
  }
  const progress = core.progress.get(from);
  if (progress === undefined) return;
  assert(length <= core.log.length, 'nobody has more of the log than its leader');
  if (length > progress.match) {
    progress.match = length;
    if (progress.next < length) progress.next = length;
    progress.movedAt = core.ticks;
    progress.backOff = 2;
    progress.syncGap = 1;
    advance(core);
  }
  if (core.role === 'leading') replicate(core, progress);
}

/** Decides what a quorum has. */
export function advance(core: Core): void {
  const { progress, quorum } = core;
  const own = core.durable;
  let decided = core.decided;
  // The highest length that a quorum has reached is one of the lengths told.
  if (own > decided && reached(core, own) >= quorum) decided = own;
  for (const { match } of progress.values()) {
    if (match > decided && reached(core, match) >= quorum) decided = match;
  }
  setDecided(core, decided);
}

function reached(core: Core, length: number): number {
  let count = core.durable >= length ? 1 : 0;
  for (const { match } of core.progress.values()) if (match >= length) count++;
  return count;
}

/** At the end of a step that decided something: to those who were not told with an Accept. */
export function announceDecided(core: Core): void {
  const { promised: ballot, decided } = core;
  for (const progress of core.progress.values()) {
    if (progress.state === 'synced' && !progress.told)
      core.send(progress.id, { kind: 'decide', ballot, decided });
  }
}

export function onHeartbeatAck(core: Core, from: ReplicaId, ack: HeartbeatAck): void {
  const progress = core.progress.get(from);
  if (!sameBallot(ack.ballot, core.promised) || progress === undefined) {
    core.drop('stale-ballot');
    return;
  }
  if (ack.sequence > progress.heard) {
    progress.heard = ack.sequence;
    progress.heardAt = core.ticks;
    confirmReads(core);
  }
  if (ack.length >= 0) onAccepted(core, from, { kind: 'accepted', ballot: ack.ballot, length: ack.length });
}

export function onSyncRequest(core: Core, from: ReplicaId, request: SyncRequest): void {
  const progress = core.progress.get(from);
  if (progress === undefined) return;
  if (compareBallots(request.promised, core.promised) > 0) {
    if (request.promised.configuration !== core.configuration.number) return;
    core.round = Math.max(core.round, request.promised.round);
    core.raise = true;
    return;
  }
  progress.staged = request.staged;
  if (request.damaged === 0) core.send(from, prepareMessage(core));
  else repairFollower(core, progress, request);
}

/** A heartbeat interval of a leader. */
export function tickLeader(core: Core): void {
  let heard = 1;
  for (const { heardAt } of core.progress.values())
    if (core.ticks - heardAt <= PAXOS_TICKS.leaderQuorum) heard++;
  if (heard < core.quorum) {
    look(core);
    return;
  }
  startRound(core);
  for (const progress of core.progress.values()) repeat(core, progress);
}

/** What was sent and not acknowledged may be lost: again, with growing pauses. */
function repeat(core: Core, progress: Progress): void {
  const waits = progress.state !== 'synced' || progress.next > progress.match;
  if (!waits || core.ticks - progress.movedAt < progress.backOff) return;
  progress.movedAt = core.ticks;
  progress.backOff = Math.min(progress.backOff * 2, PAXOS_TICKS.backOff);
  if (progress.state === 'behind') {
    offerSnapshot(core, progress);
    return;
  }
  if (progress.state === 'unprepared') {
    core.sendDurably(progress.id, prepareMessage(core));
    return;
  }
  progress.next = Math.max(progress.match, progress.start);
  replicate(core, progress);
}
