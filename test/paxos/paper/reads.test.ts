// Owns: linearizable reads without a log entry (ReadIndex: Ongaro, "Consensus: bridging theory and practice", 2014, section
// 6.4), statement by statement, with ballots for terms. Not here: linearizability over whole histories (simulation).

import { describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { ballot, bodies, entries, Probe, promiseOf } from '../probe.ts';

const heartbeatAck = (leader: Probe, sequence: number) =>
  ({ kind: 'heartbeat-ack', ballot: leader.view.promised, sequence, length: 0 }) as const;

/** The number of the last heartbeat among `sent`. */
function sequenceOf(sent: ReturnType<typeof bodies>): number {
  return sent.findLast((body) => body.kind === 'heartbeat')?.sequence ?? 0;
}

describe('a read at the leader', () => {
  it('[I19] is answered only when a quorum has confirmed the ballot after the read arrived', () => {
    const leader = new Probe({ size: 5 }).leading();
    const round = sequenceOf(bodies(leader.step({ kind: 'read', token: 1 })));
    expect(leader.receive(1, heartbeatAck(leader, round)).reads).toEqual([]);
    expect(leader.receive(1, heartbeatAck(leader, round)).reads, 'one replica is one voice').toEqual([]);
    expect(leader.receive(4, heartbeatAck(leader, round)).reads).toEqual([{ token: 1, index: 0 }]);
  });

  it('[I19] is not confirmed by a round that was under way when it arrived', () => {
    const leader = new Probe().leading();
    const first = sequenceOf(bodies(leader.step({ kind: 'read', token: 1 })));
    leader.step({ kind: 'read', token: 2 });
    const answered = leader.receive(1, heartbeatAck(leader, first));
    expect(answered.reads).toEqual([{ token: 1, index: 0 }]);
    const second = sequenceOf(bodies(answered));
    expect(second).toBe(first + 1);
    expect(leader.receive(1, heartbeatAck(leader, second)).reads).toEqual([{ token: 2, index: 0 }]);
  });

  it('[I19] is not confirmed by an acknowledgement of another ballot', () => {
    const leader = new Probe().leading();
    const round = sequenceOf(bodies(leader.step({ kind: 'read', token: 1 })));
    const old = { ...heartbeatAck(leader, round), ballot: ballot(7, 2) };
    expect(leader.receive(1, old).reads).toEqual([]);
    expect(leader.dropped('stale-ballot')).toBe(1);
  });

  it('[I19] has the index of what was decided when it arrived, and costs no entry', () => {
    const leader = new Probe().leading();
    leader.propose('a', 'b');
    leader.flush();
    leader.receive(1, { kind: 'accepted', ballot: leader.view.promised, length: 1 });
    const round = sequenceOf(bodies(leader.step({ kind: 'read', token: 1 })));
    leader.receive(1, { kind: 'accepted', ballot: leader.view.promised, length: 2 });
    expect(leader.receive(1, heartbeatAck(leader, round)).reads).toEqual([{ token: 1, index: 1 }]);
    expect(leader.view.length).toBe(2);
  });

  it('[I20] of a new leader waits for all that phase 1 found, because some of it may be decided', () => {
    const leader = new Probe({
      hard: { accepted: ballot(1, 1), promised: ballot(1, 1) },
      disk: { entries: entries('a', 'b') },
    });
    leader.leading();
    expect(leader.view.decided).toBe(0);
    const round = sequenceOf(bodies(leader.step({ kind: 'read', token: 1 })));
    expect(leader.receive(3, heartbeatAck(leader, round)).reads).toEqual([{ token: 1, index: 2 }]);
  });

  it('[I20] is refused while phase 1 is not done', () => {
    const proposer = new Probe();
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    expect(proposer.view.role).toBe('preparing');
    expect(proposer.step({ kind: 'read', token: 1 }).reads).toEqual([{ token: 1, index: -1 }]);
  });

  it('many reads share one round', () => {
    const leader = new Probe().leading();
    const first = sequenceOf(bodies(leader.step({ kind: 'read', token: 0 })));
    for (let token = 1; token <= 50; token++)
      expect(bodies(leader.step({ kind: 'read', token }))).toEqual([]);
    const second = sequenceOf(bodies(leader.receive(1, heartbeatAck(leader, first))));
    expect(leader.receive(3, heartbeatAck(leader, second)).reads).toHaveLength(50);
  });

  it('of a cluster of one is answered at once', () => {
    const leader = new Probe({ size: 1, id: 1, hard: { known: [] } });
    leader.flush();
    expect(leader.view.role).toBe('leading');
    expect(leader.step({ kind: 'read', token: 4 }).reads).toEqual([{ token: 4, index: 0 }]);
  });
});

describe('every read ends', () => {
  it('[I21] those of a deposed leader fail', () => {
    const leader = new Probe().leading();
    leader.step({ kind: 'read', token: 1 });
    const higher = ballot(9, 3);
    const deposed = leader.receive(3, {
      kind: 'prepare',
      ballot: higher,
      accepted: higher,
      length: 0,
      decided: 0,
    });
    expect(deposed.reads).toEqual([{ token: 1, index: -1 }]);
  });

  it('[I21] those of a leader that cannot reach a quorum fail in bounded time', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.tick(2);
    cluster.cut = ({ from, to }) => from === 1 || to === 1;
    const old = cluster.node(1);
    old.step({ kind: 'read', token: 1 });
    for (let ticks = 0; ticks < 6; ticks++) old.step({ kind: 'tick' });
    expect(old.view.role).toBe('looking');
    expect(old.reads).toEqual([{ token: 1, index: -1 }]);
    old.step({ kind: 'read', token: 2 });
    expect(old.reads.at(-1)).toEqual({ token: 2, index: -1 });
  });

  it('[I19] a leader that is deposed and does not know it answers nothing from its old state', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.cut = ({ from, to }) => from === 1 || to === 1;
    cluster.nominate(2);
    cluster.propose(2, 'new');
    cluster.settle();
    expect(cluster.applied(3)).toEqual(['new']);
    cluster.node(1).step({ kind: 'read', token: 1 });
    cluster.settle();
    expect(cluster.node(1).view.role).toBe('leading');
    expect(cluster.node(1).reads).toEqual([]);
  });

  it('[I21] a forwarded read whose answer is lost is given up after some ticks', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.cut = ({ body }) => body.kind === 'read-answer';
    cluster.node(2).step({ kind: 'read', token: 5 });
    cluster.settle();
    expect(cluster.node(2).reads).toEqual([]);
    cluster.tick(8);
    expect(cluster.node(2).view.role).toBe('following');
    expect(cluster.node(2).reads).toEqual([{ token: 5, index: -1 }]);
  });

  it('[I21] above the limit of waiting reads more are refused', () => {
    const leader = new Probe({ limits: { pendingReads: 2 } }).leading();
    for (const token of [1, 2]) expect(leader.step({ kind: 'read', token }).reads).toEqual([]);
    expect(leader.step({ kind: 'read', token: 3 }).reads).toEqual([{ token: 3, index: -1 }]);
  });

  it('[I21] with nobody to ask it fails at once', () => {
    expect(new Probe().step({ kind: 'read', token: 1 }).reads).toEqual([{ token: 1, index: -1 }]);
  });
});

describe('a read at a follower', () => {
  it('is forwarded, confirmed by the leader, and answered here under its own token', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.propose(1, 'a', 'b');
    cluster.settle();
    cluster.node(3).step({ kind: 'read', token: 77 });
    expect(cluster.node(3).reads).toEqual([]);
    cluster.settle();
    expect(cluster.node(3).reads).toEqual([{ token: 77, index: 2 }]);
  });

  it('an answer that was not asked for in this life is nobody’s', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.node(2).step({ kind: 'read', token: 7 });
    const late = cluster.settleOnly(({ body }) => body.kind !== 'read-answer').take(() => true);
    expect(late).toHaveLength(1);
    cluster.node(2).crash();
    cluster.settle().tick(5);
    cluster.node(2).step({ kind: 'read', token: 8 });
    for (const message of late) cluster.deliver(message);
    expect(cluster.node(2).reads).toEqual([]);
    cluster.settle();
    expect(cluster.node(2).reads).toEqual([{ token: 8, index: 0 }]);
  });

  it('that asks one who does not lead is told so, and fails', () => {
    const asked = new Probe().following(1, ballot(1, 1));
    const sent = bodies(asked.receive(3, { kind: 'read-ask', ballot: ballot(1, 2), token: 9 }));
    expect(sent).toEqual([expect.objectContaining({ kind: 'read-answer', token: 9, index: -1 })]);
  });

  it('a promise to a proposer is no confirmation for it', () => {
    const proposer = new Probe({ size: 5 });
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    for (const from of [1, 3]) proposer.receive(from, promiseOf(proposer.view.promised));
    expect(proposer.view.role).toBe('leading');
    expect(proposer.step({ kind: 'read', token: 1 }).reads).toEqual([]);
  });
});
