// Owns: watches of the client, against a real ZooKeeper: one-shot and staying, over reconnects, before the new data.

import { beforeEach, describe, expect, it } from 'vitest';
import type { StoreClient, Watch, WatchEvent } from '../../../src/store/client/index.ts';
import { CLIENT_LIMITS } from '../../../src/store/client/limits.ts';
import type { FaultyProxy } from '../../services/proxy.ts';
import { useZooKeeper } from '../../services/use-zookeeper.ts';
import { text, until, useClients } from './clients.ts';

const zookeeper = useZooKeeper();
const clients = useClients();

let proxy: FaultyProxy;
let store: StoreClient;
let other: StoreClient;
let root: string;

beforeEach(async ({ task }) => {
  root = `/${task.id.replaceAll(/\W/g, '')}`;
  const [server = ''] = zookeeper().servers;
  proxy = await clients.proxy(server);
  other = await clients.open({ servers: server });
  await other.create(root);
  other = await clients.open({ servers: server + root });
  store = await clients.open({ servers: proxy.address + root });
});

/** Events as `type path`, as they come. */
function collect(watch: Watch): { readonly events: string[]; readonly done: Promise<unknown> } {
  const events: string[] = [];
  const run = async (): Promise<void> => {
    for await (const event of watch) events.push(`${event.type} ${event.path}`);
  };
  return { events, done: run().catch((error: unknown) => error) };
}

async function reconnect(): Promise<void> {
  const before = proxy.accepted;
  proxy.cut();
  await until(() => proxy.accepted > before && store.state === 'connected', 'the client to come back');
}

describe('one-shot watches', () => {
  it('are called once, each for its own kind of change', async () => {
    const heard: string[] = [];
    const hear = (name: string) => (event: WatchEvent) => heard.push(`${name} ${event.type} ${event.path}`);
    expect(await store.exists('/a', { watch: hear('exists') })).toBeUndefined();
    await other.create('/a', '1');
    await until(() => heard.length === 1, 'the creation');
    await store.get('/a', { watch: hear('get') });
    await store.children('/a', { watch: hear('children') });
    await other.set('/a', '2');
    await other.set('/a', '3');
    await other.create('/a/b');
    await other.create('/a/c');
    await store.sync();
    expect(heard).toEqual(['exists created /a', 'get data-changed /a', 'children children-changed /a']);
    await expect(store.get('/none', { watch: hear('none') })).rejects.toThrow('NONODE');
    await other.create('/none');
    await store.sync();
    expect(heard).toHaveLength(3);
  });

  it('are called before any reply that shows the change', async () => {
    await other.create('/a', '0');
    for (let i = 0; i < 50; i++) {
      let told = false;
      const seen = text((await store.get('/a', { watch: () => (told = true) })).data);
      const change = other.set('/a', `v${i}`);
      for (;;) {
        const now = text((await store.get('/a')).data);
        if (now !== seen) break;
      }
      expect(told).toBe(true);
      await change;
    }
  });

  it('hear what changed while the connection was away', async () => {
    const heard: string[] = [];
    const hear = (event: WatchEvent) => heard.push(`${event.type} ${event.path}`);
    await other.create('/data');
    await other.create('/gone');
    await other.create('/parent');
    await other.create('/still');
    await store.get('/data', { watch: hear });
    await store.get('/gone', { watch: hear });
    await store.children('/parent', { watch: hear });
    await store.exists('/new', { watch: hear });
    await store.get('/still', { watch: hear });
    proxy.refuse();
    proxy.cut();
    await until(() => store.state === 'suspended', 'the loss');
    await other.set('/data', 'x');
    await other.delete('/gone');
    await other.create('/parent/child');
    await other.create('/new');
    proxy.restore();
    const { data } = await store.get('/data');
    expect(text(data)).toBe('x');
    expect(heard.sort()).toEqual([
      'children-changed /parent',
      'created /new',
      'data-changed /data',
      'deleted /gone',
    ]);
    await other.set('/still', 'x');
    await store.sync();
    expect(heard).toHaveLength(5);
  });

  it('are armed again in several requests if there are many', async () => {
    const name = 'x'.repeat(200);
    const count = Math.ceil(CLIENT_LIMITS.setWatchesBytes / 600) * 2 + 10;
    let heard = 0;
    await Promise.all(
      Array.from({ length: count }, (_, i) => store.exists(`/${name}${i}`, { watch: () => heard++ })),
    );
    await reconnect();
    await Promise.all(Array.from({ length: count }, (_, i) => other.create(`/${name}${i}`)));
    await store.sync();
    expect(heard).toBe(count);
  });

  it('that throw do not disturb the others', async () => {
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      let heard = 0;
      await other.create('/a');
      await store.get('/a', {
        watch: () => {
          throw new Error('mine');
        },
      });
      await store.get('/a', { watch: () => heard++ });
      await other.set('/a', 'x');
      await store.sync();
      expect(heard).toBe(1);
      await until(() => thrown.length === 1, 'the error');
      expect(thrown).toMatchObject([{ message: 'mine' }]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

describe('watches that stay', () => {
  it('hear all changes of their node, or of all below it', async () => {
    const node = await store.addWatch('/a');
    const all = await store.addWatch('/', { recursive: true });
    expect([node.path, node.recursive, all.recursive]).toEqual(['/a', false, true]);
    const [one, every] = [collect(node), collect(all)];
    await other.create('/a', '1');
    await other.set('/a', '2');
    await other.create('/a/b');
    await other.delete('/a/b');
    await other.delete('/a');
    await store.sync();
    expect(one.events).toEqual([
      'created /a',
      'data-changed /a',
      'children-changed /a',
      'children-changed /a',
      'deleted /a',
    ]);
    expect(every.events).toEqual([
      'created /a',
      'data-changed /a',
      'created /a/b',
      'deleted /a/b',
      'deleted /a',
    ]);
    await Promise.all([node.close(), all.close()]);
    await Promise.all([one.done, every.done]);
    await other.create('/a');
    await store.sync();
    expect(one.events).toHaveLength(5);
    expect(await zookeeper().ask(1, 'wchc')).not.toContain(store.sessionId.toString(16));
  });

  it('hear of a change before any reply that shows it', async () => {
    await other.create('/a', '');
    const events: WatchEvent[] = [];
    const watch = await store.addWatch('/a', { listener: (event) => events.push(event) });
    let writing = true;
    const writer = (async () => {
      for (let i = 0; i < 100; i++) await other.set('/a', '');
      writing = false;
    })();
    while (writing) {
      const { version } = (await store.get('/a')).stat;
      expect(events.length).toBeGreaterThanOrEqual(version);
    }
    await writer;
    await store.sync();
    expect(events).toHaveLength(100);
    expect(events[0]).toEqual({ type: 'data-changed', path: '/a' });
    await watch.close();
  });

  it('tell a gap after a reconnect, and go on', async () => {
    const watch = await store.addWatch('/a');
    const { events } = collect(watch);
    await reconnect();
    await other.create('/a');
    await store.sync();
    expect(events).toEqual(['gap /a', 'created /a']);
  });

  it('end with the loop that reads them', async () => {
    const watch = await store.addWatch('/a');
    await other.create('/a');
    for await (const event of watch) {
      expect(event.type).toBe('created');
      break;
    }
    expect(await watch[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  it('are removed by their path', async () => {
    const watch = await store.addWatch('/a', { recursive: true });
    const { events, done } = collect(watch);
    const heard: string[] = [];
    await store.exists('/a', { watch: ({ type }) => heard.push(type) });
    await store.removeWatches('/a');
    await done;
    expect(events).toEqual(['removed /a']);
    expect(heard).toEqual(['removed']);
    await expect(store.removeWatches('/a')).rejects.toMatchObject({ code: 'NOWATCHER' });
  });

  it('end quietly when the client is closed', async () => {
    const { done } = collect(await store.addWatch('/a'));
    await store.close();
    expect(await done).toBeUndefined();
  });
});
