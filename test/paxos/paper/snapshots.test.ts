// Owns: a snapshot in the place of a prefix of the log: who is offered one, when it comes into use, and that nothing of it is
// in use by half. Not here: snapshots across configurations (reconfiguration.test.ts), their files (the store).

import { describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { ballot, bodies, entries, kinds, Probe, prepareOf, syncOf } from '../probe.ts';

/** 1 leads, 3 missed everything, and what it missed is in a snapshot. */
function behind(): Cluster {
  const cluster = new Cluster(3).start().settle().nominate(1);
  cluster.node(3).up = false;
  cluster.propose(1, 'a', 'b', 'c');
  cluster.settle();
  for (const id of [1, 2]) cluster.node(id).trim();
  cluster.propose(1, 'd');
  cluster.settle();
  return cluster;
}

/** Ticks until 3 is about to fetch; from then on it flushes only when told. */
function untilFetching(cluster: Cluster): void {
  cluster.node(3).crash();
  for (let tick = 0; cluster.fetches.length === 0 && tick < 10; tick++) cluster.tick();
  cluster.node(3).autoFlush = false;
}

describe('a follower behind a trimmed log', () => {
  it('[I22] is offered a snapshot, fetches it, stages it, and has it in use by one atomic write', () => {
    const cluster = behind();
    const follower = cluster.node(3);
    untilFetching(cluster);
    expect(cluster.fetches[0]).toEqual({ to: 3, from: 1, index: 3 });
    expect(follower.view, 'an offer changes nothing').toMatchObject({ offset: 0, length: 0 });
    cluster.transfer();
    const used = follower.disk.unflushed.filter((write) => write.snapshot !== 0);
    expect(used).toMatchObject([{ snapshot: 3, from: 3, entries: [] }]);
    follower.flush();
    follower.autoFlush = true;
    for (let tick = 0; tick < 10; tick++) cluster.tick();
    expect(cluster.applied(3)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('[I22] that crashes before that write has the old log and nothing of the snapshot', () => {
    const cluster = behind();
    const follower = cluster.node(3);
    untilFetching(cluster);
    cluster.transfer();
    expect(follower.view.offset).toBe(3);
    follower.crash();
    expect(follower.view).toMatchObject({ offset: 0, length: 0, decided: 0 });
    follower.autoFlush = true;
    for (let tick = 0; tick < 20; tick++) cluster.tick().transfer().settle();
    expect(cluster.applied(3)).toEqual(['a', 'b', 'c', 'd']);
    expect(follower.disk.recovered.offset).toBe(3);
  });

  it('comes back from disk with the snapshot and what is behind it', () => {
    const cluster = behind();
    const follower = cluster.node(3);
    follower.crash();
    for (let tick = 0; tick < 10; tick++) cluster.tick().transfer().settle();
    follower.crash();
    expect(follower.view).toMatchObject({ offset: 3, length: 4 });
    cluster.tick(3);
    expect(cluster.applied(3)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is offered it again if the offer is lost', () => {
    const cluster = behind();
    let offers = 0;
    cluster.cut = ({ body }) => body.kind === 'snapshot-offer' && ++offers < 3;
    cluster.node(3).crash();
    for (let tick = 0; tick < 30; tick++) cluster.tick().transfer().settle();
    expect(offers).toBeGreaterThanOrEqual(3);
    expect(cluster.applied(3)).toHaveLength(4);
  });
});

describe('a proposer behind a trimmed log', () => {
  it('[I23] fetches the snapshot of an acceptor before it can count its promise', () => {
    const cluster = behind();
    cluster.node(1).up = false;
    cluster.node(3).crash();
    cluster.nominate(3);
    expect(cluster.node(3).view.role).toBe('preparing');
    expect(cluster.fetches.at(-1)).toEqual({ to: 3, from: 2, index: 3 });
    cluster.transfer().settle();
    expect(cluster.node(3).view.role).toBe('leading');
    expect(cluster.applied(3)).toEqual(['a', 'b', 'c', 'd']);
    cluster.propose(3, 'e');
    cluster.settle();
    expect(cluster.applied(2)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('[I23] an acceptor promises a log whose beginning it has trimmed by an offer only', () => {
    const acceptor = new Probe({
      hard: { accepted: ballot(1, 1), promised: ballot(1, 1) },
      disk: { offset: 3, entries: entries('d'), decided: 3 },
    });
    const sent = acceptor.hearAndFlush(3, prepareOf(ballot(2, 3)));
    expect(sent).toEqual([{ kind: 'snapshot-offer', ballot: ballot(2, 3), index: 3 }]);
  });
});

describe('an AcceptSync that is late or doubled', () => {
  it('[I24] never cuts the log at the same ballot', () => {
    const at = ballot(1, 1);
    const acceptor = new Probe().following(1, at, 'a');
    acceptor.hearAndFlush(1, { kind: 'accept', ballot: at, from: 1, entries: entries('b', 'c'), decided: 0 });
    const sent = acceptor.hearAndFlush(1, syncOf(at, ['a']));
    expect(acceptor.view.length).toBe(3);
    expect(sent).toEqual([{ kind: 'accepted', ballot: at, length: 3 }]);
  });

  it('[I24] of an older snapshot changes nothing', () => {
    const at = ballot(1, 1);
    const { configuration } = new Probe().view;
    const acceptor = new Probe();
    acceptor.hearAndFlush(1, prepareOf(at));
    acceptor.step({ kind: 'snapshot-staged', index: 3, configuration });
    const sync = { ...syncOf(at, ['d', 'e'], 3, 4), snapshot: true };
    acceptor.hearAndFlush(1, sync);
    expect(acceptor.view).toMatchObject({ offset: 3, length: 5, decided: 4 });
    acceptor.hearAndFlush(1, { ...sync, entries: entries('d'), target: 4 });
    expect(acceptor.view).toMatchObject({ offset: 3, length: 5, decided: 4 });
  });

  it('with a snapshot that is not staged here is asked for again', () => {
    const at = ballot(1, 1);
    const acceptor = new Probe();
    acceptor.hearAndFlush(1, prepareOf(at));
    const sent = acceptor.hearAndFlush(1, { ...syncOf(at, ['d'], 3), snapshot: true });
    expect(kinds(sent)).toEqual(['sync-request']);
    expect(acceptor.view).toMatchObject({ offset: 0, length: 0 });
  });
});

describe('trimming', () => {
  it('keeps what is not decided', () => {
    const leader = new Probe().leading();
    leader.propose('a', 'b');
    leader.flush();
    expect(() => leader.step({ kind: 'trim', index: 1 })).toThrow(/only what is decided/);
  });

  it('tells a leader’s own followers nothing while they have what they need', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.propose(1, 'a');
    cluster.settle();
    cluster.node(1).trim();
    cluster.propose(1, 'b');
    const sent = bodies(cluster.node(1).last!);
    cluster.settle();
    expect(kinds(sent)).not.toContain('snapshot-offer');
    expect(cluster.applied(3)).toEqual(['a', 'b']);
  });
});
