// Owns: a replica that cannot read again what it once made durable: it keeps its promises, gives no vote, and is repaired by a
// leader elected without it. Not here: a disk that is lost as a whole (reconfiguration.test.ts), finding the damage (the store).

import { describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { acceptOf, ballot, entries, kinds, Probe, prepareOf, syncOf } from '../probe.ts';

const low = ballot(1, 1);
const high = ballot(2, 3);

/** Had acknowledged five entries at `low`, knows that one is decided, and can read two. */
const damaged = (limits = {}) =>
  new Probe({
    hard: { promised: low, accepted: low },
    disk: { entries: entries('a', 'b'), decided: 1, damaged: true },
    limits,
  });

/** The number that it has drawn for this repair. */
function nonceOf(replica: Probe): number {
  replica.step({ kind: 'tick' });
  const asked = replica.hear(1, { kind: 'heartbeat', ballot: low, sequence: 1, decided: 1 });
  const request = asked.find((body) => body.kind === 'sync-request');
  return request?.kind === 'sync-request' ? request.damaged : 0;
}

describe('a damaged log', () => {
  it('[I31] keeps its promise and what is decided, and nothing else', () => {
    const replica = damaged();
    expect(replica.view).toMatchObject({
      role: 'recovering',
      promised: low,
      accepted: low,
      length: 1,
      decided: 1,
    });
  });

  it('[I31] gives no promise, no acknowledgement, no confirmation, and is no candidate', () => {
    const replica = damaged();
    expect(replica.hearAndFlush(3, prepareOf(high))).toEqual([]);
    expect(replica.view.promised).toEqual(low);
    expect(replica.hearAndFlush(1, acceptOf(low, 1, ['b', 'c']))).toEqual([]);
    expect(
      kinds(replica.hearAndFlush(1, { kind: 'heartbeat', ballot: low, sequence: 1, decided: 1 })),
    ).toEqual(['sync-request']);
    const sent = [...Array(30)].flatMap(() => replica.step({ kind: 'tick' }).send);
    expect(sent.filter(({ body }) => body.kind === 'vote')).toEqual([]);
    expect(replica.step({ kind: 'nominate' }).send).toEqual([]);
  });

  it('[I31] remembers its damage durably before anything is written over it', () => {
    const replica = damaged({ messageEntries: 1 });
    const repair = nonceOf(replica);
    // The first part only, at the ballot that it knows already.
    replica.hear(1, { ...syncOf(low, ['b'], 1), repair, target: 5 });
    const hard = replica.writes.findLast((write) => write.hard !== undefined)?.hard;
    expect(hard?.damaged).toBe(true);
    expect(replica.writes[0]).toMatchObject({ from: 1, hard: { damaged: true, promised: low } });
  });

  it('[I32] is repaired by the answer to this repair’s own number, when it has all that the leader had', () => {
    const replica = damaged();
    const repair = nonceOf(replica);
    expect(repair).not.toBe(0);
    replica.hearAndFlush(1, { ...syncOf(low, ['b', 'c'], 1), repair, target: 5 });
    expect(replica.view).toMatchObject({ role: 'recovering', damaged: true, length: 3 });
    expect(replica.hearAndFlush(1, acceptOf(low, 3, ['d', 'e']))).toEqual([
      { kind: 'accepted', ballot: low, length: 5 },
    ]);
    expect(replica.view).toMatchObject({ role: 'following', damaged: false, length: 5 });
    expect(replica.writes.at(-1)?.hard?.damaged).toBe(false);
  });

  it('[I32] is not repaired by an AcceptSync from before the damage', () => {
    const replica = damaged();
    const repair = nonceOf(replica);
    for (const old of [0, repair + 1]) {
      expect(replica.hearAndFlush(1, { ...syncOf(low, ['b'], 1), repair: old })).toEqual([]);
      expect(replica.view).toMatchObject({ role: 'recovering', length: 1 });
    }
  });

  it('[I32] draws another number for each repair', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.propose(1, 'a', 'b');
    cluster.settle();
    const numbers = new Set<number>();
    cluster.observe = (_node, _event, { send }) => {
      for (const { body } of send)
        if (body.kind === 'sync-request' && body.damaged !== 0) numbers.add(body.damaged);
    };
    for (let life = 0; life < 5; life++) {
      cluster.node(2).crashDamaged(1);
      cluster.settle().tick(2);
      expect(cluster.node(2).view.damaged).toBe(false);
    }
    expect(numbers.size).toBe(5);
  });

  it('[I31] is not repaired by a leader below its promise; that one must lead anew, above it', () => {
    const replica = new Probe({
      hard: { promised: high, accepted: low },
      disk: { entries: entries('a'), damaged: true },
    });
    const repair = nonceOf(replica);
    replica.hearAndFlush(1, { ...syncOf(low, ['a']), repair });
    expect(replica.view).toMatchObject({ role: 'recovering', promised: high });
    const leader = new Probe({ id: 1 }).leading();
    leader.receive(2, { kind: 'sync-request', promised: high, decided: 0, damaged: 7, staged: 0 });
    expect(leader.view.role).toBe('preparing');
    expect(leader.view.promised.round).toBeGreaterThan(high.round);
  });
});

describe('a cluster with a damaged replica', () => {
  it('[I33] loses nothing that was decided with its vote', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.node(3).up = false;
    cluster.propose(1, 'a', 'b', 'c');
    cluster.settle();
    expect(cluster.applied(1)).toEqual(['a', 'b', 'c']);
    // 1 is down, 2 has lost what it acknowledged, 3 never had it: nobody may be elected.
    cluster.node(1).up = false;
    cluster.node(2).crashDamaged(0);
    cluster.node(3).crash();
    cluster.settle().tick(60);
    expect(cluster.leader).toBeUndefined();
    cluster.node(1).crash();
    cluster.settle().tick(30);
    cluster.propose(cluster.leader!.id, 'd');
    cluster.settle();
    for (const id of [1, 2, 3]) expect(cluster.applied(id)).toEqual(['a', 'b', 'c', 'd']);
    expect(cluster.node(2).view.damaged).toBe(false);
  });

  it('[I33] is repaired in parts, also if it crashes between two of them', () => {
    const cluster = new Cluster(3, { messageEntries: 2, inFlightEntries: 2 }).start().settle().nominate(1);
    for (let i = 0; i < 5; i++) {
      cluster.propose(1, `${2 * i}`, `${2 * i + 1}`);
      cluster.settle();
    }
    const replica = cluster.node(2);
    // Its own knowledge of what is decided is old.
    replica.disk.recovered = { ...replica.disk.recovered, decided: 0 };
    replica.crashDamaged(0);
    let accepts = 0;
    cluster.cut = ({ to, body }) => to === 2 && body.kind === 'accept' && ++accepts > 1;
    cluster.settle().tick(3);
    expect(replica.view.damaged).toBe(true);
    expect(replica.view.length).toBeGreaterThan(0);
    replica.crash();
    expect(replica.view.role, 'half a repair is none').toBe('recovering');
    cluster.cut = () => false;
    cluster.settle().tick(30);
    expect(replica.view.damaged).toBe(false);
    expect(cluster.applied(2)).toHaveLength(10);
  });

  it('gets a snapshot if the leader has trimmed what it lacks', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.propose(1, 'a', 'b', 'c');
    cluster.settle();
    for (const id of [1, 3]) cluster.node(id).trim();
    cluster.propose(1, 'd');
    cluster.settle();
    const replica = cluster.node(2);
    replica.disk.recovered = { ...replica.disk.recovered, decided: 1 };
    replica.crashDamaged(1);
    for (let tick = 0; tick < 30; tick++) cluster.tick().transfer().settle();
    expect(replica.view).toMatchObject({ damaged: false, offset: 3 });
    expect(cluster.applied(2)).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a replica that was repaired', () => {
  it('[I32] follows the next leader like any other, though that one’s Prepare is lost', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.propose(1, 'a', 'b');
    cluster.settle();
    cluster.node(2).crashDamaged(1);
    cluster.settle().tick(3);
    expect(cluster.node(2).view.damaged).toBe(false);
    cluster.cut = ({ to, body }) => to === 2 && body.kind === 'prepare';
    cluster.nominate(3);
    cluster.cut = () => false;
    cluster.propose(3, 'c');
    cluster.settle().tick(6);
    expect(cluster.applied(2)).toEqual(['a', 'b', 'c']);
  });

  it('[I33] passes a stop-sign that it knows already a second time', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.propose(1, 'a');
    const { configuration } = cluster.node(1).view;
    cluster.settle();
    cluster.node(1).step({ kind: 'reconfigure', configuration: { ...configuration, number: 2 } });
    cluster.settle().tick(20);
    cluster.propose(cluster.leader!.id, 'b');
    cluster.settle();
    const replica = [...cluster.nodes.values()].find((node) => node !== cluster.leader)!;
    replica.crashDamaged(1);
    expect(replica.view).toMatchObject({ role: 'recovering', length: 1 });
    cluster.settle().tick(10);
    expect(replica.view.damaged).toBe(false);
    expect(cluster.applied(replica.id)).toEqual(['a', '<2>', 'b']);
  });
});
