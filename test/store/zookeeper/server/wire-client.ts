// Owns: a client that sees every frame as it is: for tests that compare servers to the byte of a code. Not here: order,
// reconnecting, all that a real client does.

import { connect, type Socket } from 'node:net';
import {
  type ConnectRequest,
  type ConnectResponse,
  readConnectResponse,
  writeConnectRequest,
} from '../../../../src/store/zookeeper/protocol/connect.ts';
import { JuteReader } from '../../../../src/store/zookeeper/protocol/jute-reader.ts';
import { JuteWriter } from '../../../../src/store/zookeeper/protocol/jute-writer.ts';
import { XIDS } from '../../../../src/store/zookeeper/protocol/op-codes.ts';
import {
  type ReplyHeader,
  readReplyHeader,
  readWatcherEvent,
  type WatcherEvent,
} from '../../../../src/store/zookeeper/protocol/records.ts';
import { writeRequest } from '../../../../src/store/zookeeper/protocol/request-codec.ts';
import type { Request } from '../../../../src/store/zookeeper/protocol/requests.ts';
import { type AnsweredOp, readResponse } from '../../../../src/store/zookeeper/protocol/response-codec.ts';
import type { Response } from '../../../../src/store/zookeeper/protocol/responses.ts';
import { FrameSplitter } from '../../../../src/store/zookeeper/server/frame-splitter.ts';

export type Seen =
  | { readonly header: ReplyHeader; readonly event: WatcherEvent }
  | { readonly header: ReplyHeader; readonly response: Response | undefined };

const NEW: ConnectRequest = {
  protocolVersion: 0,
  lastZxidSeen: 0,
  timeoutMs: 30_000,
  sessionId: 0n,
  password: new Uint8Array(16),
  readOnly: false,
};
const LIMIT_MS = 15_000;

export class WireClient {
  /** What came and was not taken, in order. */
  seen: Seen[] = [];
  session!: ConnectResponse;
  isClosed = false;
  private readonly socket: Socket;
  private readonly writer = new JuteWriter();
  private readonly frames = new FrameSplitter(16 * 1024 * 1024);
  private readonly asked = new Map<number, Request>();
  private xid = 0;
  private wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Uint8Array) => {
      this.frames.push(bytes);
      for (let frame = this.frames.next(); frame !== undefined; frame = this.frames.next()) this.frame(frame);
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static async open(server: string, request: Partial<ConnectRequest> = {}): Promise<WireClient> {
    const [host = '', port = ''] = server.split(':');
    const client = new WireClient(connect({ host, port: Number(port) }));
    const mark = client.writer.openFrame();
    writeConnectRequest(client.writer, { ...NEW, ...request });
    client.writer.closeFrame(mark);
    client.flush();
    await client.until(() => client.session !== undefined || client.isClosed);
    return client;
  }

  /** Returns the xid. */
  send(request: Request, xid = ++this.xid): number {
    this.asked.set(xid, request);
    const mark = this.writer.openFrame();
    writeRequest(this.writer, xid, request);
    this.writer.closeFrame(mark);
    this.flush();
    return xid;
  }

  /** All that came up to the reply to `request`, and with it; less if the connection ends. */
  async ask(request: Request, xid?: number): Promise<Seen[]> {
    const sent = this.send(request, xid);
    await this.until(() => this.isClosed || this.seen.some(({ header }) => header.xid === sent));
    return this.take();
  }

  /** All that came, and what the server had to say before it answered a ping. */
  settle(): Promise<Seen[]> {
    return this.ask({ op: 'ping' }, XIDS.ping);
  }

  take(): Seen[] {
    return this.seen.splice(0);
  }

  raw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }

  async until(condition: () => boolean): Promise<void> {
    const end = Date.now() + LIMIT_MS;
    while (!condition()) {
      const left = end - Date.now();
      if (left <= 0) throw new Error('the server does not answer');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  private flush(): void {
    this.socket.write(this.writer.take());
  }

  private frame(bytes: Uint8Array): void {
    const reader = new JuteReader(bytes);
    if (this.session === undefined) {
      this.session = readConnectResponse(reader);
      return;
    }
    const header = readReplyHeader(reader);
    if (header.xid === XIDS.watcherEvent) {
      this.seen.push({ header, event: readWatcherEvent(reader) });
      return;
    }
    const request = this.asked.get(header.xid);
    const hasBody =
      request !== undefined && header.err === 0 && request.op !== 'reconfig' && request.op !== 'repeat';
    this.seen.push({
      header,
      response: hasBody ? readResponse(reader, request.op as AnsweredOp) : undefined,
    });
    if (reader.failed || reader.remaining > 0)
      throw new Error(`a reply to ${request?.op} is not what it should be`);
  }
}
