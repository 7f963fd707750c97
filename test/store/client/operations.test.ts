// Owns: every operation of the client, against a real ZooKeeper.

import { beforeEach, describe, expect, it } from 'vitest';
import { PERMISSIONS, type StoreClient } from '../../../src/store/client/index.ts';
import { useZooKeeper } from '../../services/use-zookeeper.ts';
import { text, useClients } from './clients.ts';

const zookeeper = useZooKeeper();
const clients = useClients();
const connectString = (): string => zookeeper().servers.join(',');

describe('against a real ZooKeeper', () => {
  let store: StoreClient;
  beforeEach(async ({ task }) => {
    const root = `/${task.id.replaceAll(/\W/g, '')}`;
    const outside = await clients.open({ servers: connectString() });
    await outside.create(root);
    store = await clients.open({ servers: connectString() + root });
  });

  it('creates, reads, sets and deletes', async () => {
    const { path, stat } = await store.create('/a', 'one');
    expect(path).toBe('/a');
    expect(stat).toMatchObject({ version: 0, dataLength: 3, ephemeralOwner: 0n });
    expect(await store.get('/a')).toEqual({ data: new TextEncoder().encode('one'), stat });
    const changed = await store.set('/a', 'two', { version: 0 });
    expect(changed).toMatchObject({ version: 1, czxid: stat.czxid });
    expect(await store.exists('/a')).toEqual(changed);
    await store.delete('/a', { version: 1 });
    expect(await store.exists('/a')).toBeUndefined();
  });

  it('creates every kind of node', async () => {
    const ephemeral = await store.create('/e', '', { ephemeral: true });
    expect(ephemeral.stat.ephemeralOwner).toBe(store.sessionId);
    expect((await store.create('/s-', '', { sequential: true })).path).toBe('/s-0000000001');
    expect((await store.create('/', '', { sequential: true, ephemeral: true })).path).toBe('/0000000002');
    expect((await store.create('/c', '', { container: true })).stat.ephemeralOwner).toBe(0n);
    expect((await store.create('/t', '', { ttlMs: 60_000 })).path).toBe('/t');
    expect((await store.create('/t-', '', { ttlMs: 60_000, sequential: true })).path).toMatch(/^\/t-\d{10}$/);
    expect((await store.create('/p', '', { protected: true })).path).toMatch(/^\/_c_[0-9a-f-]{36}-p$/);
    expect(await store.ephemerals()).toHaveLength(2);
    expect([...(await store.ephemerals('/e'))]).toEqual(['/e']);
  });

  it('lists', async () => {
    await store.create('/a');
    await store.create('/a/b');
    await store.create('/a/b/c');
    const { children, stat } = await store.children('/a');
    expect(children).toEqual(['b']);
    expect(stat.numChildren).toBe(1);
    expect(await store.countDescendants('/a')).toBe(2);
    expect(await store.ephemerals()).toEqual([]);
  });

  it('answers with the codes of ZooKeeper', async () => {
    await store.create('/a', 'x');
    await store.create('/a/b');
    await store.create('/e', '', { ephemeral: true });
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'OK',
        (error) => `${error.code} ${error.path}`,
      );
    expect(await codeOf(store.create('/a'))).toMatch(/^NODEEXISTS .*\/a$/);
    expect(await codeOf(store.create('/x/y'))).toMatch(/^NONODE/);
    expect(await codeOf(store.create('/e/x'))).toMatch(/^NOCHILDRENFOREPHEMERALS/);
    expect(await codeOf(store.get('/x'))).toMatch(/^NONODE/);
    expect(await codeOf(store.delete('/a'))).toMatch(/^NOTEMPTY/);
    expect(await codeOf(store.set('/a', '', { version: 7 }))).toMatch(/^BADVERSION/);
    expect(await codeOf(store.setAcl('/a', []))).toMatch(/^INVALIDACL/);
    expect(await codeOf(store.removeWatches('/a'))).toMatch(/^NOWATCHER/);
    expect(await codeOf(store.create('/a/../b'))).toMatch(/^BADARGUMENTS \/a\/\.\.\/b$/);
    expect(await codeOf(store.create('/q', '', { ephemeral: true, container: true }))).toMatch(
      /^BADARGUMENTS/,
    );
  });

  it('does all or none of a multi', async () => {
    const outcomes = await store.multi([
      { type: 'create', path: '/m', data: 'x' },
      { type: 'create', path: '/m/n', ephemeral: true },
      { type: 'create', path: '/m-', sequential: true },
      { type: 'set', path: '/m', data: 'y', version: 0 },
      { type: 'check', path: '/m', version: 1 },
      { type: 'delete', path: '/m/n' },
    ]);
    expect(outcomes.map(({ type }) => type)).toEqual([
      'create',
      'create',
      'create',
      'set',
      'check',
      'delete',
    ]);
    expect(outcomes[2]).toMatchObject({ path: '/m-0000000001' });
    expect(outcomes[3]).toMatchObject({ stat: { version: 1 } });
    const failing = store.multi([
      { type: 'set', path: '/m', data: 'z' },
      { type: 'check', path: '/m', version: 99 },
      { type: 'delete', path: '/m' },
    ]);
    await expect(failing).rejects.toMatchObject({ code: 'BADVERSION', operation: 'multi[1]', path: '/m' });
    expect(text((await store.get('/m')).data)).toBe('y');
    expect(await store.multi([])).toEqual([]);
  });

  it('reads many at once', async () => {
    await store.create('/r', 'x');
    await store.create('/r/s');
    const outcomes = await store.multiRead([
      { type: 'get', path: '/r' },
      { type: 'children', path: '/r' },
      { type: 'get', path: '/none' },
    ]);
    expect(outcomes).toMatchObject([
      { type: 'get', data: new TextEncoder().encode('x') },
      { type: 'children', children: ['s'] },
      { type: 'error', code: 'NONODE' },
    ]);
  });

  it('knows rights', async () => {
    const acl = [{ permissions: PERMISSIONS.all, scheme: 'auth', id: '' }];
    await store.addAuth('digest', 'ada:secret');
    expect(await store.whoAmI()).toContainEqual({ scheme: 'digest', id: 'ada' });
    const { path } = await store.create('/secret', 'x', { acl });
    const got = await store.getAcl(path);
    expect(got.acl[0]).toMatchObject({ permissions: PERMISSIONS.all, scheme: 'digest' });
    const stranger = await clients.open({ servers: connectString() });
    const full = (await stranger.children('/')).children;
    expect(full).toContain('zookeeper');
    await store.setAcl(path, [{ permissions: PERMISSIONS.read, scheme: 'world', id: 'anyone' }], {
      version: 0,
    });
    await expect(store.set(path, 'y')).rejects.toMatchObject({ code: 'NOAUTH', outcome: 'not-done' });
    expect((await store.getAcl(path)).stat.aversion).toBe(1);
  });

  it('gives credentials before anything else', async () => {
    const acl = [{ permissions: PERMISSIONS.all, scheme: 'auth', id: '' }];
    const auth = [{ scheme: 'digest', auth: 'ada:secret' }];
    const [first, second] = [
      await clients.open({ servers: connectString(), auth }),
      await clients.open({ servers: connectString(), auth }),
    ];
    await first.create('/only-ada', 'x', { acl });
    expect(text((await second.get('/only-ada')).data)).toBe('x');
  });

  it('syncs, and reads linearizably', async () => {
    await store.create('/l', '1');
    await store.sync('/l');
    expect(text((await store.get('/l', { linearizable: true })).data)).toBe('1');
    await expect(store.get('/none', { linearizable: true })).rejects.toMatchObject({ code: 'NONODE' });
  });

  it('executes in the order of the calls', async () => {
    await store.create('/o', '');
    const versions = await Promise.all(
      Array.from({ length: 3_000 }, (_, i) => (i % 2 === 0 ? store.set('/o', `${i}`) : store.exists('/o'))),
    );
    versions.forEach((stat, i) => {
      expect(stat?.version).toBe(1 + Math.floor(i / 2));
    });
  });

  it('keeps large data and many children', async () => {
    const data = new Uint8Array(900_000).map((_, i) => i);
    await store.create('/big', data);
    expect(Buffer.compare((await store.get('/big')).data, data)).toBe(0);
    await store.create('/many');
    await Promise.all(
      Array.from({ length: 2_000 }, () => store.create('/many/child-', '', { sequential: true })),
    );
    expect(new Set((await store.children('/many')).children).size).toBe(2_000);
  });

  it('has nulls of other clients as empty data', async () => {
    expect((await store.get('/')).data).toEqual(new Uint8Array(0));
  });

  it('is of no use after close, and says so', async () => {
    const other = await clients.open({ servers: connectString() });
    await other.create('/gone', '', { ephemeral: true });
    await other.close();
    await other.close();
    expect(other.state).toBe('closed');
    await expect(other.get('/')).rejects.toMatchObject({ code: 'SESSIONEXPIRED' });
    await expect(other.addAuth('digest', 'a:b')).rejects.toMatchObject({ code: 'SESSIONEXPIRED' });
    const outside = await clients.open({ servers: connectString() });
    expect(await outside.exists('/gone')).toBeUndefined();
  });

  it('ends when credentials are refused', async () => {
    const other = await clients.open({ servers: connectString() });
    await expect(other.addAuth('no-such-scheme', 'x')).rejects.toMatchObject({ code: 'AUTHFAILED' });
    expect(other.state).toBe('closed');
    await expect(other.get('/')).rejects.toMatchObject({ code: 'AUTHFAILED' });
    const auth = [{ scheme: 'no-such-scheme', auth: '' }];
    await expect(clients.open({ servers: connectString(), auth })).rejects.toMatchObject({
      code: 'AUTHFAILED',
    });
  });
});
