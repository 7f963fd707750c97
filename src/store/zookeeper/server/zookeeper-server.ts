// Owns: the client ports of a store replica: who is connected, which connection a session is on, and who must go. Not here:
// one connection (client-connection.ts), the answers to four-letter words (four-letter-words.ts).
// Invariants: a session is on one connection here, the newest; after `close` nothing is left open.

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import type { SessionId } from '../../machine/types.ts';
import type { Turns } from '../../replica/ports.ts';
import type { StoreService } from '../../replica/store-service.ts';
import { ClientConnection, type ConnectionHost } from './client-connection.ts';
import { answerWord, type ServerFacts } from './four-letter-words.ts';
import { SERVER_LIMITS, type ServerLimits } from './limits.ts';
import { Traffic } from './traffic.ts';

export interface ClientPort {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly tls?: TlsOptions;
}

export interface ZooKeeperServerOptions {
  readonly service: StoreService;
  readonly ports: readonly ClientPort[];
  readonly clock: Clock;
  readonly turns: Turns;
  readonly random: Random;
  readonly logger: Logger;
  /** Milliseconds; default 4,000 and 40,000. */
  readonly sessionTimeouts?: { readonly minMs: number; readonly maxMs: number };
  readonly limits?: Partial<ServerLimits>;
  /** What four-letter words tell of the process. */
  readonly facts: ServerFacts;
}

/** Ids of read-only sessions begin here: no log has so many entries. */
const READ_ONLY_SESSIONS = 2 ** 51;

export class ZooKeeperServer implements ConnectionHost {
  readonly service: StoreService;
  readonly limits: ServerLimits;
  readonly sessionTimeouts: { readonly minMs: number; readonly maxMs: number };
  readonly traffic = new Traffic();
  readonly connections = new Set<ClientConnection>();
  readonly options: ZooKeeperServerOptions;
  /** Connections that were refused because there were too many. */
  refused = 0;
  private readonly bySession = new Map<SessionId, ClientConnection>();
  private readonly servers: Server[] = [];
  private readonly timer: { stop(): void };
  private leaderSeenMs: number;

  private constructor(options: ZooKeeperServerOptions) {
    this.options = options;
    this.service = options.service;
    this.limits = { ...SERVER_LIMITS, ...options.limits };
    this.sessionTimeouts = options.sessionTimeouts ?? { minMs: 4_000, maxMs: 40_000 };
    this.leaderSeenMs = this.now();
    this.timer = options.turns.every(this.limits.lookMs, () => this.look());
  }

  /** Resolves when all ports listen. Rejects with the system's error. */
  static async listen(options: ZooKeeperServerOptions): Promise<ZooKeeperServer> {
    const server = new ZooKeeperServer(options);
    try {
      for (const port of options.ports) server.servers.push(await server.open(port));
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** The ports that were opened, in the order of the options. */
  get ports(): number[] {
    return this.servers.map((server) => (server.address() as { port: number }).port);
  }

  now(): number {
    return this.options.clock.monotonicMs();
  }

  get isReadOnly(): boolean {
    if (this.service.hasLeader) return false;
    return this.now() - this.leaderSeenMs > this.limits.leaderlessMs;
  }

  readOnlySession(): number {
    return READ_ONLY_SESSIONS + (this.options.random.int32() >>> 0);
  }

  word(word: number): string | undefined {
    return answerWord(this, word);
  }

  onSession(connection: ClientConnection): void {
    const session = connection.requests!.session;
    this.bySession.get(session)?.close();
    this.bySession.set(session, connection);
  }

  onClosed(connection: ClientConnection): void {
    this.connections.delete(connection);
    const session = connection.requests?.session;
    if (session !== undefined && this.bySession.get(session) === connection) this.bySession.delete(session);
  }

  /** By its client, who gets an answer, or by its end. */
  onSessionEnded(session: SessionId): void {
    const connection = this.bySession.get(session);
    if (connection?.requests?.isClosing === false) connection.close();
  }

  /** The state is another one: clients come back and say what they watch. */
  closeConnections(): void {
    for (const connection of this.connections) connection.close();
  }

  async close(): Promise<void> {
    this.timer.stop();
    this.closeConnections();
    await Promise.all(
      this.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  }

  private open({ host, port, tls }: ClientPort): Promise<Server> {
    const accept = (socket: Socket): void => this.accept(socket);
    const server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.removeListener('error', reject);
        server.on('error', (error) => this.options.logger.warn({ error }, 'the port for clients'));
        resolve(server);
      });
    });
  }

  private accept(socket: Socket): void {
    if (this.connections.size >= this.limits.connections) {
      this.refused++;
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    this.connections.add(new ClientConnection(socket, this, this.options.clock.wallMs()));
  }

  private look(): void {
    const now = this.now();
    if (this.service.hasLeader) this.leaderSeenMs = now;
    const { isReadOnly } = this;
    for (const connection of this.connections) {
      const { requests, sinceMs } = connection;
      const mustGo =
        requests === undefined
          ? now - sinceMs > this.limits.handshakeMs
          : requests.isReadOnly !== isReadOnly || (!requests.isCurrent && !requests.isClosing);
      if (mustGo) connection.close();
    }
  }
}
