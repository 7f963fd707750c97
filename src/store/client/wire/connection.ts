// Owns: one TCP or TLS connection: frames in, frames out, when it was last heard. Not here: what the frames say.
// Invariants: what is written in one turn of the event loop leaves with one write; `closed` resolves exactly once, after
// which no frame is handed out.

import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { JuteReader } from '../../zookeeper/protocol/jute-reader.ts';
import { JuteWriter } from '../../zookeeper/protocol/jute-writer.ts';
import { PROTOCOL_LIMITS } from '../../zookeeper/protocol/limits.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import { FrameCutter } from './frames.ts';
import { type Server, serverName } from './servers.ts';

/** The other side sent bytes that are not ZooKeeper's. */
export class NotZooKeeper extends Error {
  override readonly name = 'NotZooKeeper';
}

export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized' | 'minVersion'
>;

export class Connection {
  readonly server: Server;
  /** Frames are written here; `flushSoon` sends them. */
  readonly writer = new JuteWriter();
  /** Why it ended. */
  readonly closed: Promise<Error>;
  lastHeardMs = performance.now();
  lastSentMs = performance.now();
  onFrame: (reader: JuteReader) => void = () => {};
  /** The socket takes more again. */
  onDrain: () => void = () => {};
  private readonly socket: Socket;
  private readonly cutter: FrameCutter;
  private readonly reader = new JuteReader();
  private flushing = false;
  private cause: Error | undefined;

  private constructor(server: Server, socket: Socket) {
    this.server = server;
    this.socket = socket;
    this.cutter = new FrameCutter(
      PROTOCOL_LIMITS.connectBytes,
      (bytes, start, end) => {
        this.reader.reset(bytes, start, end);
        this.onFrame(this.reader);
      },
      (length) => this.destroy(new NotZooKeeper(`it sent a frame of ${length} bytes`)),
    );
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.cutter.stop();
        resolve(this.cause ?? new Error('the server closed the connection'));
      });
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('data', (chunk) => {
      this.lastHeardMs = performance.now();
      this.cutter.push(chunk);
    });
    socket.on('end', () => this.destroy(new Error('the server closed the connection')));
    socket.on('drain', () => this.onDrain());
  }

  /** Rejects if there is no connection within `limitMs`. */
  static open(server: Server, tls: TlsOptions | undefined, limitMs: number): Promise<Connection> {
    const { host, port } = server;
    return new Promise((resolve, reject) => {
      const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
      const patience = setTimeout(() => {
        socket.destroy(new Error(`no connection to ${serverName(server)} after ${Math.round(limitMs)} ms`));
      }, limitMs);
      const onFailure = (error: Error): void => {
        clearTimeout(patience);
        reject(error);
      };
      socket.once('error', onFailure);
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        clearTimeout(patience);
        socket.removeListener('error', onFailure);
        socket.setNoDelay(true);
        resolve(new Connection(server, socket));
      });
    });
  }

  /** From now on frames may be as long as replies are. */
  allowReplies(): void {
    this.cutter.setLimit(PROTOCOL_LIMITS.replyBytes);
  }

  get alive(): boolean {
    return this.cause === undefined;
  }

  /** Too much waits to be sent already. */
  get congested(): boolean {
    return this.socket.writableLength > CLIENT_LIMITS.socketBytes;
  }

  flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    // After all promise callbacks of this turn: requests that they make leave in the same write.
    process.nextTick(() => this.flush());
  }

  destroy(cause: Error): void {
    if (this.cause !== undefined) return;
    this.cause = cause;
    this.cutter.stop();
    this.socket.destroy();
  }

  private flush(): void {
    this.flushing = false;
    if (this.writer.length === 0 || !this.alive) return;
    this.lastSentMs = performance.now();
    this.socket.write(this.writer.take());
  }
}
