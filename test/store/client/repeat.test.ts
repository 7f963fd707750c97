// Owns: lost replies at a server that keeps results (Millrace's own): every write is done exactly once and answered with
// what it did, whatever it is, however often the connection is lost.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreClient } from '../../../src/store/client/index.ts';
import type { FaultyProxy } from '../../services/proxy.ts';
import { until, useClients } from './clients.ts';
import { FakeStore } from './fake-store.ts';

let server: FakeStore;
// Hooks run from the last to the first: the clients are closed before their server stops.
afterEach(() => server.stop());
const clients = useClients();
let proxy: FaultyProxy;
let store: StoreClient;

beforeEach(async () => {
  server = await FakeStore.start();
  proxy = await clients.proxy(server.address);
  store = await clients.open({ servers: proxy.address });
});

describe('at a server that keeps results', () => {
  it('a create does not fail on its own node', async () => {
    proxy.swallow('to-client');
    const created = store.create('/a', 'x');
    await until(() => server.applied === 1, 'the create');
    proxy.restore();
    proxy.cut();
    expect((await created).stat.version).toBe(0);
    expect(server.received).toEqual(['create2', 'repeat:create2']);
    expect(server.applied).toBe(1);
    await expect(store.create('/a', 'x')).rejects.toMatchObject({ code: 'NODEEXISTS' });
  });

  it('every write of a long pipeline is done once and in order, over many losses', async () => {
    await store.create('/a', '');
    const WRITES = 2_000;
    const versions = Promise.all(
      Array.from({ length: WRITES }, () => store.set('/a', 'x').then((stat) => stat.version)),
    );
    for (let cuts = 1; cuts <= 6; cuts++) {
      await until(() => server.applied > cuts * 250, 'progress');
      proxy.cut();
    }
    expect(await versions).toEqual(Array.from({ length: WRITES }, (_, i) => i + 1));
    expect(server.received).toContain('repeat:setData');
    expect(server.applied).toBe(1 + WRITES);
  });

  it('a refusal is repeated, too', async () => {
    await store.create('/a', '');
    proxy.swallow('to-client');
    const refused = store.set('/a', 'x', { version: 9 });
    refused.catch(() => {});
    const read = store.get('/a');
    await until(() => server.received.includes('getData'), 'the read');
    proxy.restore();
    proxy.cut();
    await expect(refused).rejects.toMatchObject({ code: 'BADVERSION' });
    expect((await read).stat.version).toBe(0);
    expect(server.received.slice(-2)).toEqual(['repeat:setData', 'getData']);
  });

  it('a server that does not say that it keeps them is never asked to', async () => {
    server.protocolVersion = 0;
    const other = await clients.open({ servers: proxy.address });
    proxy.swallow('to-client');
    const created = other.create('/b', 'x');
    created.catch(() => {});
    await until(() => server.applied === 1, 'the create');
    proxy.restore();
    proxy.cut();
    await expect(created).rejects.toMatchObject({ outcome: 'unknown' });
    expect(server.received.filter((op) => op.startsWith('repeat'))).toEqual([]);
  });
});
