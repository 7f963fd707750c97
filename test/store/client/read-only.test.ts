// Owns: servers that are cut off from their quorum, with a real ensemble.

import { describe, expect, it } from 'vitest';
import { useZooKeeper } from '../../services/use-zookeeper.ts';
import { text, until, useClients } from './clients.ts';

// Without local sessions, ZooKeeper's read-only servers refuse new sessions.
const zookeeper = useZooKeeper({
  nodes: 3,
  properties: { 'readonlymode.enabled': 'true' },
  config: { localSessionsEnabled: 'true', localSessionsUpgradingEnabled: 'true' },
});
const clients = useClients();

describe('read-only servers', () => {
  it('are left out by those who did not allow it', async () => {
    const [first = ''] = zookeeper().servers;
    const store = await clients.open({ servers: first, sessionTimeoutMs: 20_000 });
    // An ephemeral node makes a local session known to all servers.
    await store.create('/b', 'x', { ephemeral: true });
    await zookeeper().kill(2);
    await zookeeper().kill(3);
    await until(() => store.state === 'suspended', 'the loss');
    await until(async () => (await zookeeper().mode(1)) === 'read-only', 'the read-only server');
    const read = store.get('/b');
    await Promise.all([zookeeper().restart(2), zookeeper().restart(3)]);
    expect(text((await read).data)).toBe('x');
    expect(store.readOnly).toBe(false);
  });

  it('are used by those who allow it, until one that writes is back', async () => {
    const lonely = await clients.open({ servers: zookeeper().servers[0]!, allowReadOnly: true });
    await lonely.create('/a', 'x');
    expect(lonely.readOnly).toBe(false);
    await zookeeper().kill(2);
    await zookeeper().kill(3);
    const reader = await clients.open({
      servers: zookeeper().servers.join(','),
      allowReadOnly: true,
      connectLimitMs: 25_000,
    });
    expect(reader.readOnly).toBe(true);
    expect(text((await reader.get('/a')).data)).toBe('x');
    await expect(reader.set('/a', 'y')).rejects.toMatchObject({ code: 'NOTREADONLY', outcome: 'not-done' });
    await Promise.all([zookeeper().restart(2), zookeeper().restart(3)]);
    await until(() => reader.state === 'connected' && !reader.readOnly, 'a server that writes');
    expect((await reader.set('/a', 'y', { idempotent: true })).version).toBe(1);
  }, 60_000);
});
