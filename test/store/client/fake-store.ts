// Owns: a small server for tests, with the handshake of Millrace's own: it keeps the results of writes by xid, and counts
// how often it did something. Not here: a store; the tree is flat, and there is one session.

import { createServer, type Server, type Socket } from 'node:net';
import { FrameCutter } from '../../../src/store/client/wire/frames.ts';
import {
  MILLRACE_PROTOCOL,
  readConnectRequest,
  writeConnectResponse,
} from '../../../src/store/zookeeper/protocol/connect.ts';
import { CODES } from '../../../src/store/zookeeper/protocol/error-codes.ts';
import { JuteReader } from '../../../src/store/zookeeper/protocol/jute-reader.ts';
import { JuteWriter } from '../../../src/store/zookeeper/protocol/jute-writer.ts';
import { PROTOCOL_LIMITS } from '../../../src/store/zookeeper/protocol/limits.ts';
import { OP_NAMES } from '../../../src/store/zookeeper/protocol/op-codes.ts';
import { type Stat, writeReplyHeader } from '../../../src/store/zookeeper/protocol/records.ts';
import {
  isWrite,
  readRequest,
  readRequestHeader,
} from '../../../src/store/zookeeper/protocol/request-codec.ts';
import type { Request } from '../../../src/store/zookeeper/protocol/requests.ts';
import { writeResponse } from '../../../src/store/zookeeper/protocol/response-codec.ts';
import type { Response } from '../../../src/store/zookeeper/protocol/responses.ts';

interface Answer {
  readonly err: number;
  readonly response?: Response;
}

const SESSION = 42n;

export class FakeStore {
  /** Ops as they came, repetitions as `repeat:op`. */
  readonly received: string[] = [];
  /** Applied writes. */
  applied = 0;
  protocolVersion = MILLRACE_PROTOCOL;
  timeoutMs = 4_000;
  /** Answers nothing at all. */
  mute = false;
  /** Added to the xid of the next reply. */
  xidError = 0;
  private readonly nodes = new Map<string, Stat & { readonly data: Uint8Array }>();
  private readonly results = new Map<number, Answer>();
  private readonly listener: Server;
  private readonly sockets = new Set<Socket>();
  private zxid = 100;

  private constructor(listener: Server) {
    this.listener = listener;
    listener.on('connection', (socket) => this.accept(socket));
  }

  static async start(): Promise<FakeStore> {
    const listener = createServer();
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    return new FakeStore(listener);
  }

  get address(): string {
    return `127.0.0.1:${(this.listener.address() as { port: number }).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    let isOpen = false;
    const writer = new JuteWriter();
    const reader = new JuteReader();
    const cutter = new FrameCutter(
      PROTOCOL_LIMITS.juteMaxBuffer,
      (bytes, start, end) => {
        reader.reset(bytes, start, end);
        if (this.mute && isOpen) {
          this.received.push(OP_NAMES.get(readRequestHeader(reader).type) ?? 'unknown');
          return;
        }
        const mark = writer.openFrame();
        if (isOpen) this.reply(reader, writer);
        else this.greet(reader, writer);
        isOpen = true;
        writer.closeFrame(mark);
        socket.write(writer.take());
      },
      () => socket.destroy(),
    );
    socket.on('data', (chunk) => cutter.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
  }

  private greet(reader: JuteReader, writer: JuteWriter): void {
    const { readOnly } = readConnectRequest(reader);
    const { protocolVersion, timeoutMs } = this;
    writeConnectResponse(writer, {
      protocolVersion,
      timeoutMs,
      sessionId: SESSION,
      password: new Uint8Array(16),
      readOnly: readOnly === undefined ? undefined : false,
    });
  }

  private reply(reader: JuteReader, writer: JuteWriter): void {
    const { xid, type } = readRequestHeader(reader);
    const request = readRequest(reader, type);
    const answer = request === undefined ? { err: CODES.UNIMPLEMENTED } : this.answer(xid, request);
    writeReplyHeader(writer, xid + this.xidError, this.zxid, answer.err);
    this.xidError = 0;
    if (answer.err === 0 && answer.response !== undefined) writeResponse(writer, answer.response);
  }

  private answer(xid: number, request: Request): Answer {
    const isRepeated = request.op === 'repeat';
    this.received.push(isRepeated ? `repeat:${request.request.op}` : request.op);
    const asked = isRepeated ? request.request : request;
    if (!isWrite(asked)) return this.apply(asked);
    const known = isRepeated ? this.results.get(xid) : undefined;
    if (known !== undefined) return known;
    const answer = this.apply(asked);
    this.applied++;
    this.results.set(xid, answer);
    return answer;
  }

  private apply(request: Request): Answer {
    const node = 'path' in request ? this.nodes.get(request.path) : undefined;
    switch (request.op) {
      case 'create2':
        if (node !== undefined) return { err: CODES.NODEEXISTS };
        return {
          err: 0,
          response: { op: 'create2', path: request.path, stat: this.put(request.path, request.data, 0) },
        };
      case 'setData':
        if (node === undefined) return { err: CODES.NONODE };
        if (request.version >= 0 && request.version !== node.version) return { err: CODES.BADVERSION };
        return {
          err: 0,
          response: { op: 'setData', stat: this.put(request.path, request.data, node.version + 1) },
        };
      case 'getData':
        return node === undefined
          ? { err: CODES.NONODE }
          : { err: 0, response: { op: 'getData', data: node.data, stat: node } };
      case 'sync':
        return { err: 0, response: { op: 'sync', path: request.path } };
      case 'ping':
      case 'closeSession':
        return { err: 0 };
      default:
        return { err: CODES.UNIMPLEMENTED };
    }
  }

  private put(path: string, data: Uint8Array | null, version: number): Stat {
    const zxid = ++this.zxid;
    const node = {
      czxid: this.nodes.get(path)?.czxid ?? zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: 0,
      mtime: 0,
      version,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0n,
      dataLength: data?.length ?? 0,
      numChildren: 0,
      data: data ?? new Uint8Array(0),
    };
    this.nodes.set(path, node);
    return node;
  }
}
