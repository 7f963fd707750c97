// Owns: learning decided entries from others, outside of phases 1 and 2: for a replica that a change of configuration left
// behind, for a new one, and for a follower that lags by more than a message.
// Invariants:
//   1. CatchUp carries decided entries only, so it may come from any replica that is ahead.
//   2. It changes nothing of what the log was accepted at. Where the log differs from what is decided, it was accepted
//      at a lower ballot than the one that decided, so nothing from there on can be decided: it may be forgotten.
//   3. Inside a closed configuration the log is just what is decided.

import { firstBallot, higherBallot, type ReplicaId } from './ballot.ts';
import type { Core } from './core.ts';
import { type Entry, sameEntry } from './entry.ts';
import { setDecided } from './learner.ts';
import type { CatchUp, CatchUpRequest } from './message.ts';
import { enterConfiguration } from './reconfiguration.ts';
import { leaveRole } from './transitions.ts';

export function onCatchUpRequest(core: Core, from: ReplicaId, request: CatchUpRequest): void {
  const { offset } = core.log;
  if (request.decided >= offset) sendDecided(core, from, request.decided);
  else if (request.staged >= offset) sendDecided(core, from, request.staged);
  else
    core.send(from, {
      kind: 'catch-up',
      configuration: core.configuration.number,
      from: 0,
      entries: [],
      snapshot: offset,
    });
}

/** As many decided entries from `start` on as fit into a message. */
export function sendDecided(core: Core, to: ReplicaId, start: number): void {
  const { log, limits } = core;
  if (start > core.decided) return;
  const until = Math.min(core.decided, log.reach(start, limits.messageEntries, limits.messageBytes));
  const entries = log.slice(start, until);
  core.send(to, {
    kind: 'catch-up',
    configuration: core.configuration.number,
    from: start,
    entries,
    snapshot: 0,
  });
}

export function onCatchUp(core: Core, from: ReplicaId, message: CatchUp): void {
  const { number } = core.configuration;
  if (message.configuration < number) return;
  if (message.configuration === number && core.role !== 'passive') {
    if (core.role === 'following') learnPrefix(core, from, message);
    return;
  }
  if (message.configuration >= core.ahead.number)
    core.ahead = { number: message.configuration, source: from };
  const { staged } = core;
  if (message.snapshot > core.decided) {
    if (staged === undefined || staged.index < message.snapshot)
      core.fetch = { from, index: message.snapshot };
    else installWhilePassive(core);
    return;
  }
  if (staged !== undefined && staged.index > core.decided && message.from === staged.index) {
    // The answer goes on from the snapshot that is staged here.
    installWhilePassive(core);
    return;
  }
  const learns = hasNews(core, message);
  if (learns) {
    closeConfiguration(core);
    core.append(message.entries, core.decided - message.from);
    learnAll(core);
  }
  // Without news once a tick: two that have nothing to tell each other would not stop.
  if (learns || core.askedAt !== core.ticks) askToCatchUp(core);
}

function hasNews(core: Core, { from, entries }: CatchUp): boolean {
  return from <= core.decided && from + entries.length > core.decided;
}

/** A follower that lags far behind learns what is decided before it accepts the rest. */
function learnPrefix(core: Core, from: ReplicaId, message: CatchUp): void {
  if (!hasNews(core, message)) return;
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
  if (staged.configuration.number > core.configuration.number) enterConfiguration(core, staged.configuration);
  askToCatchUp(core);
}

/** While something is known to be missing. */
export function askToCatchUp(core: Core): void {
  if (core.configuration.number >= core.ahead.number && core.role !== 'passive') return;
  const others = core.members.filter((id) => id !== core.id);
  const source =
    core.ahead.source !== 0 ? core.ahead.source : others[core.ticks % Math.max(1, others.length)];
  if (source === undefined) return;
  core.askedAt = core.ticks;
  core.send(source, { kind: 'catch-up-request', decided: core.decided, staged: core.staged?.index ?? 0 });
}
