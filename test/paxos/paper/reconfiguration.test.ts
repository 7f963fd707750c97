// Owns: the change of members by a stop-sign ("Stoppable Paxos", Lamport, Malkhi, Zhou 2008), replicas that were left behind by
// one, and the way in for an empty disk. Not here: damage inside a log (damage.test.ts).

import { describe, expect, it } from 'vitest';
import { type Configuration, replaceMember } from '../../../src/paxos/configuration.ts';
import { stopSign } from '../../../src/paxos/entry.ts';
import { Cluster } from '../cluster.ts';
import { acceptOf, ballot, bodies, kinds, Probe, prepareOf, promiseOf } from '../probe.ts';

/** Replaces `leaving` by `joining` through `leader`, whose stop-sign is decided when this returns. */
function replace(cluster: Cluster, leader: number, leaving: number, joining: number): Configuration {
  const next = replaceMember(cluster.node(leader).view.configuration, leaving, joining);
  const { proposed } = cluster.node(leader).step({ kind: 'reconfigure', configuration: next });
  expect(proposed).toMatchObject({ status: 'appended' });
  cluster.settle();
  return next;
}

function grown(): Cluster {
  const cluster = new Cluster(3).start().settle().nominate(1);
  cluster.propose(1, 'a', 'b');
  return cluster.settle();
}

describe('a stop-sign', () => {
  it('[I25] ends the configuration when it is decided: every member starts the next one, with higher ballots', () => {
    const cluster = grown();
    const next = replace(cluster, 1, 3, 4);
    for (const id of [1, 2]) {
      expect(cluster.node(id).view.configuration).toEqual(next);
      expect(cluster.node(id).view.promised.configuration).toBe(2);
    }
    expect(cluster.node(3).view.role).toBe('retired');
  });

  it('[I25] has nothing behind it: proposals are refused while it is undecided', () => {
    const leader = new Probe().leading();
    const next = replaceMember(leader.view.configuration, 3, 4);
    expect(leader.step({ kind: 'reconfigure', configuration: next }).proposed).toMatchObject({ index: 0 });
    expect(leader.propose('behind').proposed).toEqual({ status: 'reconfiguring' });
    expect(leader.step({ kind: 'reconfigure', configuration: next }).proposed).toEqual({
      status: 'reconfiguring',
    });
    expect(leader.view.length).toBe(1);
  });

  it('[I25] found in phase 1 is still the end: what was kept is not appended behind it', () => {
    const proposer = new Probe();
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    proposer.propose('kept');
    const sign = stopSign(replaceMember(proposer.view.configuration, 3, 4));
    const promise = promiseOf(proposer.view.promised, ballot(1, 1), ['x']);
    proposer.receive(1, { ...promise, entries: [sign] } as typeof promise);
    expect(proposer.view.role).toBe('leading');
    expect(proposer.view.length).toBe(1);
  });

  it('must name the next configuration, and all who left as retired', () => {
    const leader = new Probe().leading();
    const { configuration } = leader.view;
    const good = replaceMember(configuration, 3, 4);
    const bad: readonly Configuration[] = [
      { ...good, number: 3 },
      { ...good, retired: [] },
      { ...good, members: [] },
      { ...good, members: [...good.members].reverse() },
      { ...good, retired: [3, 4] },
    ];
    for (const wrong of bad) {
      expect(leader.step({ kind: 'reconfigure', configuration: wrong }).proposed).toMatchObject({
        status: 'invalid',
      });
    }
    expect(leader.view.length).toBe(0);
  });

  it('is not for followers to propose', () => {
    const follower = new Probe().following(1, ballot(1, 1));
    const next = replaceMember(follower.view.configuration, 3, 4);
    expect(follower.step({ kind: 'reconfigure', configuration: next }).proposed).toEqual({
      status: 'not-leader',
      leader: 1,
    });
  });
});

describe('the new member', () => {
  it('[I26] with an empty disk catches up by CatchUp, joins, and votes', () => {
    const cluster = grown();
    const next = replace(cluster, 1, 3, 4);
    cluster.node(3).up = false;
    const joining = cluster.format(4, next);
    cluster.settle().tick(30);
    expect(joining.disk.recovered.hard.admitted).toBe(true);
    const leader = cluster.leader!;
    cluster.propose(leader.id, 'c');
    cluster.settle();
    // Now its vote is needed.
    const other = [1, 2].find((id) => id !== leader.id)!;
    cluster.node(other).up = false;
    cluster.propose(leader.id, 'd');
    cluster.settle().tick(8);
    expect(cluster.applied(4)).toEqual(['a', 'b', '<2>', 'c', 'd']);
  });

  it('[I26] told of the configuration before, learns of the end of it and joins the next', () => {
    const cluster = grown();
    const { configuration } = cluster.node(1).view;
    replace(cluster, 1, 3, 4);
    cluster.node(3).up = false;
    const joining = cluster.format(4, configuration);
    expect(joining.view.role).toBe('passive');
    cluster.settle().tick(40);
    expect(cluster.applied(4)).toEqual(['a', 'b', '<2>']);
    expect(joining.view.configuration.number).toBe(2);
    expect(joining.disk.recovered.hard.admitted).toBe(true);
  });

  it('[I26] cannot begin in a later configuration: two empty disks would be a quorum that has forgotten the first', () => {
    const { configuration } = new Probe().view;
    const hard = { admitted: false, configuration: { ...configuration, number: 2 } };
    expect(() => new Probe({ hard })).toThrow(/empty disk/);
  });

  it('[I26] two new ones of three learn everything before they take part', () => {
    const cluster = grown();
    const { configuration } = cluster.node(1).view;
    const next = { number: 2, members: [1, 4, 5].map((id) => ({ id, priority: 0 })), retired: [2, 3] };
    expect(configuration.number).toBe(1);
    cluster.node(1).step({ kind: 'reconfigure', configuration: next });
    cluster.settle();
    for (const id of [2, 3]) cluster.node(id).up = false;
    for (const id of [4, 5]) cluster.format(id, next);
    cluster.settle().tick(30);
    cluster.node(1).up = false;
    cluster.tick(30);
    cluster.propose(cluster.leader!.id, 'c');
    cluster.settle();
    for (const id of [4, 5]) expect(cluster.applied(id)).toEqual(['a', 'b', '<2>', 'c']);
  });

  it('[I27] is not admitted before all others have answered', () => {
    const cluster = grown();
    const next = replace(cluster, 1, 3, 4);
    cluster.node(3).up = false;
    cluster.cut = ({ from, to }) => [from, to].includes(2);
    const joining = cluster.format(4, next);
    cluster.settle().tick(20);
    expect(joining.view.role).toBe('joining');
    cluster.cut = () => false;
    cluster.tick(30);
    expect(joining.disk.recovered.hard.admitted).toBe(true);
  });

  it('[I27] gives no vote before it is admitted', () => {
    const joining = new Probe({ hard: { admitted: false } });
    expect(joining.view.role).toBe('joining');
    expect(
      joining.hearAndFlush(1, {
        kind: 'prepare',
        ballot: ballot(1, 1),
        accepted: ballot(0, 0, 0),
        length: 0,
        decided: 0,
      }),
    ).toEqual([]);
    joining.receive(1, { kind: 'join-answer', known: 1002 });
    joining.receive(1, { kind: 'join-answer', known: 1002 });
    expect(joining.view.role, 'one replica is one answer').toBe('joining');
    joining.receive(3, { kind: 'join-answer', known: 1002 });
    expect(joining.view.role).toBe('looking');
    joining.flush();
    expect(joining.writes.some((write) => write.hard?.admitted)).toBe(true);
  });

  it('fetches a snapshot if the entries are gone', () => {
    const cluster = grown();
    const next = replace(cluster, 1, 3, 4);
    cluster.node(3).up = false;
    for (const id of [1, 2]) cluster.node(id).trim();
    cluster.format(4, next);
    for (let tick = 0; tick < 40; tick++) cluster.tick().transfer().settle();
    cluster.propose(cluster.leader!.id, 'c');
    cluster.settle();
    expect(cluster.applied(4)).toEqual(['a', 'b', '<2>', 'c']);
  });
});

describe('who was replaced', () => {
  it('[I28] is refused for ever, and takes no part itself', () => {
    const cluster = grown();
    replace(cluster, 1, 3, 4);
    const counter = () => cluster.node(1).view.dropped.get('retired-replica') ?? 0;
    const before = counter();
    const { promised } = cluster.node(1).view;
    const body = {
      kind: 'prepare',
      ballot: ballot(99, 3, 2),
      accepted: ballot(0, 0, 0),
      length: 0,
      decided: 0,
    } as const;
    cluster.deliver({ from: 3, to: 1, configuration: 2, incarnation: 1003, body });
    expect(counter()).toBe(before + 1);
    expect(cluster.node(1).view.promised).toEqual(promised);
    expect(cluster.node(3).step({ kind: 'nominate' }).send).toEqual([]);
    expect(cluster.node(3).view.role).toBe('retired');
  });

  it('[I28] cannot come back under the same id', () => {
    const cluster = grown();
    const next = replace(cluster, 1, 3, 4);
    cluster.node(3).up = false;
    cluster.format(4, next);
    cluster.settle().tick(30);
    const leader = cluster.leader!;
    const back = replaceMember(next, 2, 3);
    expect(leader.step({ kind: 'reconfigure', configuration: back }).proposed).toMatchObject({
      status: 'invalid',
    });
  });
});

describe('who was left behind', () => {
  it('[I29] catches up through two configurations, by decided entries only', () => {
    const cluster = grown();
    cluster.node(2).up = false;
    const second = replace(cluster, 1, 3, 4);
    // 2 is needed to decide in configuration 2, and misses the news of it.
    cluster.node(3).up = false;
    cluster.format(4, second);
    cluster.settle();
    cluster.cut = ({ to, body }) => to === 2 && body.kind === 'decide';
    cluster.node(2).crash();
    cluster.settle().tick(30);
    expect(cluster.node(4).disk.recovered.hard.admitted).toBe(true);
    cluster.cut = () => false;
    cluster.node(2).up = false;
    cluster.nominate(4);
    cluster.propose(4, 'c');
    cluster.settle();
    replace(cluster, 4, 1, 5);
    cluster.propose(4, 'never');
    cluster.node(2).crash();
    cluster.settle().tick(30);
    expect(cluster.node(2).view.configuration.number).toBe(3);
    expect(cluster.applied(2).slice(0, 5)).toEqual(['a', 'b', '<2>', 'c', '<3>']);
  });

  it('[I29] forgets what it had accepted and was not decided, and says no more in the old configuration', () => {
    const cluster = grown();
    cluster.cut = ({ from, to }) => from === 2 || to === 2;
    cluster.network.length = 0;
    // 2 believes to lead and has an entry that nobody else has.
    cluster.node(2).step({ kind: 'nominate' });
    cluster.cut = () => false;
    cluster.settle();
    cluster.cut = ({ from, to }) => from === 2 || to === 2;
    cluster.propose(2, 'lonely');
    cluster.settle();
    expect(cluster.node(2).log).toEqual(['a', 'b', 'lonely']);
    cluster.nominate(1);
    replace(cluster, 1, 3, 4);
    cluster.cut = () => false;
    cluster.settle().tick(20);
    expect(cluster.node(2).log.slice(0, 3)).toEqual(['a', 'b', '<2>']);
    expect(cluster.node(2).view.promised.configuration).toBe(2);
    expect(cluster.history).toHaveLength(3);
  });

  it('asks another one when the one that it asked is gone', () => {
    const cluster = grown();
    const next = replace(cluster, 1, 3, 4);
    cluster.node(3).up = false;
    for (const id of [1, 2]) cluster.node(id).trim();
    const joining = cluster.format(4, next);
    // The offer of a snapshot comes from the first that is asked, which is gone when it is to be fetched.
    while (cluster.fetches.length === 0) cluster.tick();
    const gone = cluster.fetches[0]!.from;
    cluster.fetches.length = 0;
    cluster.node(gone).up = false;
    for (let tick = 0; tick < 20; tick++) cluster.tick().transfer().settle();
    expect(joining.applied).toHaveLength(3);
  });

  it('ends: two that have nothing to tell each other stop to ask', () => {
    const cluster = grown();
    const { configuration } = cluster.node(1).view;
    cluster.format(4, { ...configuration, number: 2 });
    let said = 0;
    cluster.observe = (_node, _event, { send }) => {
      said += send.filter(({ body }) => body.kind === 'catch-up' || body.kind === 'catch-up-request').length;
    };
    cluster.format(5, { number: 2, members: [4, 5].map((id) => ({ id, priority: 0 })), retired: [] });
    cluster.format(4, { number: 2, members: [4, 5].map((id) => ({ id, priority: 0 })), retired: [] });
    cluster.settle().tick(10);
    expect(said).toBeLessThanOrEqual(4 * 11);
  });

  it('asks for what it lacks when it hears from a later configuration', () => {
    const behind = new Probe().following(1, ballot(1, 1));
    const message = acceptOf(ballot(1, 1, 2), 0, ['x']);
    const sent = bodies(behind.receive(1, message, { configuration: 2 }));
    expect(kinds(sent)).toEqual(['catch-up-request']);
    expect(behind.view.length).toBe(0);
    expect(behind.dropped('other-configuration')).toBe(1);
  });
});

describe('a lost disk', () => {
  it('[I30] under the old name is refused by those who counted its votes, and told so', () => {
    const cluster = grown();
    const { configuration } = cluster.node(1).view;
    const heir = cluster.format(3, configuration);
    cluster.settle().tick(5);
    expect(heir.refused).toMatch(/another disk/);
    expect(heir.view.role).toBe('retired');
    expect(heir.disk.recovered.hard.admitted).toBe(false);
  });

  it('[I30] its heir is dropped as reborn, whatever it says', () => {
    const leader = new Probe().leading();
    const { promised } = leader.view;
    leader.propose('a');
    leader.flush();
    leader.receive(1, { kind: 'accepted', ballot: promised, length: 1 }, { incarnation: 6666 });
    expect(leader.view.decided).toBe(0);
    expect(leader.dropped('reborn')).toBe(1);
    // Only its question whether it may join is answered.
    const answer = bodies(leader.receive(1, { kind: 'join' }, { incarnation: 6666 }));
    expect(answer).toEqual([{ kind: 'join-answer', known: 1001 }]);
  });

  it('[I30] its loss is remembered through a restart of those who know', () => {
    const cluster = grown();
    cluster.node(1).crash();
    cluster.settle();
    cluster.deliver({
      from: 3,
      to: 1,
      configuration: 1,
      incarnation: 6666,
      body: { kind: 'ping', sequence: 1, echo: 0 },
    });
    expect(cluster.node(1).view.dropped.get('reborn')).toBe(1);
  });

  it('[I30] of the leader is noticed, too: its followers record it before they promise', () => {
    const cluster = new Cluster(3).start().settle();
    const { configuration } = cluster.node(1).view;
    // a is chosen by 1, its proposer, and 2.
    cluster.cut = ({ from, to }) => from === 3 || to === 3;
    cluster.nominate(1);
    cluster.propose(1, 'a');
    cluster.settle();
    expect(cluster.applied(2)).toEqual(['a']);
    cluster.cut = () => false;
    cluster.node(2).crash();
    const heir = cluster.format(1, configuration);
    cluster.settle().tick(3);
    expect(heir.refused).toMatch(/another disk/);
    expect(heir.view.role).toBe('retired');
    const acceptor = new Probe({ hard: { known: [] } });
    acceptor.hear(1, prepareOf(ballot(1, 1)));
    expect(acceptor.writes.at(-1)?.hard?.known).toEqual([[1, 1001]]);
  });

  it('is cured by a new member', () => {
    const cluster = grown();
    cluster.node(3).up = false;
    const next = replace(cluster, 1, 3, 4);
    cluster.format(4, next);
    cluster.settle().tick(30);
    expect(cluster.applied(4)).toEqual(['a', 'b', '<2>']);
  });
});
