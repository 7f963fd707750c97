// Owns: writes whose reply was lost, against a real ZooKeeper: done, not done, refused or honestly unknown, by the table
// in store-client.ts. The proxy swallows replies, so that the server has done the write, or requests, so that it has not.

import { beforeEach, describe, expect, it } from 'vitest';
import type { StoreClient } from '../../../src/store/client/index.ts';
import type { Direction, FaultyProxy } from '../../services/proxy.ts';
import { useZooKeeper } from '../../services/use-zookeeper.ts';
import { text, until, useClients } from './clients.ts';

const zookeeper = useZooKeeper();
const clients = useClients();

let proxy: FaultyProxy;
let store: StoreClient;
/** Goes to the server without the proxy. */
let other: StoreClient;

beforeEach(async ({ task }) => {
  const root = `/${task.id.replaceAll(/\W/g, '')}`;
  const [server = ''] = zookeeper().servers;
  proxy = await clients.proxy(server);
  const outside = await clients.open({ servers: server });
  await outside.create(root);
  other = await clients.open({ servers: server + root });
  store = await clients.open({ servers: proxy.address + root });
});

/** Calls `write` while bytes in `direction` are lost, lets `meanwhile` happen, and cuts the connection. */
async function lose<T>(
  direction: Direction,
  write: () => Promise<T>,
  meanwhile: () => Promise<unknown>,
): Promise<T> {
  await store.sync();
  proxy.swallow(direction);
  const result = write();
  result.catch(() => {});
  await meanwhile();
  proxy.refuse();
  proxy.cut();
  await until(() => store.state === 'suspended', 'the loss');
  proxy.restore();
  return result;
}

const exists = (path: string) => () => until(async () => (await other.exists(path)) !== undefined, path);
const version = (path: string, wanted: number) => () =>
  until(async () => (await other.exists(path))?.version === wanted, `version ${wanted}`);
const nothing = async (): Promise<void> => {};

describe('reads', () => {
  it('are done again, with their watches', async () => {
    await other.create('/a', 'x');
    let heard = 0;
    const read = await lose('to-client', () => store.get('/a', { watch: () => heard++ }), nothing);
    expect(text(read.data)).toBe('x');
    await other.set('/a', 'y');
    await store.sync();
    expect(heard).toBe(1);
  });
});

describe('create', () => {
  it('ephemeral: finds its own node', async () => {
    const { path, stat } = await lose(
      'to-client',
      () => store.create('/e', 'x', { ephemeral: true }),
      exists('/e'),
    );
    expect(path).toBe('/e');
    expect(stat).toEqual(await other.exists('/e'));
  });

  it("ephemeral: another's node is NODEEXISTS", async () => {
    const lost = lose(
      'to-server',
      () => store.create('/e', 'x', { ephemeral: true }),
      () => other.create('/e', 'x', { ephemeral: true }),
    );
    await expect(lost).rejects.toMatchObject({ code: 'NODEEXISTS', outcome: 'not-done' });
  });

  it('ephemeral sequential: several at once find a node each, in order', async () => {
    await other.create('/lock');
    const created = await lose(
      'to-client',
      () =>
        Promise.all(
          [1, 2, 3].map((i) => store.create('/lock/n-', `${i}`, { ephemeral: true, sequential: true })),
        ),
      () => until(async () => (await other.children('/lock')).children.length === 3, 'three nodes'),
    );
    expect(created.map(({ path }) => path)).toEqual([0, 1, 2].map((i) => `/lock/n-000000000${i}`));
    expect((await other.children('/lock')).children).toHaveLength(3);
    expect(text((await other.get('/lock/n-0000000001')).data)).toBe('2');
  });

  it('protected: finds its name, also of a persistent sequential node', async () => {
    const { path } = await lose(
      'to-client',
      () => store.create('/q-', 'x', { sequential: true, protected: true }),
      () => until(async () => (await other.children('/')).children.length === 1, 'the node'),
    );
    expect((await other.children('/')).children).toEqual([path.slice(1)]);
  });

  it('that never arrived is done now', async () => {
    await lose('to-server', () => store.create('/a', 'x'), nothing);
    expect(text((await other.get('/a')).data)).toBe('x');
    const { path } = await lose('to-server', () => store.create('/s-', 'x', { sequential: true }), nothing);
    expect([...(await other.children('/')).children].sort()).toEqual(['a', path.slice(1)]);
  });

  it('persistent: unknown, unless the same data mean the same create', async () => {
    const lost = lose('to-client', () => store.create('/a', 'x'), exists('/a'));
    await expect(lost).rejects.toMatchObject({ code: 'CONNECTIONLOSS', outcome: 'unknown' });
    const created = await lose(
      'to-client',
      () => store.create('/b', 'x', { idempotent: true }),
      exists('/b'),
    );
    expect(created.stat).toEqual(await other.exists('/b'));
  });

  it('persistent: a node that was there before is NODEEXISTS', async () => {
    await other.create('/a', 'x');
    const lost = lose('to-client', () => store.create('/a', 'x'), nothing);
    await expect(lost).rejects.toMatchObject({ code: 'NODEEXISTS' });
  });
});

describe('delete', () => {
  it('of a node that is still there is done now', async () => {
    await other.create('/a');
    await lose('to-server', () => store.delete('/a'), nothing);
    expect(await other.exists('/a')).toBeUndefined();
  });

  it('of a node that is gone is unknown, unless that is all one wanted', async () => {
    await other.create('/a');
    await other.create('/b');
    const gone = (path: string) => () => until(async () => (await other.exists(path)) === undefined, path);
    const lost = lose('to-client', () => store.delete('/a'), gone('/a'));
    await expect(lost).rejects.toMatchObject({ code: 'CONNECTIONLOSS', outcome: 'unknown' });
    await lose('to-client', () => store.delete('/b', { idempotent: true }), gone('/b'));
  });

  it('of a node that never was is NONODE', async () => {
    await expect(lose('to-client', () => store.delete('/a'), nothing)).rejects.toMatchObject({
      code: 'NONODE',
    });
  });
});

describe('set', () => {
  beforeEach(() => other.create('/a', '0'));

  it('that never arrived is done now, once', async () => {
    const stat = await lose('to-server', () => store.set('/a', '1', { version: 0 }), nothing);
    expect(stat.version).toBe(1);
  });

  it("that came after another's is BADVERSION", async () => {
    const lost = lose(
      'to-server',
      () => store.set('/a', '1', { version: 0 }),
      () => other.set('/a', '2', { version: 0 }),
    );
    await expect(lost).rejects.toMatchObject({ code: 'BADVERSION', outcome: 'not-done' });
    expect(text((await other.get('/a')).data)).toBe('2');
  });

  it('that was done is unknown: another may have written the same bytes', async () => {
    const lost = lose('to-client', () => store.set('/a', '1', { version: 0 }), version('/a', 1));
    await expect(lost).rejects.toMatchObject({ code: 'CONNECTIONLOSS', outcome: 'unknown' });
  });

  it('that was done and may be done twice is found', async () => {
    const idempotent = true;
    const stat = await lose(
      'to-client',
      () => store.set('/a', '1', { version: 0, idempotent }),
      version('/a', 1),
    );
    expect(stat).toEqual(await other.exists('/a'));
    const again = await lose('to-client', () => store.set('/a', '1', { idempotent }), version('/a', 2));
    expect(again.version).toBe(3);
  });

  it('of an ACL is judged by its version', async () => {
    const { acl } = await other.getAcl('/a');
    const stat = await lose('to-server', () => store.setAcl('/a', acl, { version: 0 }), nothing);
    expect(stat.aversion).toBe(1);
    const done = () => until(async () => (await other.exists('/a'))?.aversion === 2, 'the ACL');
    const lost = lose('to-client', () => store.setAcl('/a', acl, { version: 1 }), done);
    await expect(lost).rejects.toMatchObject({ outcome: 'unknown' });
  });

  it('in a row: all verdicts are reached before any is carried out', async () => {
    const stats = await lose(
      'to-server',
      () => Promise.all(['1', '2', '3'].map((data) => store.set('/a', data))),
      nothing,
    );
    expect(stats.map((stat) => stat.version)).toEqual([1, 2, 3]);
  });
});

describe('multi', () => {
  it('of which one was not done is done now', async () => {
    await other.create('/a', '0');
    const outcomes = await lose(
      'to-server',
      () =>
        store.multi([
          { type: 'set', path: '/a', data: '1', version: 0 },
          { type: 'create', path: '/b' },
        ]),
      nothing,
    );
    expect(outcomes).toHaveLength(2);
  });

  it('that was done is unknown', async () => {
    const lost = lose('to-client', () => store.multi([{ type: 'create', path: '/b' }]), exists('/b'));
    await expect(lost).rejects.toMatchObject({ code: 'CONNECTIONLOSS', operation: 'multi' });
  });
});

describe('while a lost write is settled', () => {
  it('later calls wait, and the connection may be lost again', async () => {
    await other.create('/a', '0');
    const order: string[] = [];
    await lose(
      'to-client',
      async () => {
        const first = store.create('/e', '', { ephemeral: true }).then(() => order.push('create'));
        const second = store.set('/a', '1', { version: 7 }).catch(() => order.push('set'));
        return [first, second];
      },
      exists('/e'),
    );
    const third = store.get('/a').then(() => order.push('get'));
    for (let i = 0; i < 3; i++) {
      await until(() => store.state === 'connected', 'the connection');
      proxy.cut();
      await until(() => store.state === 'suspended', 'the next loss');
    }
    await third;
    expect(order).toEqual(['create', 'set', 'get']);
    expect((await other.exists('/e'))?.ephemeralOwner).toBe(store.sessionId);
  });
});
