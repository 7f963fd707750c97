// Owns: sessions as the log knows them: opening, attaching, ending, and the stored results of sessions that keep them.
// Not here: leases (the leader's driver holds them and proposes the end), the ephemeral nodes of a session (machine.ts).
// Invariants: a session's id is the zxid at which it was opened, so it is never used again; its end by expiry needs the
// present tenure and as many attachments as the one who wished it had seen; a stored result is never changed.
//
// Part of the state hash: id, password, time-out, attachments, and of each stored result the xid and where it was applied
// (the result itself follows from that entry and the state before it).

import { PartHash, type StateHash } from './state-hash.ts';
import type { OperationResult, SessionId } from './types.ts';

/** Results kept per session. A client that keeps results has at most this many writes in flight. */
export const STORED_RESULTS = 1_024;

const SESSION_PART = 3;
const RESULT_PART = 4;

export interface StoredResult {
  readonly zxid: number;
  readonly result: OperationResult;
}

/** Read only for everyone but `Sessions`. */
export interface Session {
  readonly id: SessionId;
  readonly password: Uint8Array;
  readonly timeoutMs: number;
  readonly keepsResults: boolean;
  /** How often a client came back. */
  attachments: number;
  /** By xid, the oldest first. */
  readonly results: Map<number, StoredResult>;
  /** The highest xid whose result was given up, or -1. */
  forgotten: number;
}

/** Told before a session changes or ends. */
export interface SessionObserver {
  beforeSession(session: Session): void;
}

export class Sessions {
  observer: SessionObserver | null = null;
  private readonly open = new Map<SessionId, Session>();
  private readonly hash: StateHash;
  private readonly part = new PartHash();

  constructor(hash: StateHash) {
    this.hash = hash;
  }

  get size(): number {
    return this.open.size;
  }

  get(id: SessionId): Session | undefined {
    return this.open.get(id);
  }

  values(): IterableIterator<Session> {
    return this.open.values();
  }

  add(session: Session): void {
    this.open.set(session.id, session);
    this.hashSession(session, true);
    for (const [xid, { zxid }] of session.results) this.hashResult(session, xid, zxid, true);
  }

  /** The session, one attachment later; undefined if there is none or the password is another. */
  attach(id: SessionId, password: Uint8Array): Session | undefined {
    const session = this.open.get(id);
    if (session === undefined || !isSame(session.password, password)) return undefined;
    this.observer?.beforeSession(session);
    this.hashSession(session, false);
    session.attachments++;
    this.hashSession(session, true);
    return session;
  }

  end(session: Session): void {
    this.observer?.beforeSession(session);
    this.hashSession(session, false);
    for (const [xid, { zxid }] of session.results) this.hashResult(session, xid, zxid, false);
    this.open.delete(session.id);
  }

  keep(session: Session, xid: number, zxid: number, result: OperationResult): void {
    this.observer?.beforeSession(session);
    const { results } = session;
    results.set(xid, { zxid, result });
    this.hashResult(session, xid, zxid, true);
    if (results.size <= STORED_RESULTS) return;
    const [oldest] = results.keys();
    this.hashResult(session, oldest!, results.get(oldest!)!.zxid, false);
    results.delete(oldest!);
    this.hashSession(session, false);
    session.forgotten = Math.max(session.forgotten, oldest!);
    this.hashSession(session, true);
  }

  private hashSession(session: Session, isAdded: boolean): void {
    const { part } = this;
    part.begin(SESSION_PART);
    part.number(session.id);
    part.bytes(session.password);
    part.number(session.timeoutMs);
    part.number(session.attachments);
    part.int(session.keepsResults ? 1 : 0);
    part.number(session.forgotten);
    this.count(isAdded);
  }

  private hashResult(session: Session, xid: number, zxid: number, isAdded: boolean): void {
    const { part } = this;
    part.begin(RESULT_PART);
    part.number(session.id);
    part.number(xid);
    part.number(zxid);
    this.count(isAdded);
  }

  private count(isAdded: boolean): void {
    this.part.finish();
    if (isAdded) this.hash.add(this.part);
    else this.hash.remove(this.part);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
