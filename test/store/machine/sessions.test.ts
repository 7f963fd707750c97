// Owns: what is promised of sessions, transactions and nodes that go away by themselves, each with its name.

import { describe, expect, it } from 'vitest';
import { OPEN_ACL } from '../../../src/store/machine/acl.ts';
import { encodeCommand } from '../../../src/store/machine/command-codec.ts';
import { StoreMachine } from '../../../src/store/machine/machine.ts';
import { STORED_RESULTS } from '../../../src/store/machine/sessions.ts';
import type { Applied, ClientOperation, Command, NodeKind } from '../../../src/store/machine/types.ts';

const PASSWORD = new Uint8Array(16).fill(3);

class Client {
  readonly machine = StoreMachine.empty();
  xid = 0;

  apply(command: Command): Applied {
    return this.machine.apply(this.machine.index + 1, encodeCommand(command));
  }

  open(keepsResults = false): number {
    return this.apply({ type: 'open-session', timeMs: 1, password: PASSWORD, timeoutMs: 9, keepsResults })
      .zxid;
  }

  ask(session: number, operation: ClientOperation, xid = ++this.xid, timeMs = 1): Applied {
    return this.apply({ type: 'client', session, xid, timeMs, identities: [], operation });
  }
}

function create(
  path: string,
  node: NodeKind = { kind: 'persistent' },
): Extract<ClientOperation, { type: 'create' }> {
  return { type: 'create', path, data: null, acl: OPEN_ACL, node, sequential: false };
}

describe('a session', () => {
  it('that keeps results answers a repetition from before, also after other writes', () => {
    const client = new Client();
    const session = client.open(true);
    const first = client.ask(session, create('/a'), 1);
    client.ask(session, { type: 'delete', path: '/a', version: -1 }, 2);
    const again = client.ask(session, create('/a'), 1);
    expect(again.result).toEqual(first.result);
    expect(again.changes).toEqual([]);
    expect(client.machine.reads.stat('/a')).toBeUndefined();
  });

  it('never carries out a write again whose result was given up', () => {
    const client = new Client();
    const session = client.open(true);
    for (let xid = 1; xid <= STORED_RESULTS + 1; xid++)
      client.ask(session, { ...create('/s'), sequential: true }, xid);
    const nodes = client.machine.reads.counts.nodes;
    expect(client.ask(session, create('/again'), 1).result).toEqual({ type: 'error', code: -1 });
    expect(client.ask(session, create('/again'), 2).result).toMatchObject({ path: '/s0000000001' });
    expect(client.machine.reads.counts.nodes).toBe(nodes);
  });

  it('does not expire by a wish from before it was attached again, nor by a stale leader', () => {
    const client = new Client();
    const session = client.open();
    client.apply({ type: 'tenure', timeMs: 1, tenure: 4 });
    client.ask(session, create('/e', { kind: 'ephemeral' }));
    const wish = { type: 'expire-session', timeMs: 1, session, attachments: 0 } as const;
    expect(client.apply({ ...wish, tenure: 3 }).result.type).toBe('done');
    const attach = { type: 'attach-session', timeMs: 1, session, password: PASSWORD } as const;
    expect(client.apply(attach).result).toEqual({ type: 'session-attached', timeoutMs: 9 });
    expect(client.apply({ ...wish, tenure: 4 }).result.type).toBe('done');
    expect(client.machine.reads.stat('/e')).toBeDefined();
    const ended = client.apply({ ...wish, tenure: 4, attachments: 1 });
    expect(ended.changes.map(({ type }) => type)).toEqual([
      'node-deleted',
      'children-changed',
      'session-ended',
    ]);
  });

  it('is not attached with another password', () => {
    const client = new Client();
    const session = client.open();
    const attach = { type: 'attach-session', timeMs: 1, session, password: new Uint8Array(16) } as const;
    expect(client.apply(attach).result).toEqual({ type: 'error', code: -112 });
  });
});

describe('a transaction', () => {
  it('that fails leaves no trace in the hash, the counts or the changes', () => {
    const client = new Client();
    const session = client.open();
    client.ask(session, create('/a'));
    client.ask(session, create('/a/b', { kind: 'ephemeral' }));
    client.ask(session, create('/zookeeper/quota/a'));
    client.ask(session, {
      ...create('/zookeeper/quota/a/zookeeper_limits'),
      data: new TextEncoder().encode('count=9'),
    });
    client.ask(session, { ...create('/zookeeper/quota/a/zookeeper_stats'), data: new Uint8Array(0) });
    const { machine } = client;
    const before = [machine.hash(), machine.reads.counts, machine.reads.ephemeralsOf(session)];
    const failed = client.ask(session, {
      type: 'multi',
      operations: [
        { type: 'set-data', path: '/a', data: new Uint8Array(99), version: -1 },
        { type: 'delete', path: '/a/b', version: -1 },
        create('/a/b', { kind: 'container' }),
        create('/a/b/c'),
        {
          type: 'set-acl',
          path: '/a',
          acl: [{ permissions: 1, scheme: 'world', id: 'anyone' }],
          version: -1,
        },
        { type: 'delete', path: '/zookeeper/quota/a/zookeeper_limits', version: -1 },
        { type: 'check', path: '/a', version: 77 },
      ],
    });
    expect(failed.changes).toEqual([]);
    expect(failed.result).toMatchObject({ results: [0, 0, 0, 0, 0, 0, -103].map((code) => ({ code })) });
    expect([machine.hash(), machine.reads.counts, machine.reads.ephemeralsOf(session)]).toEqual(before);
    expect(StoreMachine.restore(machine.sections()).hash()).toBe(before[0]);
  });
});

describe('nodes that go away by themselves', () => {
  it('are containers that are empty again and TTL nodes that were left alone', () => {
    const client = new Client();
    const session = client.open();
    client.ask(session, create('/container', { kind: 'container' }));
    client.ask(session, create('/ttl', { kind: 'ttl', ttlMs: 10 }));
    const { reads } = client.machine;
    expect(reads.expiredNodes(11, 9)).toEqual([]);
    client.ask(session, create('/container/child'));
    expect(reads.expiredNodes(12, 9)).toEqual(['/ttl']);
    client.ask(session, { type: 'delete', path: '/container/child', version: -1 });
    expect(reads.expiredNodes(12, 9)).toEqual(['/container', '/ttl']);
    expect(reads.expiredNodes(12, 1)).toEqual(['/container']);
    client.ask(session, { type: 'set-data', path: '/ttl', data: null, version: -1 }, 9, 12);
    client.apply({ type: 'remove-expired-nodes', timeMs: 13, paths: ['/container', '/ttl', '/nothing'] });
    expect(reads.children('/')?.sort()).toEqual(['ttl', 'zookeeper']);
  });

  it('stay if they are so no more by the machine\u2019s own time, which never goes back', () => {
    const client = new Client();
    const session = client.open();
    client.ask(session, create('/ttl', { kind: 'ttl', ttlMs: 10 }), 1, 100);
    client.apply({ type: 'remove-expired-nodes', timeMs: 110, paths: ['/ttl'] });
    expect(client.machine.reads.stat('/ttl')).toMatchObject({ mtime: 100 });
    client.ask(session, create('/later'), 2, 5);
    expect(client.machine.reads.stat('/later')).toMatchObject({ ctime: 110 });
  });
});
