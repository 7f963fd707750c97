// Owns: the requests of one session on one connection: their order, and the answers. Not here: what is read (reads.ts) and
// written (writes.ts), the bytes of frames (client-socket.ts), opening the session (client-connection.ts).
// Invariants:
//   1. Requests are answered in the order in which they came, and executed so: a read sees the writes before it and none
//      behind it, because it is answered inside of the application of the write before it.
//   2. Writes are pipelined; behind a `sync` they wait until it is answered.
//   3. An event is sent before any reply that shows its change: both go through one writer, the event first.
//   4. A write whose outcome is not known is not answered: the connection ends.

import { assert } from '../../../base/assert.ts';
import { MillraceError } from '../../../base/errors.ts';
import type { Applied, Identity, NodeStat, SessionId } from '../../machine/types.ts';
import type { WatchedChange, Watcher } from '../../replica/local-watches.ts';
import type { StoreService } from '../../replica/store-service.ts';
import { CODES } from '../protocol/error-codes.ts';
import type { JuteReader } from '../protocol/jute-reader.ts';
import { EVENT_TYPES, KEEPER_STATES } from '../protocol/numbers.ts';
import { OP_NAMES, XIDS } from '../protocol/op-codes.ts';
import { writeReplyHeader, writeWatcherEvent } from '../protocol/records.ts';
import type { WriteRequest } from '../protocol/requests.ts';
import { writeResponse as writeBody } from '../protocol/response-codec.ts';
import type { Response } from '../protocol/responses.ts';
import type { ClientSocket } from './client-socket.ts';
import type { ServerLimits } from './limits.ts';
import { answerRead, type ReadRequest } from './reads.ts';
import type { Traffic } from './traffic.ts';
import { type Work, workOf } from './work.ts';
import { isOperationResult, operationOf, writeResponse } from './writes.ts';

interface Waiting {
  readonly xid: number;
  readonly work: Work;
  readonly identities: readonly Identity[];
  readonly sinceMs: number;
  /** Of writes, when they are applied; `code` if they were refused before. */
  outcome: Applied | undefined;
  code: number;
  isDone: boolean;
}

export interface SessionRequestsOptions {
  readonly service: StoreService;
  readonly socket: ClientSocket;
  readonly session: SessionId;
  /** At the time of this connection: more mean that the session has moved on. -1: a read-only session, known here alone. */
  readonly attachments: number;
  /** Whether the session keeps results, and so may ask for them again. */
  readonly keepsResults: boolean;
  readonly limits: ServerLimits;
  readonly traffic: readonly Traffic[];
  readonly now: () => number;
  /** Requests were answered: there is room for more. */
  readonly onRoom: () => void;
  /** The connection is to end: at once, or when what was answered is sent. */
  readonly onEnd: (how: 'now' | 'sent') => void;
}

export class SessionRequests implements Watcher {
  identities: readonly Identity[];
  /** For `cons`. */
  lastXid = 0;
  lastOp = 'SESS';
  lastZxid = 0;
  lastLatencyMs = 0;
  /** Monotonic milliseconds. */
  lastAnswerMs = 0;
  private readonly options: SessionRequestsOptions;
  private readonly waiting: Waiting[] = [];
  /** Requests in front of `waiting[head]` are answered. */
  private head = 0;
  /** Requests in front of `waiting[started]` need nothing more to begin. */
  private started = 0;
  private advancing = false;
  private ended = false;

  constructor(options: SessionRequestsOptions, identities: readonly Identity[]) {
    this.options = options;
    this.identities = identities;
  }

  get session(): SessionId {
    return this.options.session;
  }

  get isReadOnly(): boolean {
    return this.options.attachments < 0;
  }

  /** Requests that are not answered. */
  get size(): number {
    return this.waiting.length - this.head;
  }

  get isClosing(): boolean {
    return this.waiting.slice(this.head).some(({ work }) => work.kind === 'close');
  }

  /** False if the session has ended, or lives on another connection. */
  get isCurrent(): boolean {
    const { service, session, attachments } = this.options;
    return this.isReadOnly || service.reads.session(session)?.attachments === attachments;
  }

  /** A request, behind its header. */
  receive(xid: number, type: number, reader: JuteReader): void {
    if (this.ended) return;
    const { now, traffic } = this.options;
    for (const one of traffic) one.received++;
    this.lastXid = xid;
    this.lastOp = OP_NAMES.get(type) ?? 'unknown';
    const work = workOf(type, reader, this.isReadOnly, this.options.keepsResults);
    const { identities } = this;
    this.waiting.push({ xid, work, identities, sinceMs: now(), outcome: undefined, code: 0, isDone: false });
    this.start();
    this.advance();
  }

  onWatched(change: WatchedChange, path: string, zxid: number): void {
    if (this.ended) return;
    const { socket, limits } = this.options;
    const { writer } = socket;
    const mark = writer.openFrame();
    writeReplyHeader(writer, XIDS.watcherEvent, zxid, 0);
    writeWatcherEvent(writer, { type: TYPES[change], state: KEEPER_STATES.syncConnected, path });
    writer.closeFrame(mark);
    for (const one of this.options.traffic) one.sent++;
    socket.flushSoon();
    if (socket.unsent > limits.unsentEventBytes) this.end('now');
  }

  /** Nothing more is answered. */
  stop(): void {
    this.ended = true;
    this.options.service.watches.removeAll(this);
  }

  /** Begins what takes time, in order, up to a `sync` that is not answered or the end of the session. */
  private start(): void {
    while (this.started < this.waiting.length && !this.ended) {
      const entry = this.waiting[this.started]!;
      const { kind } = entry.work;
      this.started++;
      if (kind === 'write') this.write(entry, entry.work.request);
      else if (kind === 'close') this.close(entry);
      else if (kind === 'sync') this.sync(entry);
      if (kind === 'sync' || kind === 'close') return;
    }
  }

  private write(entry: Waiting, request: WriteRequest): void {
    const { service, session } = this.options;
    const { xid, identities } = entry;
    service.write(
      { session, xid, identities },
      operationOf(request),
      (outcome) => this.done(entry, outcome),
      (error) => this.failed(entry, error),
    );
  }

  private close(entry: Waiting): void {
    const { service, session } = this.options;
    if (this.isReadOnly) {
      this.done(entry);
      return;
    }
    service.closeSession(
      session,
      (outcome) => this.done(entry, outcome),
      (error) => this.failed(entry, error),
    );
  }

  private sync(entry: Waiting): void {
    this.options.service.barrier().then(
      () => this.done(entry),
      (error: Error) => this.failed(entry, error),
    );
  }

  private done(entry: Waiting, outcome?: Applied): void {
    entry.outcome = outcome;
    entry.isDone = true;
    this.advance();
  }

  private failed(entry: Waiting, error: Error): void {
    if (error instanceof MillraceError && error.code === 'MR_STORE_OVERLOADED') {
      entry.code = CODES.THROTTLEDOP;
      this.done(entry);
    } else this.end('now');
  }

  /** Answers what can be answered, from the front. */
  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    const before = this.head;
    while (this.head < this.waiting.length && !this.ended) {
      const entry = this.waiting[this.head]!;
      const mustWait =
        entry.work.kind === 'write' || entry.work.kind === 'sync' || entry.work.kind === 'close';
      if (mustWait && !entry.isDone) break;
      assert(this.started > this.head || !mustWait, 'what is done was begun');
      this.head++;
      this.answer(entry);
      if (entry.work.kind === 'sync') this.start();
    }
    this.advancing = false;
    if (this.head === before) return;
    this.forget();
    if (!this.ended) this.options.onRoom();
  }

  private forget(): void {
    if (this.head < this.waiting.length && this.head < COMPACT_AT) return;
    this.waiting.splice(0, this.head);
    this.started = Math.max(0, this.started - this.head);
    this.head = 0;
  }

  private answer(entry: Waiting): void {
    const { work, outcome, code } = entry;
    const { zxid } = this.options.service;
    switch (work.kind) {
      case 'ping':
        // Whatever xid it came with, as ZooKeeper does.
        this.reply({ ...entry, xid: XIDS.ping }, zxid, 0);
        return;
      case 'refused':
        this.reply(entry, work.zxid ?? zxid, work.code);
        if (work.ends === true) this.end('sent');
        return;
      case 'sync':
        this.reply(entry, zxid, code, { op: 'sync', path: work.path });
        return;
      case 'close':
        this.reply(entry, outcome?.zxid ?? zxid, code);
        this.end('sent');
        return;
      case 'write':
        if (outcome === undefined) this.reply(entry, zxid, code);
        else this.answerWrite(entry, work.request, outcome);
        return;
      case 'read':
        this.answerRead(entry, work.request);
    }
  }

  private answerWrite(entry: Waiting, request: WriteRequest, { zxid, result }: Applied): void {
    assert(isOperationResult(result), 'a client operation has the result of one');
    if (result.type !== 'error') this.reply(entry, zxid, 0, writeResponse(request, result));
    else {
      this.reply(entry, zxid, result.code);
      if (result.code === CODES.SESSIONEXPIRED) this.end('sent');
    }
  }

  private answerRead(entry: Waiting, request: ReadRequest): void {
    const { service, limits, session } = this.options;
    const { reads, watches, zxid } = service;
    if (!this.isCurrent) {
      this.reply(
        entry,
        zxid,
        reads.session(session) === undefined ? CODES.SESSIONEXPIRED : CODES.SESSIONMOVED,
      );
      this.end('sent');
      return;
    }
    const { identities } = entry;
    const watchesLeft = limits.watches - watches.size;
    const answer = answerRead({ reads, watches, watcher: this, session, identities, watchesLeft }, request);
    if (typeof answer === 'number') this.reply(entry, zxid, answer);
    else this.reply(entry, zxid, 0, answer);
  }

  private reply({ xid, sinceMs }: Waiting, zxid: number, err: number, response?: Response<NodeStat>): void {
    const { socket, now, traffic } = this.options;
    const { writer } = socket;
    const mark = writer.openFrame();
    writeReplyHeader(writer, xid, zxid, err);
    if (err === 0 && response !== undefined) writeBody(writer, response);
    writer.closeFrame(mark);
    socket.flushSoon();
    if (zxid > 0) this.lastZxid = zxid;
    this.lastAnswerMs = now();
    const latency = this.lastAnswerMs - sinceMs;
    this.lastLatencyMs = latency;
    for (const one of traffic) one.answer(latency);
  }

  private end(how: 'now' | 'sent'): void {
    if (this.ended) return;
    this.stop();
    this.options.onEnd(how);
  }
}

/** Answered requests are forgotten at once when nothing waits, else in portions. */
const COMPACT_AT = 1_024;

const TYPES = {
  created: EVENT_TYPES.nodeCreated,
  deleted: EVENT_TYPES.nodeDeleted,
  'data-changed': EVENT_TYPES.nodeDataChanged,
  'children-changed': EVENT_TYPES.nodeChildrenChanged,
} as const;
