// Owns: the sockets between store replicas. Each replica dials every other and sends on what it dialled; what it
// accepted it only reads, so two replicas need no agreement on whose connection counts.
// Invariants:
//   1. `send` never blocks and never buffers more than `linkBufferBytes` for one peer: a slow or dead one costs the
//      others nothing. What is dropped is lost, which the protocol bears.
//   2. Frames of one turn leave in one write.
//   3. A connection that brings bytes which are no frames is closed; who sent them may connect again.

import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import type { Logger } from '../../base/logger.ts';
import type { ReplicaId } from '../../paxos/ballot.ts';
import type { ClusterId, DropReason } from '../../paxos/codec/frame.ts';
import { FrameReader } from '../../paxos/codec/frame-reader.ts';
import { REPLICA_LIMITS } from '../replica/limits.ts';
import type { LinkMessage, Links } from '../replica/ports.ts';
import { encodeLinkFrame, type LinkFrame, linkFrames } from './link-codec.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface TcpLinksOptions {
  readonly id: ReplicaId;
  readonly cluster: ClusterId;
  readonly listen: Address;
  readonly peers: ReadonlyMap<ReplicaId, Address>;
  readonly logger: Logger;
  /** Key, certificate and authority of this replica; both ends prove who they are. */
  readonly tls?: SecureContextOptions;
}

/** Milliseconds between attempts to reach a peer. */
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 1_000;

export class TcpLinks implements Links {
  onMessage: (from: ReplicaId, message: LinkMessage) => void = () => {};
  /** Frames that were not taken, by reason. */
  readonly dropped: Map<DropReason | 'buffer-full' | 'unknown-replica', number> = new Map();
  private readonly options: TcpLinksOptions;
  private readonly outgoing: Map<ReplicaId, OutgoingLink> = new Map();
  private readonly accepted: Set<Socket> = new Set();
  private readonly server: Server;
  private closed = false;

  private constructor(options: TcpLinksOptions) {
    this.options = options;
    const accept = (socket: Socket) => this.accept(socket);
    this.server =
      options.tls === undefined
        ? createServer({ noDelay: true }, accept)
        : createTlsServer({ ...options.tls, requestCert: true, rejectUnauthorized: true }, accept);
    for (const [id, address] of options.peers) {
      if (id !== options.id)
        this.outgoing.set(id, new OutgoingLink(address, options.tls, () => this.count('buffer-full')));
    }
  }

  /** Resolves when it listens; dialling the peers goes on by itself. Rejects with the system's error. */
  static async open(options: TcpLinksOptions): Promise<TcpLinks> {
    const links = new TcpLinks(options);
    const { host, port } = options.listen;
    await new Promise<void>((resolve, reject) => {
      links.server.once('error', reject);
      links.server.listen(port, host, () => {
        links.server.removeListener('error', reject);
        links.server.on('error', (error) => options.logger.warn({ error }, 'the port for replicas'));
        resolve();
      });
    });
    for (const link of links.outgoing.values()) link.dial();
    return links;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  send(to: ReplicaId, message: LinkMessage): void {
    const link = this.outgoing.get(to);
    if (link?.isUp) link.send(encodeLinkFrame(this.options.id, message, this.options.cluster));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const link of this.outgoing.values()) link.close();
    for (const socket of this.accepted) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    this.accepted.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.accepted.delete(socket));
    const reader = new FrameReader<LinkFrame>(linkFrames(this.options.cluster));
    socket.on('data', (chunk: Buffer) => this.read(socket, reader, chunk));
  }

  private read(socket: Socket, reader: FrameReader<LinkFrame>, chunk: Buffer): void {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== undefined && !this.closed; frame = reader.next()) {
      if ('dropped' in frame) this.count(frame.dropped);
      else if (!this.options.peers.has(frame.message.from)) this.count('unknown-replica');
      else this.onMessage(frame.message.from, frame.message.message);
    }
    if (reader.broken) socket.destroy();
  }

  private count(reason: DropReason | 'buffer-full' | 'unknown-replica'): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }
}

/** One connection to one peer, made again whenever it breaks. */
class OutgoingLink {
  private readonly address: Address;
  private readonly tls: SecureContextOptions | undefined;
  private readonly onFull: () => void;
  private socket: Socket | TLSSocket | undefined;
  private up = false;
  private retryMs = FIRST_RETRY_MS;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private corked = false;

  constructor(address: Address, tls: SecureContextOptions | undefined, onFull: () => void) {
    this.address = address;
    this.tls = tls;
    this.onFull = onFull;
  }

  get isUp(): boolean {
    return this.up;
  }

  dial(): void {
    if (this.closed) return;
    const { host, port } = this.address;
    const socket = this.tls === undefined ? new Socket() : connectTls({ ...this.tls, host, port });
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on(this.tls === undefined ? 'connect' : 'secureConnect', () => {
      this.up = true;
      this.retryMs = FIRST_RETRY_MS;
    });
    // Nothing comes on this connection; reading notices its end.
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => this.lost());
    if (this.tls === undefined) socket.connect(port, host);
  }

  private lost(): void {
    this.up = false;
    this.corked = false;
    if (this.closed) return;
    this.timer = setTimeout(() => this.dial(), this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, LAST_RETRY_MS);
  }

  send(frame: Uint8Array): void {
    const { socket } = this;
    if (socket === undefined) return;
    if (socket.writableLength > REPLICA_LIMITS.linkBufferBytes) {
      this.onFull();
      return;
    }
    if (!this.corked) {
      this.corked = true;
      socket.cork();
      process.nextTick(() => {
        this.corked = false;
        socket.uncork();
      });
    }
    socket.write(frame);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.destroy();
  }
}
