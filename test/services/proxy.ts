// Owns: a TCP proxy for tests, between a client and a real server: it cuts, refuses, delays, swallows or damages.

import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'to-server' | 'to-client';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export class FaultyProxy {
  /** Milliseconds added to each chunk, in each direction; chunks keep their order. */
  delayMs = 0;
  /** Changes or drops (empty) a chunk. */
  damage: (chunk: Uint8Array, direction: Direction) => Uint8Array = (chunk) => chunk;
  /** Connections that were accepted so far. */
  accepted = 0;
  private readonly listener: Server;
  private readonly pairs = new Set<Pair>();
  private readonly swallowed = new Set<Direction>();
  private refusing = false;
  private readonly target: { readonly host: string; readonly port: number };

  private constructor(listener: Server, target: string) {
    const [host = '', port = ''] = target.split(':');
    this.target = { host, port: Number(port) };
    this.listener = listener;
    listener.on('connection', (client) => this.accept(client));
  }

  /** `target`: `host:port`. */
  static async start(target: string): Promise<FaultyProxy> {
    const listener = createServer();
    const proxy = new FaultyProxy(listener, target);
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** `127.0.0.1:port`. */
  get address(): string {
    return `127.0.0.1:${(this.listener.address() as { port: number }).port}`;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.pairs.size;
  }

  /** Ends all connections, at both ends. */
  cut(): void {
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
    this.pairs.clear();
  }

  /** From now on, new connections end at once. */
  refuse(refusing = true): void {
    this.refusing = refusing;
  }

  /** From now on, bytes in this direction are lost, of connections that exist and of new ones, until `cut`-and-`restore`. */
  swallow(direction: Direction): void {
    this.swallowed.add(direction);
  }

  restore(): void {
    this.swallowed.clear();
    this.refusing = false;
    this.delayMs = 0;
  }

  async stop(): Promise<void> {
    this.refusing = true;
    this.cut();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private accept(client: Socket): void {
    this.accepted++;
    if (this.refusing) {
      client.destroy();
      return;
    }
    const server = connect(this.target);
    const pair = { client, server };
    this.pairs.add(pair);
    this.pipe(client, server, 'to-server');
    this.pipe(server, client, 'to-client');
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        server.destroy();
        this.pairs.delete(pair);
      });
    }
  }

  private pipe(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (chunk: Uint8Array) => {
      if (this.swallowed.has(direction)) return;
      const bytes = this.damage(chunk, direction);
      if (bytes.length === 0) return;
      if (this.delayMs === 0) to.write(bytes);
      else setTimeout(() => to.writable && to.write(bytes), this.delayMs);
    });
  }
}
