// Owns: going round the servers until one takes the session, again and again, with growing waits. Not here: what is
// done on a connection (session.ts).
// Invariants: one attempt at a time; after `stop` no connection is handed over.

import { fraction, type Random } from '../../../base/random.ts';
import type { ConnectRequest } from '../../zookeeper/protocol/connect.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import { NotZooKeeper, type TlsOptions } from './connection.ts';
import { type Attached, attach } from './handshake.ts';
import { type Server, ServerList, serverName } from './servers.ts';

export interface ConnectorPort {
  /** For the next attempt. */
  connectRequest(): ConnectRequest;
  /** The session is on the connection, or over. Resolves when the connection is gone. */
  onAttached(attached: Attached): Promise<void>;
  /** Every server was tried, none took the session. */
  onRoundFailed(failures: ReadonlyMap<string, Error>): void;
}

export class Connector {
  readonly servers: ServerList;
  private readonly tls: TlsOptions | undefined;
  private readonly random: Random;
  private readonly port: ConnectorPort;
  /** By server, since one took the session. */
  private readonly failures = new Map<string, Error>();
  private stopped = false;
  private wake: () => void = () => {};

  constructor(servers: readonly Server[], tls: TlsOptions | undefined, random: Random, port: ConnectorPort) {
    this.servers = new ServerList(servers, random);
    this.tls = tls;
    this.random = random;
    this.port = port;
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  /** Ends after `stop`. */
  async run(): Promise<void> {
    let fruitless = 0;
    while (!this.stopped) {
      // A connection that does not last is as good as none: no server is asked in a tight loop.
      fruitless = (await this.tryNext()) > CLIENT_LIMITS.retryMs ? 0 : fruitless + 1;
      if (fruitless > 0 && fruitless % this.servers.size === 0)
        await this.pause(fruitless / this.servers.size);
    }
  }

  /** True if every server that was tried is no ZooKeeper: to try again is of no use. */
  static hopeless(failures: ReadonlyMap<string, Error>): boolean {
    return failures.size > 0 && [...failures.values()].every((error) => error instanceof NotZooKeeper);
  }

  /** Milliseconds that the session was attached. */
  private async tryNext(): Promise<number> {
    const server = this.servers.next();
    const request = this.port.connectRequest();
    const limitMs = Math.max(CLIENT_LIMITS.attemptMs, request.timeoutMs / this.servers.size);
    let attached: Attached;
    try {
      attached = await attach(server, this.tls, request, limitMs);
    } catch (error) {
      this.failures.set(serverName(server), error instanceof Error ? error : new Error(String(error)));
      if (!this.stopped && this.failures.size === this.servers.size) this.port.onRoundFailed(this.failures);
      return 0;
    }
    if (this.stopped) {
      attached.connection.destroy(new Error('the client was closed'));
      return 0;
    }
    this.failures.clear();
    const startMs = performance.now();
    await this.port.onAttached(attached);
    return performance.now() - startMs;
  }

  private pause(round: number): Promise<void> {
    const full = Math.min(CLIENT_LIMITS.retryMaxMs, CLIENT_LIMITS.retryMs * 2 ** Math.min(round - 1, 30));
    return new Promise((resolve) => {
      if (this.stopped) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, full * (0.5 + 0.5 * fraction(this.random)));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
