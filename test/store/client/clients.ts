// Owns: clients of one test file, which are closed after each test, and small waits.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from 'vitest';
import { type ConnectOptions, connectStore, type StoreClient } from '../../../src/store/client/index.ts';
import { FaultyProxy } from '../../services/proxy.ts';

const POLL_MS = 5;
const WAIT_LIMIT_MS = 15_000;

export interface Clients {
  /** Asked for a session of 4 s unless told otherwise. */
  open(options: ConnectOptions): Promise<StoreClient>;
  proxy(target: string): Promise<FaultyProxy>;
}

export function useClients(): Clients {
  const clients: StoreClient[] = [];
  const proxies: FaultyProxy[] = [];
  afterEach(async () => {
    for (const proxy of proxies) proxy.restore();
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  });
  return {
    async open(options) {
      const client = await connectStore({ sessionTimeoutMs: 4_000, ...options });
      clients.push(client);
      return client;
    },
    async proxy(target) {
      const proxy = await FaultyProxy.start(target);
      proxies.push(proxy);
      return proxy;
    },
  };
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + WAIT_LIMIT_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await sleep(POLL_MS);
  }
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
