// Owns: linearizable reads without a write to the log (ReadIndex; Ongaro's dissertation, section 6.4, for Raft).
// Invariants:
//   1. A read is answered with an index only if, after it arrived, a quorum has confirmed that it promised nothing
//      higher than the leader's ballot: so no other leader had decided anything by then.
//   2. That index is not below what phase 1 chose: a new leader's log has all that was decided before it, but it does
//      not know yet how much of it was.
//   3. Every read ends, with an index or without.

import type { ReplicaId } from './ballot.ts';
import type { Core } from './core.ts';
import { PAXOS_TICKS } from './limits.ts';
import type { ReadAnswer, ReadAsk } from './message.ts';

/** A read from the driver. */
export function onRead(core: Core, token: number): void {
  if (core.role === 'leading') waitForRound(core, 0, token);
  else if (core.role === 'following' && core.asked.size < core.limits.pendingReads) askLeader(core, token);
  else core.results.push({ token, index: -1 });
}

/** Numbers of its own on the way: tokens may come again after a restart, and a late answer must not meet them. */
function askLeader(core: Core, token: number): void {
  const question = core.nonce + 2 + core.questions++;
  core.asked.set(question, { token, tick: core.ticks });
  const ballot = {
    configuration: core.configuration.number,
    round: core.promised.round,
    replica: core.leader,
  };
  core.send(core.leader, { kind: 'read-ask', ballot, token: question });
}

export function onReadAsk(core: Core, from: ReplicaId, { token }: ReadAsk): void {
  waitForRound(core, from, token);
}

function waitForRound(core: Core, from: ReplicaId, token: number): void {
  if (core.reads.length >= core.limits.pendingReads) {
    answer(core, from, token, -1);
    return;
  }
  const index = Math.max(core.decided, core.chosen.length);
  // The round under way may have been confirmed by someone before this read arrived.
  core.reads.push({ from, token, index, sequence: core.sequence + 1 });
  if (core.roundDone) startRound(core);
}

/** Heartbeats with a new number, to everyone. */
export function startRound(core: Core): void {
  core.sequence++;
  core.roundDone = false;
  const { promised: ballot, sequence, decided } = core;
  core.sendToOthers({ kind: 'heartbeat', ballot, sequence, decided });
  confirmReads(core);
}

/** Answers the reads whose round a quorum has answered. */
export function confirmReads(core: Core): void {
  const confirmed = quorumSequence(core);
  let done = 0;
  for (const { from, token, index, sequence } of core.reads) {
    if (sequence > confirmed) break;
    answer(core, from, token, index);
    done++;
  }
  if (done > 0) core.reads.splice(0, done);
  if (confirmed < core.sequence) return;
  core.roundDone = true;
  if (core.reads.length > 0) startRound(core);
}

/** The highest round that a quorum has answered; the leader itself answers at once. */
function quorumSequence(core: Core): number {
  let best = 0;
  if (core.quorum === 1) return core.sequence;
  for (const candidate of core.progress.values()) {
    if (candidate.heard <= best) continue;
    let answered = 1;
    for (const other of core.progress.values()) if (other.heard >= candidate.heard) answered++;
    if (answered >= core.quorum) best = candidate.heard;
  }
  return best;
}

function answer(core: Core, to: ReplicaId, token: number, index: number): void {
  if (to === 0) core.results.push({ token, index });
  else core.send(to, { kind: 'read-answer', ballot: core.promised, token, index });
}

export function onReadAnswer(core: Core, { token, index }: ReadAnswer): void {
  const asked = core.asked.get(token);
  if (asked === undefined) return;
  core.asked.delete(token);
  core.results.push({ token: asked.token, index });
}

/** Without an answer in this many ticks a forwarded read is given up: the question or the answer was lost. */
const PATIENCE = 2 * PAXOS_TICKS.election;

export function expireReads(core: Core): void {
  for (const [question, { token, tick }] of core.asked) {
    if (core.ticks - tick < PATIENCE) return;
    core.asked.delete(question);
    core.results.push({ token, index: -1 });
  }
}

/** The leadership that these reads wait for is over. */
export function failReads(core: Core): void {
  for (const { from, token } of core.reads) answer(core, from, token, -1);
  core.reads.length = 0;
  core.roundDone = true;
  for (const { token } of core.asked.values()) core.results.push({ token, index: -1 });
  core.asked.clear();
}
