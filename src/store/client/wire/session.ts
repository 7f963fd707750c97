// Owns: one session over the time and over many connections: what is sent first on each, states, the end. Not here:
// requests and replies (pipeline.ts), lost ones (settlement.ts), which server and when (connector.ts).
// Invariants: at most one connection is attached; `expired` and `closed` are final, and end every call and watch; an
// event is delivered before the promise of any reply that came after it.

import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import { type ConnectRequest, MILLRACE_PROTOCOL, PASSWORD_BYTES } from '../../zookeeper/protocol/connect.ts';
import type { JuteReader } from '../../zookeeper/protocol/jute-reader.ts';
import { XIDS } from '../../zookeeper/protocol/op-codes.ts';
import { readReplyHeader, readWatcherEvent } from '../../zookeeper/protocol/records.ts';
import { writeRequest } from '../../zookeeper/protocol/request-codec.ts';
import type { Request } from '../../zookeeper/protocol/requests.ts';
import type { Response } from '../../zookeeper/protocol/responses.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import type { RequestChannel, SubmitOptions } from '../request-channel.ts';
import type { StoreState, Watch, Watcher } from '../store-client.ts';
import { StoreError } from '../store-error.ts';
import { throwLater } from '../throw-later.ts';
import { WatchRegistry } from '../watch-registry.ts';
import { armingOf } from './arming.ts';
import { connectionLoss, pathOf } from './call.ts';
import { type Connection, NotZooKeeper, type TlsOptions } from './connection.ts';
import { Connector } from './connector.ts';
import { Credentials } from './credentials.ts';
import type { Attached } from './handshake.ts';
import { startHeartbeat } from './heartbeat.ts';
import { openStream } from './open-stream.ts';
import { Pipeline, strayReply } from './pipeline.ts';
import { startProbe } from './read-write-probe.ts';
import { type Server, serverName } from './servers.ts';
import { settleAll } from './settlement.ts';

export interface SessionOptions {
  readonly servers: readonly Server[];
  readonly tls: TlsOptions | undefined;
  readonly sessionTimeoutMs: number;
  /** A server that is cut off from its quorum will do. */
  readonly allowReadOnly: boolean;
  readonly inFlight: number;
  readonly random: Random;
  readonly logger: Logger;
}

type Final = (operation: string, path: string | undefined) => StoreError;

export class WireSession implements RequestChannel {
  state: StoreState = 'connecting';
  sessionId = 0n;
  sessionTimeoutMs: number;
  readOnly = false;
  /** Every server was tried, and none took the session; by server. */
  onRoundFailed: (failures: ReadonlyMap<string, Error>) => void = () => {};
  private password: Uint8Array = new Uint8Array(PASSWORD_BYTES);
  /** A session of a read-only server is not known to the others. */
  private isSessionKnown = false;
  private connection: Connection | undefined;
  private final: Final | undefined;
  /** Suspended for longer than the session can have lived. */
  private isImpatient = false;
  private patience: NodeJS.Timeout | undefined;
  private readonly options: SessionOptions;
  private readonly listeners = new Set<(state: StoreState) => void>();
  private readonly pipeline: Pipeline;
  private readonly registry = new WatchRegistry();
  private readonly credentials = new Credentials();
  private readonly connector: Connector;

  constructor(options: SessionOptions) {
    this.options = options;
    this.sessionTimeoutMs = options.sessionTimeoutMs;
    this.pipeline = new Pipeline(options.inFlight);
    this.connector = new Connector(options.servers, options.tls, options.random, {
      connectRequest: () => this.connectRequest(),
      onAttached: (attached) => this.onAttached(attached),
      onRoundFailed: (failures) => this.onRoundFailed(failures),
    });
  }

  start(): void {
    void this.connector.run();
  }

  onState(listener: (state: StoreState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  submit(request: Request, options: SubmitOptions = {}): Promise<Response> {
    const refusal = this.refusal(request);
    if (refusal !== undefined) return Promise.reject(refusal);
    return this.pipeline.submit(request, options, armingOf(this.registry, request, options));
  }

  openWatch(path: string, recursive: boolean, listener?: Watcher): Promise<Watch> {
    return openStream(path, recursive, listener, this.registry, (request, onAnswer) => {
      const refusal = this.refusal(request);
      return refusal === undefined ? this.pipeline.submit(request, {}, onAnswer) : Promise.reject(refusal);
    });
  }

  addAuth(scheme: string, auth: Uint8Array): Promise<void> {
    if (this.final !== undefined) return Promise.reject(this.final('auth', undefined));
    return this.credentials.add(scheme, auth, this.connection);
  }

  /** The server is told, if that is possible within `closeMs`. */
  async close(): Promise<void> {
    if (this.final !== undefined) return;
    if (this.state !== 'connecting') {
      const told = this.submit({ op: 'closeSession' }).catch(() => {});
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise((resolve) => {
        timer = setTimeout(resolve, CLIENT_LIMITS.closeMs);
      });
      await Promise.race([told, limit]);
      clearTimeout(timer);
    }
    this.finish('closed', (operation, path) => {
      return new StoreError('SESSIONEXPIRED', operation, path, { detail: 'the client was closed' });
    });
  }

  private refusal(request: Request): StoreError | undefined {
    const path = pathOf(request);
    if (this.final !== undefined) return this.final(request.op, path);
    if (!this.isImpatient) return undefined;
    const detail = `there has been no connection for longer than the session's time-out of ${this.sessionTimeoutMs} ms`;
    return new StoreError('CONNECTIONLOSS', request.op, path, { detail });
  }

  private connectRequest(): ConnectRequest {
    return {
      protocolVersion: MILLRACE_PROTOCOL,
      lastZxidSeen: this.pipeline.replyZxid,
      timeoutMs: this.options.sessionTimeoutMs,
      sessionId: this.isSessionKnown ? this.sessionId : 0n,
      password: this.isSessionKnown ? this.password : new Uint8Array(PASSWORD_BYTES),
      readOnly: this.options.allowReadOnly,
    };
  }

  private async onAttached({ connection, response }: Attached): Promise<void> {
    if (response.timeoutMs <= 0) {
      connection.destroy(new Error('the session is over'));
      this.finish('expired', (operation, path) => new StoreError('SESSIONEXPIRED', operation, path));
      return;
    }
    const isFirst = this.state === 'connecting';
    this.sessionId = response.sessionId;
    this.password = response.password ?? new Uint8Array(PASSWORD_BYTES);
    this.sessionTimeoutMs = response.timeoutMs;
    this.readOnly = response.readOnly === true;
    if (!this.readOnly) this.isSessionKnown = true;
    clearTimeout(this.patience);
    this.isImpatient = false;
    this.connection = connection;
    connection.onFrame = (reader) => this.onFrame(connection, reader);
    this.greet(connection);
    if (!isFirst) this.registry.tellGap();
    this.pipeline.attach(connection, response.protocolVersion === MILLRACE_PROTOCOL);
    const stopHeartbeat = startHeartbeat(connection, response.timeoutMs);
    const stopProbe = this.readOnly ? this.probe(connection) : () => {};
    this.setState('connected');
    if (response.protocolVersion !== MILLRACE_PROTOCOL) void this.settle(connection, isFirst);
    const cause = await connection.closed;
    stopHeartbeat();
    stopProbe();
    this.onLost(connection, cause);
  }

  /** What goes before everything else: credentials, so that reads are allowed, then the watches. */
  private greet(connection: Connection): void {
    this.credentials.attach(connection);
    const { writer } = connection;
    for (const request of this.registry.rearm(this.pipeline.replyZxid, CLIENT_LIMITS.setWatchesBytes)) {
      const mark = writer.openFrame();
      writeRequest(writer, XIDS.setWatches, request);
      writer.closeFrame(mark);
    }
    connection.flushSoon();
  }

  private async settle(connection: Connection, isFirst: boolean): Promise<void> {
    try {
      const ask = (request: Request): Promise<Response> => this.pipeline.ask(request);
      // Whatever is lost later is judged by the zxid of the last reply, so there must be one.
      if (isFirst) ask({ op: 'exists', path: '/', watch: false }).catch(() => {});
      const verdicts = await settleAll(this.pipeline.lostCalls, this.sessionId, ask);
      if (this.connection === connection && connection.alive) this.pipeline.carryOut(verdicts);
    } catch (error) {
      // Lost again, or an answer that makes no sense: the next connection begins anew.
      connection.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private onFrame(connection: Connection, reader: JuteReader): void {
    const header = readReplyHeader(reader);
    switch (header.xid) {
      case XIDS.watcherEvent:
        this.registry.deliver(readWatcherEvent(reader));
        break;
      case XIDS.ping:
        break;
      case XIDS.auth:
        this.onAuth(header.err);
        break;
      case XIDS.setWatches:
        if (header.err !== 0) connection.destroy(new Error(`the watches were refused: ${header.err}`));
        break;
      default:
        if (!this.pipeline.answer(header, reader)) connection.destroy(strayReply(header));
    }
    if (reader.failed) connection.destroy(new NotZooKeeper('it sent a frame that cannot be read'));
  }

  private onAuth(err: number): void {
    const refused = this.credentials.answer(err);
    if (refused === undefined) return;
    this.finish('closed', (operation, path) => {
      return new StoreError('AUTHFAILED', operation, path, { detail: refused.message });
    });
  }

  private onLost(connection: Connection, cause: Error): void {
    if (this.connection !== connection) return;
    this.connection = undefined;
    if (this.final !== undefined) return;
    this.options.logger.debug(
      { server: serverName(connection.server), cause: cause.message },
      'connection lost',
    );
    this.pipeline.detach();
    this.patience = setTimeout(() => {
      this.isImpatient = true;
      this.pipeline.fail((call) => connectionLoss(call));
    }, this.sessionTimeoutMs);
    this.setState('suspended');
  }

  private probe(connection: Connection): () => void {
    const { tls } = this.options;
    return startProbe(this.connector.servers.others(connection.server), tls, (server) => {
      this.connector.servers.prefer(server);
      connection.destroy(new Error('another server is not read-only'));
    });
  }

  private setState(state: StoreState): void {
    this.state = state;
    for (const listener of [...this.listeners]) {
      try {
        listener(state);
      } catch (thrown) {
        throwLater(thrown);
      }
    }
  }

  private finish(state: 'expired' | 'closed', final: Final): void {
    if (this.final !== undefined) return;
    this.final = final;
    clearTimeout(this.patience);
    this.connector.stop();
    this.connection?.destroy(new Error('the client was closed'));
    this.pipeline.fail((call) => {
      const { op } = call.request;
      if (call.xid === 0) return final(op, pathOf(call.request));
      return connectionLoss(call, `the session ended before the reply came (${state})`);
    });
    this.credentials.fail(final('auth', undefined));
    this.registry.end(state === 'expired' || this.isRefused(final) ? final('watch', undefined) : undefined);
    this.setState(state);
  }

  private isRefused(final: Final): boolean {
    return final('watch', undefined).code === 'AUTHFAILED';
  }
}
