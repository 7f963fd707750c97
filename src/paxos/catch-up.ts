// Owns: learning decided entries from others, outside of phases 1 and 2: for a replica that a change of configuration left
// behind, for a new one, and for a follower that lags by more than a message.
// Invariants:
//   1. CatchUp carries decided entries only, so it may come from any replica that is ahead. It is taken as the answer to a
//      question, or from the leader at the promised ballot, and at no other time: what is late may not fit any more.
//   2. It changes nothing of what the log was accepted at. Where the log differs from what is decided, it was accepted
//      at a lower ballot than the one that decided, so nothing from there on can be decided: it may be forgotten.
//   3. Inside a closed configuration the log is just what is decided.

import { firstBallot, higherBallot, NO_BALLOT, type ReplicaId, sameBallot } from './ballot.ts';
import type { Core } from './core.ts';
import { type Entry, sameEntry } from './entry.ts';
import { setDecided } from './learner.ts';
import { PAXOS_TICKS } from './limits.ts';
import type { CatchUp, CatchUpRequest, Message } from './message.ts';
import { enterConfiguration } from './reconfiguration.ts';
import { leaveRole } from './transitions.ts';

/** Ticks without news after which another replica is asked. */
const PATIENCE = 2 * PAXOS_TICKS.election;

export function onCatchUpRequest(core: Core, from: ReplicaId, request: CatchUpRequest): void {
  const { question } = request;
  const { offset } = core.log;
  if (request.decided >= offset)
    sendDecided(core, from, request.decided, { question, leadership: NO_BALLOT });
  else if (request.staged >= offset)
    sendDecided(core, from, request.staged, { question, leadership: NO_BALLOT });
  else
    core.send(from, {
      kind: 'catch-up',
      question,
      leadership: NO_BALLOT,
      from: 0,
      entries: [],
      snapshot: offset,
    });
}

/** As many decided entries from `start` on as fit into a message. */
export function sendDecided(
  core: Core,
  to: ReplicaId,
  start: number,
  why: Pick<CatchUp, 'question' | 'leadership'>,
): void {
  const { log, limits } = core;
  if (start > core.decided) return;
  const until = Math.min(core.decided, log.reach(start, limits.messageEntries, limits.messageBytes));
  core.send(to, { kind: 'catch-up', ...why, from: start, entries: log.slice(start, until), snapshot: 0 });
}

export function isAnswer(core: Core, { question }: CatchUp): boolean {
  return question !== 0 && question === core.question;
}

export function onCatchUp(core: Core, message: Message, body: CatchUp): void {
  const { from, configuration } = message;
  const { number } = core.configuration;
  if (core.role === 'following' && from === core.leader && sameBallot(body.leadership, core.promised)) {
    learnPrefix(core, from, body);
    return;
  }
  if (configuration < number || (configuration === number && core.role !== 'passive')) return;
  if (isAnswer(core, body) && from === core.ahead.source) {
    core.question = 0;
    core.ahead = { ...core.ahead, number: Math.max(configuration, core.ahead.number) };
    onAnswer(core, from, body);
    return;
  }
  if (body.question !== 0) {
    core.drop('unasked');
    return;
  }
  if (configuration > core.ahead.number)
    core.ahead = { number: configuration, source: from, since: core.ticks };
  if (core.askedAt !== core.ticks) askToCatchUp(core);
}

function onAnswer(core: Core, from: ReplicaId, body: CatchUp): void {
  const { staged } = core;
  if (body.snapshot > core.decided) {
    if (staged === undefined || staged.index < body.snapshot) core.fetch = { from, index: body.snapshot };
    else installWhilePassive(core);
    return;
  }
  if (staged !== undefined && staged.index > core.decided && body.from === staged.index) {
    // The answer goes on from the snapshot that is staged here.
    installWhilePassive(core);
    return;
  }
  if (!hasNews(core, body)) return;
  core.ahead = { ...core.ahead, since: core.ticks };
  closeConfiguration(core);
  core.append(body.entries, core.decided - body.from);
  learnAll(core);
  askToCatchUp(core);
}

function hasNews(core: Core, { from, entries }: CatchUp): boolean {
  return from <= core.decided && from + entries.length > core.decided;
}

/** A follower that lags far behind learns what is decided before it accepts the rest. */
function learnPrefix(core: Core, from: ReplicaId, message: CatchUp): void {
  // At the leader's own ballot its Accepts do this; and what was accepted there must not be replaced.
  if (sameBallot(core.accepted, core.promised) || !hasNews(core, message)) return;
  const { entries } = message;
  const until = message.from + entries.length;
  const differs = firstDifference(core, message.from, entries);
  if (differs < until) {
    core.beginReplacing();
    core.cut(differs);
    core.append(entries, differs - message.from);
  }
  setDecided(core, until);
  if (core.role !== 'following') return;
  const staged = core.staged?.index ?? 0;
  core.send(from, {
    kind: 'sync-request',
    promised: core.promised,
    decided: core.decided,
    damaged: 0,
    staged,
  });
}

/** The first index from `decided` on at which the log does not have these entries; their end if it has all. */
function firstDifference(core: Core, from: number, entries: readonly Entry[]): number {
  let index = core.decided;
  while (index < from + entries.length && index < core.log.length) {
    if (!sameEntry(core.log.at(index)!, entries[index - from]!)) return index;
    index++;
  }
  return index;
}

/** This replica's vote in its configuration is over, and with it what it accepted there. */
function closeConfiguration(core: Core): void {
  core.promise(higherBallot(core.promised, firstBallot(core.ahead.number)));
  if (core.role !== 'passive') leaveRole(core);
  core.role = 'passive';
  core.leader = 0;
  core.beginReplacing();
  core.cut(core.decided);
}

/** Everything in the log is decided; it may pass through several configurations. */
function learnAll(core: Core): void {
  while (core.decided < core.log.length) {
    const next = core.log.at(core.decided)!.configuration;
    core.decided++;
    if (next !== undefined && next.number > core.configuration.number) enterConfiguration(core, next);
  }
}

/** Takes the staged snapshot, if it is of use. */
export function installWhilePassive(core: Core): void {
  const { staged } = core;
  if (staged === undefined || staged.index <= core.decided) return;
  closeConfiguration(core);
  core.useSnapshot();
  core.ahead = { ...core.ahead, since: core.ticks };
  if (staged.configuration.number > core.configuration.number) enterConfiguration(core, staged.configuration);
  askToCatchUp(core);
}

/** While something is known to be missing. One replica is asked until it has nothing new for long, then another. */
export function askToCatchUp(core: Core): void {
  if (core.configuration.number >= core.ahead.number && core.role !== 'passive') return;
  if (core.ahead.source === 0 || core.ticks - core.ahead.since > PATIENCE) {
    const others = core.members.filter((id) => id !== core.id);
    const next = others[(others.indexOf(core.ahead.source) + 1) % Math.max(1, others.length)];
    if (next === undefined) return;
    core.ahead = { ...core.ahead, source: next, since: core.ticks };
    core.question = 0;
  }
  if (core.question === 0) core.question = core.nonce + 2 + core.questions++;
  core.askedAt = core.ticks;
  const { question, decided } = core;
  core.send(core.ahead.source, {
    kind: 'catch-up-request',
    question,
    decided,
    staged: core.staged?.index ?? 0,
  });
}
