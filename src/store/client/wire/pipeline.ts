// Owns: the order of requests and replies on one session: what waits, what is in flight, what was lost with a connection.
// Not here: connecting, settling what was lost (settlement.ts), watches.
// Invariants: requests are sent in the order of their calls, and replies come in that order; at most `inFlight` are
// unanswered; while lost calls are not settled, nothing that was called later is sent.

import { assert } from '../../../base/assert.ts';
import type { JuteReader } from '../../zookeeper/protocol/jute-reader.ts';
import type { ReplyHeader } from '../../zookeeper/protocol/records.ts';
import { isWrite, writeRequest } from '../../zookeeper/protocol/request-codec.ts';
import type { Request } from '../../zookeeper/protocol/requests.ts';
import { type AnsweredOp, readResponse } from '../../zookeeper/protocol/response-codec.ts';
import type { Response } from '../../zookeeper/protocol/responses.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import type { SubmitOptions } from '../request-channel.ts';
import { StoreError, storeErrorOf } from '../store-error.ts';
import { type Call, connectionLoss, pathOf } from './call.ts';
import { type Connection, NotZooKeeper } from './connection.ts';
import { Fifo } from './fifo.ts';
import type { Verdict } from './settlement.ts';

const MAX_XID = 0x7fff_ffff;
/** A repetition of a request is longer by the number of its operation. */
const REPEAT_BYTES = 4;

export class Pipeline {
  private readonly waiting = new Fifo<Call>();
  private readonly inFlight = new Fifo<Call>();
  /** Sent on connections that were lost, in order. Settled before `waiting` goes on. */
  private lost: Call[] = [];
  private connection: Connection | undefined;
  private isOpen = false;
  private repeats = false;
  private xid = 0;
  private zxid = 0;
  private readonly inFlightLimit: number;

  constructor(inFlightLimit: number) {
    this.inFlightLimit = inFlightLimit;
  }

  /**
   * The zxid of the last reply. Whatever is unanswered was done later, if at all; and all events up to it have come.
   * That of an event would not do: another one of the same zxid may not have come yet.
   */
  get replyZxid(): number {
    return this.zxid;
  }

  get lostCalls(): readonly Call[] {
    return this.lost;
  }

  submit(request: Request, options: SubmitOptions = {}, onAnswer?: (err: number) => void): Promise<Response> {
    if (this.waiting.size >= CLIENT_LIMITS.waiting) {
      const detail = `${CLIENT_LIMITS.waiting} requests of this client wait already; await their replies`;
      return Promise.reject(new StoreError('THROTTLEDOP', request.op, pathOf(request), { detail }));
    }
    return new Promise((resolve, reject) => {
      const call = { request, options, onAnswer, resolve, reject, xid: 0, lostAfterZxid: undefined };
      this.waiting.push({ ...call, internal: false });
      this.pump();
    });
  }

  /**
   * A session is on the connection. `repeats`: the server has the results of what was lost, and is asked for them. Else
   * nothing is sent before `carryOut`.
   */
  attach(connection: Connection, repeats: boolean): void {
    this.connection = connection;
    this.repeats = repeats;
    connection.onDrain = () => this.pump();
    if (!repeats) return;
    for (const call of this.lost.splice(0)) this.send(call);
    this.open();
  }

  private open(): void {
    this.isOpen = true;
    this.pump();
  }

  /** The connection is gone. */
  detach(): void {
    const calls = this.inFlight.drain();
    for (const call of calls) {
      if (call.internal) call.reject(connectionLoss(call));
      else call.lostAfterZxid ??= this.zxid;
    }
    this.lost = [...calls.filter(({ internal }) => !internal), ...this.lost];
    this.connection = undefined;
    this.isOpen = false;
  }

  /** Every lost call is settled; what is done again leaves before anything that was called later. */
  carryOut(verdicts: readonly Verdict[]): void {
    const calls = this.lost.splice(0);
    assert(calls.length === verdicts.length, 'there is one verdict for each lost call');
    for (const [i, call] of calls.entries()) {
      const verdict = verdicts[i]!;
      switch (verdict.type) {
        case 'done':
          call.resolve(verdict.response);
          break;
        case 'failed':
          call.reject(verdict.error);
          break;
        case 'unknown':
          call.reject(connectionLoss(call));
          break;
        case 'again':
          call.lostAfterZxid = undefined;
          this.send(call);
      }
    }
    this.open();
  }

  /** Asks something in order to settle a lost call. Rejects when the connection is lost. */
  ask(request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      const call = {
        request,
        options: {},
        onAnswer: undefined,
        resolve,
        reject,
        xid: 0,
        lostAfterZxid: undefined,
      };
      if (this.connection === undefined) reject(connectionLoss({ ...call, internal: true }));
      else this.send({ ...call, internal: true });
    });
  }

  /** A reply to a request of this pipeline. False: it is none, and the connection cannot be trusted. */
  answer(header: ReplyHeader, reader: JuteReader): boolean {
    const call = this.inFlight.peek();
    if (call === undefined || call.xid !== header.xid) return false;
    this.inFlight.shift();
    if (header.zxid > this.zxid) this.zxid = header.zxid;
    const { op } = call.request;
    if (header.err !== 0) {
      call.onAnswer?.(header.err);
      call.reject(storeErrorOf(header.err, op, pathOf(call.request)));
    } else {
      const response = readResponse(reader, op as AnsweredOp);
      if (reader.failed) {
        call.reject(new StoreError('MARSHALLINGERROR', op, pathOf(call.request), { outcome: 'unknown' }));
        return false;
      }
      call.onAnswer?.(0);
      call.resolve(response);
    }
    this.pump();
    return true;
  }

  /** Ends all calls. */
  fail(error: (call: Call) => StoreError): void {
    const calls = [...this.lost.splice(0), ...this.inFlight.drain(), ...this.waiting.drain()];
    for (const call of calls) call.reject(error(call));
  }

  private pump(): void {
    if (!this.isOpen || this.connection === undefined) return;
    while (this.inFlight.size < this.inFlightLimit && !this.connection.congested) {
      const call = this.waiting.shift();
      if (call === undefined) return;
      this.send(call);
    }
  }

  private send(call: Call): void {
    const { connection } = this;
    assert(connection !== undefined, 'requests are sent on a connection');
    const { writer } = connection;
    const repeated = this.repeats && call.lostAfterZxid !== undefined && isWrite(call.request);
    if (!repeated) call.xid = this.nextXid();
    const mark = writer.openFrame();
    writeRequest(writer, call.xid, repeated ? { op: 'repeat', request: call.request } : call.request);
    const size = writer.closeFrame(mark);
    const limit =
      this.repeats && !repeated ? CLIENT_LIMITS.requestBytes - REPEAT_BYTES : CLIENT_LIMITS.requestBytes;
    if (size > limit) {
      writer.truncate(mark);
      const detail = `the request has ${size} bytes, at most ${limit} are allowed (jute.maxbuffer)`;
      call.reject(new StoreError('BADARGUMENTS', call.request.op, pathOf(call.request), { detail }));
      return;
    }
    this.inFlight.push(call);
    connection.flushSoon();
  }

  private nextXid(): number {
    this.xid = this.xid === MAX_XID ? 1 : this.xid + 1;
    return this.xid;
  }
}

/** For whoever gets `false` from `answer`. */
export function strayReply(header: ReplyHeader): NotZooKeeper {
  return new NotZooKeeper(`its reply with xid ${header.xid} is not the one that was due, or cannot be read`);
}
