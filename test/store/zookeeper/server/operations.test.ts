// Owns: our client against our server: what one and three replicas answer.

import { describe, expect, it } from 'vitest';
import { text, until, useClients } from '../../client/clients.ts';
import { useEnsembles } from './stores.ts';

const start = useEnsembles();
const clients = useClients();

describe.each([1, 3])('%i replicas', (size) => {
  it('create, read, set, delete, and tell of it', async () => {
    const { servers } = await start(size);
    const store = await clients.open({ servers: servers.at(-1)! });
    const events: string[] = [];
    const watch = (event: { type: string; path: string }): void =>
      void events.push(`${event.type} ${event.path}`);
    expect(await store.exists('/a', { watch })).toBeUndefined();
    const { path, stat } = await store.create('/a', 'one');
    expect(path).toBe('/a');
    expect(stat).toMatchObject({ version: 0, dataLength: 3, numChildren: 0, ephemeralOwner: 0n });
    expect(events).toEqual(['created /a']);
    expect(text((await store.get('/a', { watch })).data)).toBe('one');
    expect((await store.set('/a', 'two', { version: 0 })).version).toBe(1);
    expect(events).toEqual(['created /a', 'data-changed /a']);
    await store.delete('/a');
    await expect(store.get('/a')).rejects.toMatchObject({ code: 'NONODE' });
    await store.sync();
  });

  it('execute in the order of the calls', async () => {
    const { servers } = await start(size);
    const store = await clients.open({ servers: servers[0]! });
    await store.create('/o', '');
    const versions = await Promise.all(
      Array.from({ length: 3_000 }, (_, i) => (i % 2 === 0 ? store.set('/o', `${i}`) : store.exists('/o'))),
    );
    versions.forEach((stat, i) => {
      expect(stat?.version).toBe(1 + Math.floor(i / 2));
    });
  });

  it('show one replica what was written at another, after a sync', async () => {
    const { servers } = await start(size);
    const [one, other] = [
      await clients.open({ servers: servers[0]! }),
      await clients.open({ servers: servers.at(-1)! }),
    ];
    for (let i = 0; i < 20; i++) {
      await one.create(`/n${i}`, `${i}`);
      expect(text((await other.get(`/n${i}`, { linearizable: true })).data)).toBe(`${i}`);
    }
  });

  it('let a session end that is not heard of, and its ephemeral nodes with it', async () => {
    const { servers } = await start(size, { sessionTimeouts: { minMs: 200, maxMs: 60_000 } });
    const proxy = await clients.proxy(servers.at(-1)!);
    const lost = await clients.open({ servers: proxy.address, sessionTimeoutMs: 600 });
    const other = await clients.open({ servers: servers[0]! });
    await lost.create('/e', '', { ephemeral: true });
    await other.sync();
    expect(await other.exists('/e')).toBeDefined();
    proxy.swallow('to-server');
    await until(async () => (await other.exists('/e')) === undefined, 'the ephemeral node goes');
    proxy.cut();
    proxy.restore();
    await until(() => lost.state === 'expired', 'the client learns it');
  });
});
