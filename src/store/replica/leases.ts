// Owns: how long each session has not been heard of, at the leader. Not here: the sessions (machine/), what follows from
// the end of a lease (store-replica.ts proposes it; the machine decides).
// Invariants: a session's lease is at least its time-out long, counted from when this leader began or last heard of it;
// time is monotonic, so a clock that jumps ends no lease.
//
// Sessions are held in slots of one tick each, as ZooKeeper's ExpiryQueue: a touch moves a session to a later slot, and
// only the slots that are over are looked at.

import type { SessionId } from '../machine/types.ts';

export class Leases {
  private readonly slotMs: number;
  private readonly timeoutOf: (session: SessionId) => number | undefined;
  private readonly slotOf: Map<SessionId, number> = new Map();
  private readonly slots: Map<number, Set<SessionId>> = new Map();
  private looked = 0;

  /** `timeoutOf`: in milliseconds, undefined for a session that is no more. */
  constructor(slotMs: number, timeoutOf: (session: SessionId) => number | undefined) {
    this.slotMs = slotMs;
    this.timeoutOf = timeoutOf;
  }

  /** A new leader: everyone gets a whole lease. */
  begin(sessions: Iterable<SessionId>, nowMs: number): void {
    this.end();
    this.looked = Math.floor(nowMs / this.slotMs);
    for (const session of sessions) this.touch(session, nowMs);
  }

  end(): void {
    this.slotOf.clear();
    this.slots.clear();
  }

  touch(session: SessionId, nowMs: number): void {
    const timeout = this.timeoutOf(session);
    if (timeout === undefined) return;
    // Rounded up: never shorter than promised.
    const slot = Math.floor((nowMs + timeout) / this.slotMs) + 1;
    const before = this.slotOf.get(session);
    if (before === slot) return;
    if (before !== undefined) this.slots.get(before)?.delete(session);
    this.slotOf.set(session, slot);
    const there = this.slots.get(slot);
    if (there === undefined) this.slots.set(slot, new Set([session]));
    else there.add(session);
  }

  forget(session: SessionId): void {
    const slot = this.slotOf.get(session);
    if (slot === undefined) return;
    this.slotOf.delete(session);
    this.slots.get(slot)?.delete(session);
  }

  /** The sessions whose lease is over. Each is told once, and again after another time-out if it still is there. */
  over(nowMs: number): SessionId[] {
    const over: SessionId[] = [];
    const now = Math.floor(nowMs / this.slotMs);
    for (; this.looked <= now; this.looked++) {
      const slot = this.slots.get(this.looked);
      if (slot === undefined) continue;
      over.push(...slot);
      this.slots.delete(this.looked);
    }
    for (const session of over) {
      this.slotOf.delete(session);
      this.touch(session, nowMs);
    }
    return over;
  }
}
