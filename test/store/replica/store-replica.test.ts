// Owns: what a store replica promises to those who submit commands and read: known outcomes, order, once, over the loss of
// leaders and restarts.

import { afterEach, describe, expect, it } from 'vitest';
import { StoreCluster } from './cluster.ts';

let cluster: StoreCluster;
afterEach(() => cluster.stop());

describe.each([1, 3])('%i replicas', (size) => {
  it('answer a command when it is applied', async () => {
    cluster = await StoreCluster.start(size);
    const leader = await cluster.leader();
    const session = await leader.openSession();
    const { result } = await leader.create(session, 1, '/a');
    expect(result).toMatchObject({ type: 'create', path: '/a' });
    expect(leader.replica.machine.reads.node('/a')?.data).toEqual(new TextEncoder().encode('/a'));
  });

  it('keep everything over a restart of all', async () => {
    cluster = await StoreCluster.start(size);
    const session = await (await cluster.leader()).openSession();
    const made = Array.from({ length: 200 }, async (_, i) =>
      (await cluster.leader()).create(session, i, `/n${i}`),
    );
    await Promise.all(made);
    await cluster.settled();
    const before = cluster.node(1).replica.machine.hash();
    await cluster.stop();
    for (const node of cluster.nodes.values()) await node.start();
    const leader = await cluster.leader();
    await leader.replica.readBarrier();
    expect(leader.replica.machine.hash()).toBe(before);
  });
});

describe('a closed replica', () => {
  it('says so', async () => {
    cluster = await StoreCluster.start(1);
    const node = await cluster.leader();
    const session = await node.openSession();
    await cluster.stop();
    await expect(node.create(session, 1, '/late')).rejects.toMatchObject({ code: 'MR_STORE_CLOSED' });
    await expect(node.replica.readBarrier()).rejects.toMatchObject({ code: 'MR_STORE_CLOSED' });
  });
});

describe('three replicas', () => {
  it('take commands at a follower, in its order, once', async () => {
    cluster = await StoreCluster.start(3);
    const leader = await cluster.leader();
    const follower = [...cluster.nodes.values()].find((node) => node !== leader)!;
    const session = await follower.openSession();
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, (_, i) => follower.create(session, i, `/n${i}`)),
    );
    const zxids = outcomes.map(({ zxid }) => zxid);
    expect(zxids).toEqual([...zxids].sort((a, b) => a - b));
    expect(outcomes.every(({ result }) => result.type === 'create')).toBe(true);
    await cluster.settled();
    const hashes = [...cluster.nodes.values()].map((node) => node.replica.machine.hash());
    expect(new Set(hashes).size).toBe(1);
  });

  it('answer every command once although the leader is lost in the middle', async () => {
    cluster = await StoreCluster.start(3);
    const first = await cluster.leader();
    const follower = [...cluster.nodes.values()].find((node) => node !== first)!;
    const session = await follower.openSession();
    const outcomes = Array.from({ length: 300 }, (_, i) => follower.create(session, i, `/n${i}`));
    await outcomes[20];
    cluster.isCut = (from, to) => from === first.id || to === first.id;
    const results = (await Promise.all(outcomes)).map(({ result }) => result.type);
    expect(results).toEqual(results.map(() => 'create'));
    const children = follower.replica.machine.reads.children('/')!.filter((name) => name.startsWith('n'));
    expect(children).toHaveLength(300);
  });

  it('refuse what a minority cannot know, in bounded time, and the rest goes on', async () => {
    cluster = await StoreCluster.start(3);
    const lonely = await cluster.leader();
    const session = await lonely.openSession();
    cluster.isCut = (from, to) => (from === lonely.id) !== (to === lonely.id);
    await expect(lonely.replica.readBarrier(300)).rejects.toMatchObject({ code: 'MR_STORE_NO_QUORUM' });
    await expect(lonely.create(session, 1, '/lonely')).rejects.toBeDefined();
  });
});
