// Owns: one session over lost connections, silent and killed servers, and its end; with a real ensemble.

import { beforeEach, describe, expect, it } from 'vitest';
import type { StoreClient, StoreState } from '../../../src/store/client/index.ts';
import type { FaultyProxy } from '../../services/proxy.ts';
import { useZooKeeper } from '../../services/use-zookeeper.ts';
import { text, until, useClients } from './clients.ts';

const NODES = 3;
const zookeeper = useZooKeeper({ nodes: NODES });
const clients = useClients();

let root: string;
let all: string;
let proxies: readonly FaultyProxy[];

beforeEach(async ({ task }) => {
  root = `/${task.id.replaceAll(/\W/g, '')}`;
  proxies = await Promise.all(zookeeper().servers.map((server) => clients.proxy(server)));
  all = proxies.map(({ address }) => address).join(',');
  const outside = await clients.open({ servers: zookeeper().servers.join(',') });
  await outside.create(root);
  all += root;
});

function statesOf(store: StoreClient): StoreState[] {
  const states: StoreState[] = [];
  store.onState((state) => states.push(state));
  return states;
}

describe('a session', () => {
  it('goes on at another server when its connection is cut, and calls wait for that', async () => {
    const store = await clients.open({ servers: all });
    const { sessionId } = store;
    const states = statesOf(store);
    await store.create('/e', 'x', { ephemeral: true });
    for (const proxy of proxies) proxy.cut();
    await until(() => store.state === 'suspended', 'the loss');
    expect(text((await store.get('/e')).data)).toBe('x');
    expect(store.sessionId).toBe(sessionId);
    expect(states).toEqual(['suspended', 'connected']);
  });

  it('leaves a server that is silent, before the session is over', async () => {
    const store = await clients.open({ servers: all, sessionTimeoutMs: 3_000 });
    const states = statesOf(store);
    await store.create('/e', '', { ephemeral: true });
    const [silent] = await connectedThrough(store);
    silent!.swallow('to-client');
    await until(() => states.includes('connected'), 'another server');
    expect((await store.exists('/e'))?.ephemeralOwner).toBe(store.sessionId);
  });

  it('stays alive by pings alone', async () => {
    const store = await clients.open({ servers: all, sessionTimeoutMs: 1_000 });
    const states = statesOf(store);
    await store.create('/e', '', { ephemeral: true });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(states).toEqual([]);
    expect((await store.exists('/e'))?.ephemeralOwner).toBe(store.sessionId);
  });

  it('that ended while it was away is expired, and everything ends with it', async () => {
    const store = await clients.open({ servers: all, sessionTimeoutMs: 1_000 });
    const states = statesOf(store);
    await store.create('/e', '', { ephemeral: true });
    const watch = await store.addWatch('/e');
    const iteration = watch[Symbol.asyncIterator]().next();
    iteration.catch(() => {});
    for (const proxy of proxies) {
      proxy.refuse();
      proxy.cut();
    }
    await until(() => store.state === 'suspended', 'the loss');
    const early = store.get('/e').catch((error) => error);
    expect(await early).toMatchObject({ code: 'CONNECTIONLOSS', outcome: 'not-done' });
    // Later calls do not wait: the session may be gone by now.
    await expect(store.get('/e')).rejects.toMatchObject({ code: 'CONNECTIONLOSS', outcome: 'not-done' });
    const other = await clients.open({ servers: zookeeper().servers.join(',') + root });
    await until(async () => (await other.exists('/e')) === undefined, 'the ephemeral node to go');
    for (const proxy of proxies) proxy.restore();
    await until(() => store.state === 'expired', 'the news');
    expect(states).toEqual(['suspended', 'expired']);
    await expect(store.get('/e')).rejects.toMatchObject({ code: 'SESSIONEXPIRED' });
    await expect(iteration).rejects.toMatchObject({ code: 'SESSIONEXPIRED' });
    await store.close();
    expect(store.state).toBe('expired');
  });

  it('survives the death of a server and a new leader', async () => {
    const store = await clients.open({ servers: all, sessionTimeoutMs: 20_000 });
    const { sessionId } = store;
    await store.create('/e', '', { ephemeral: true });
    const modes = await Promise.all([1, 2, 3].map((n) => zookeeper().mode(n)));
    const leader = 1 + modes.indexOf('leader');
    await zookeeper().kill(leader);
    await store.set('/e', 'after', { idempotent: true });
    expect((await store.exists('/e'))?.ephemeralOwner).toBe(sessionId);
    await zookeeper().restart(leader);
  });
});

/** The proxies through which `store` is connected: those whose cut it would notice. */
async function connectedThrough(store: StoreClient): Promise<FaultyProxy[]> {
  await store.sync();
  return proxies.filter((proxy) => proxy.connections > 0);
}
