// Owns: one client's connection from its first byte to its end: four-letter word or session, the handshake, credentials,
// back-pressure. Not here: the requests of the session (session-requests.ts), the socket (client-socket.ts).
// Invariants: nothing is answered before the session is open; whatever bytes come, the worst that happens is that this
// connection is closed.

import type { Socket } from 'node:net';
import type { Identity } from '../../machine/types.ts';
import type { OpenedSession, StoreService } from '../../replica/store-service.ts';
import {
  type ConnectRequest,
  MILLRACE_PROTOCOL,
  PASSWORD_BYTES,
  readConnectRequest,
  writeConnectResponse,
} from '../protocol/connect.ts';
import { CODES } from '../protocol/error-codes.ts';
import { JuteReader } from '../protocol/jute-reader.ts';
import { PROTOCOL_LIMITS } from '../protocol/limits.ts';
import { OP_CODES } from '../protocol/op-codes.ts';
import { writeReplyHeader } from '../protocol/records.ts';
import { readRequest, readRequestHeader } from '../protocol/request-codec.ts';
import { addressIdentity, authenticate } from './authentication.ts';
import { ClientSocket } from './client-socket.ts';
import type { ServerLimits } from './limits.ts';
import { SessionRequests } from './session-requests.ts';
import { Traffic } from './traffic.ts';

/** What a connection needs of the server. */
export interface ConnectionHost {
  readonly service: StoreService;
  readonly limits: ServerLimits;
  readonly sessionTimeouts: { readonly minMs: number; readonly maxMs: number };
  readonly traffic: Traffic;
  now(): number;
  /** No leader is known, and not only for a moment. */
  readonly isReadOnly: boolean;
  /** A number that no session of the store has, for sessions that only read. */
  readOnlySession(): number;
  /** The answer to a four-letter word, by its number; undefined if it is none. */
  word(word: number): string | undefined;
  /** The session is on this connection now. */
  onSession(connection: ClientConnection): void;
  onClosed(connection: ClientConnection): void;
}

export class ClientConnection {
  readonly socket: ClientSocket;
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  readonly traffic = new Traffic();
  /** undefined before the handshake. */
  requests: SessionRequests | undefined;
  /** Milliseconds, as negotiated; 0 before. */
  timeoutMs = 0;
  private readonly host: ConnectionHost;
  private readonly reader = new JuteReader();
  private readonly address: Identity;
  private attaching = false;
  private takingSoon = false;

  constructor(socket: Socket, host: ConnectionHost, wallMs: number) {
    this.host = host;
    this.sinceMs = host.now();
    this.sinceWallMs = wallMs;
    this.socket = new ClientSocket(socket, PROTOCOL_LIMITS.connectBytes, {
      onInput: () => this.take(),
      onDrained: () => this.take(),
      onClosed: () => {
        this.requests?.stop();
        host.onClosed(this);
      },
    });
    this.address = addressIdentity(this.socket.address);
  }

  get identities(): readonly Identity[] {
    return this.requests?.identities ?? [this.address];
  }

  /** Ends the connection; the session lives on. */
  close(): void {
    this.requests?.stop();
    this.socket.destroy();
  }

  private take(): void {
    const { socket, requests } = this;
    if (requests !== undefined) this.takeRequests(requests);
    else if (!this.attaching && !this.takeWord()) this.takeFirstFrame();
    if (socket.input.broken) this.close();
  }

  private takeWord(): boolean {
    const first = this.socket.input.peek();
    const answer = first === undefined ? undefined : this.host.word(first);
    if (answer !== undefined) this.socket.end(answer);
    return answer !== undefined;
  }

  private takeFirstFrame(): void {
    const { input } = this.socket;
    const frame = input.next();
    if (frame === undefined) return;
    this.reader.reset(frame);
    const request = readConnectRequest(this.reader);
    if (this.reader.failed) {
      this.close();
      return;
    }
    this.attaching = true;
    this.socket.pause(true);
    input.limit = PROTOCOL_LIMITS.juteMaxBuffer;
    this.attach(request).catch(() => this.close());
  }

  private async attach(request: ConnectRequest): Promise<void> {
    const { host, socket } = this;
    const { service } = host;
    // A replica that lags catches up first; a client of another store is refused, as ZooKeeper does.
    if (request.lastZxidSeen > service.zxid && !host.isReadOnly) await service.barrier();
    if (request.lastZxidSeen > service.zxid || (host.isReadOnly && request.readOnly !== true)) {
      this.close();
      return;
    }
    const { isReadOnly } = host;
    const opened = isReadOnly ? this.openReadOnly(request) : await this.openSession(request);
    if (socket.isOver) return;
    this.answerConnect(request, opened, isReadOnly);
    if (opened === undefined) {
      socket.end();
      return;
    }
    this.timeoutMs = opened.timeoutMs;
    this.requests = new SessionRequests(
      {
        service,
        socket,
        session: opened.id,
        attachments: isReadOnly ? -1 : opened.attachments,
        keepsResults: request.protocolVersion === MILLRACE_PROTOCOL,
        limits: host.limits,
        traffic: [this.traffic, host.traffic],
        now: () => host.now(),
        onRoom: () => this.takeSoon(),
        onEnd: (how) => (how === 'sent' ? socket.end() : socket.destroy()),
      },
      [this.address],
    );
    host.onSession(this);
    this.take();
  }

  /** undefined: there is no such session; rejects if that is not known. */
  private async openSession(request: ConnectRequest): Promise<OpenedSession | undefined> {
    const { service } = this.host;
    const { sessionId, password, protocolVersion } = request;
    if (sessionId === 0n) {
      const opened = await service.openSession(this.granted(request), protocolVersion === MILLRACE_PROTOCOL);
      if (opened === undefined) throw new Error('there are as many sessions as may be');
      return opened;
    }
    const id = Number(sessionId);
    if (!Number.isSafeInteger(id) || id < 0) return undefined;
    return service.attachSession(id, password ?? new Uint8Array(0));
  }

  private openReadOnly(request: ConnectRequest): OpenedSession {
    const { sessionId, password } = request;
    const id = sessionId === 0n ? this.host.readOnlySession() : Number(BigInt.asIntN(53, sessionId));
    const kept = password ?? new Uint8Array(PASSWORD_BYTES);
    return { id, password: kept, timeoutMs: this.granted(request), attachments: 0 };
  }

  private granted({ timeoutMs }: ConnectRequest): number {
    const { minMs, maxMs } = this.host.sessionTimeouts;
    return Math.min(maxMs, Math.max(minMs, timeoutMs));
  }

  private answerConnect(
    request: ConnectRequest,
    opened: OpenedSession | undefined,
    isReadOnly: boolean,
  ): void {
    const { writer } = this.socket;
    const mark = writer.openFrame();
    writeConnectResponse(writer, {
      protocolVersion: request.protocolVersion === MILLRACE_PROTOCOL ? MILLRACE_PROTOCOL : 0,
      timeoutMs: opened?.timeoutMs ?? 0,
      sessionId: BigInt(opened?.id ?? 0),
      password: opened?.password ?? new Uint8Array(PASSWORD_BYTES),
      readOnly: request.readOnly === undefined ? undefined : isReadOnly,
    });
    writer.closeFrame(mark);
    this.socket.flushSoon();
  }

  private takeSoon(): void {
    if (this.takingSoon || (this.socket.input.remaining === 0 && !this.isFull)) return;
    this.takingSoon = true;
    setImmediate(() => {
      this.takingSoon = false;
      if (!this.socket.isOver) this.take();
    });
  }

  private get isFull(): boolean {
    const { limits } = this.host;
    const waiting = this.requests?.size ?? 0;
    return waiting >= limits.inFlight || this.socket.unsent > limits.unsentBytes;
  }

  private takeRequests(requests: SessionRequests): void {
    const { socket } = this;
    let heard = false;
    while (!this.isFull && !socket.isOver) {
      const frame = socket.input.next();
      if (frame === undefined) break;
      heard = true;
      this.takeRequest(requests, frame);
    }
    if (heard && !requests.isReadOnly) this.host.service.touch(requests.session);
    socket.pause(this.isFull);
  }

  private takeRequest(requests: SessionRequests, frame: Uint8Array): void {
    const { reader } = this;
    reader.reset(frame);
    const { xid, type } = readRequestHeader(reader);
    if (reader.failed) this.close();
    else if (type === OP_CODES.auth) this.takeCredentials(requests, xid);
    else requests.receive(xid, type, reader);
  }

  /** At once, not in turn: what comes behind is asked by who is proved here. */
  private takeCredentials(requests: SessionRequests, xid: number): void {
    const { limits, traffic } = this.host;
    for (const one of [this.traffic, traffic]) one.received++;
    const request = readRequest(this.reader, OP_CODES.auth);
    if (request?.op !== 'auth') {
      this.close();
      return;
    }
    const { scheme, auth } = request;
    const { identities } = requests;
    const isAllowed = identities.length < limits.identities && (auth?.length ?? 0) <= limits.credentialBytes;
    const proved = isAllowed ? authenticate(scheme, auth, this.address) : undefined;
    const { writer } = this.socket;
    const mark = writer.openFrame();
    writeReplyHeader(writer, xid, 0, proved === undefined ? CODES.AUTHFAILED : 0);
    writer.closeFrame(mark);
    this.socket.flushSoon();
    if (proved === undefined) {
      requests.stop();
      this.socket.end();
    } else if (!identities.some(({ scheme: known, id }) => known === proved.scheme && id === proved.id))
      requests.identities = [...identities, proved];
  }
}
