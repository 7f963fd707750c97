// Owns: "Paxos Made Simple" (Lamport 2001), sections 2.1 to 2.5 and 3, statement by statement, against the real core. One
// `proposal` of the paper is here a log at a ballot; what is said of its value holds for each entry. Not here: what must be
// durable when (persistence.test.ts), the statements P2 … P2c over all schedules (chosen.test.ts).

import { describe, expect, it } from 'vitest';
import { compareBallots } from '../../../src/paxos/ballot.ts';
import { Cluster, textOf } from '../cluster.ts';
import { acceptOf, ballot, bodies, entries, kinds, Probe, prepareOf, promiseOf, syncOf } from '../probe.ts';

const [low, middle, high] = [ballot(1, 1), ballot(2, 3), ballot(3, 1)];
const log = ({ view }: Probe) => Array.from({ length: view.length }, (_, index) => textOf(view.entry(index)));

describe('choosing a value (section 2.2)', () => {
  it('[I1] P1: an acceptor must accept the first proposal that it receives', () => {
    const acceptor = new Probe();
    acceptor.hearAndFlush(1, prepareOf(low));
    const sent = acceptor.hearAndFlush(1, syncOf(low, ['a', 'b']));
    expect(sent).toEqual([{ kind: 'accepted', ballot: low, length: 2 }]);
    expect(log(acceptor)).toEqual(['a', 'b']);
  });

  it('P1, as changed here: the first proposal without its Prepare is asked for again, then accepted', () => {
    const acceptor = new Probe();
    expect(kinds(acceptor.hearAndFlush(1, syncOf(low, ['a'])))).toEqual(['sync-request']);
    expect(kinds(acceptor.hearAndFlush(1, prepareOf(low)))).toEqual(['promise']);
    expect(kinds(acceptor.hearAndFlush(1, syncOf(low, ['a'])))).toEqual(['accepted']);
  });

  it('[I1] P1a: an acceptor accepts a proposal numbered n if it has not responded to a Prepare numbered greater than n', () => {
    const acceptor = new Probe();
    acceptor.hearAndFlush(3, prepareOf(middle));
    for (const old of [syncOf(low, ['a']), acceptOf(low, 0, ['a'])]) {
      expect(acceptor.hearAndFlush(1, old)).toEqual([{ kind: 'nack', ballot: low, promised: middle }]);
      expect(log(acceptor)).toEqual([]);
    }
    expect(kinds(acceptor.hearAndFlush(3, syncOf(middle, ['b'])))).toEqual(['accepted']);
    expect(acceptor.dropped('stale-ballot')).toBe(2);
  });

  it('[I2] P1a: the answer to a Prepare is a promise never to be taken back', () => {
    const acceptor = new Probe();
    acceptor.hearAndFlush(1, prepareOf(high));
    for (const old of [low, middle]) {
      expect(acceptor.hearAndFlush(old.replica, prepareOf(old))).toEqual([
        { kind: 'nack', ballot: old, promised: high },
      ]);
      expect(acceptor.view.promised).toEqual(high);
    }
  });

  it('[I3] P2c: the log at n is that of the highest-numbered proposal accepted by a majority, or free', () => {
    const accepted: readonly (readonly [number, ReturnType<typeof promiseOf>, ...string[]])[] = [
      [1, promiseOf(high, ballot(0, 0, 0), []), 'x'],
      [1, promiseOf(high, low, ['a', 'b', 'c']), 'x'],
      [2, promiseOf(high, middle, ['a', 'y']), 'a', 'y'],
      [2, promiseOf(high, ballot(1, 2), ['p', 'q', 'r', 's']), 'p', 'q', 'r', 's'],
      [2, promiseOf(high, ballot(1, 2), []), 'x'],
    ];
    for (const [, promise, ...expected] of accepted) {
      // The proposer itself has accepted [x] at 1.1.2.
      const proposer = new Probe({
        hard: { accepted: ballot(1, 2), promised: middle },
        disk: { entries: entries('x') },
      });
      proposer.step({ kind: 'nominate' });
      proposer.flush();
      proposer.receive(1, { ...promise, ballot: proposer.view.promised } as typeof promise);
      expect(proposer.view.role).toBe('leading');
      expect(log(proposer)).toEqual(expected);
      expect(proposer.view.accepted).toEqual(proposer.view.promised);
    }
  });

  it('[I3] P2c: of two logs accepted at one number the longer one, whoever has it', () => {
    const proposer = new Probe({
      size: 5,
      hard: { accepted: low, promised: low },
      disk: { entries: entries('a', 'b') },
    });
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    const { promised } = proposer.view;
    proposer.receive(1, promiseOf(promised, low, ['a']));
    proposer.receive(4, {
      kind: 'promise',
      ballot: promised,
      accepted: low,
      length: 3,
      decided: 0,
      from: 2,
      entries: entries('c'),
    });
    expect(log(proposer)).toEqual(['a', 'b', 'c']);
  });
});

describe('the algorithm (section 2.2, phases)', () => {
  it('phase 1a: a proposer selects a number and sends a Prepare to a majority of acceptors', () => {
    const proposer = new Probe({ hard: { promised: middle } });
    proposer.step({ kind: 'nominate' });
    const sent = proposer.flush();
    expect(kinds(sent)).toEqual(['prepare', 'prepare']);
    expect(sent.every((body) => body.kind === 'prepare' && compareBallots(body.ballot, middle) > 0)).toBe(
      true,
    );
  });

  it('[I4] phase 1a: each proposer selects from a set of numbers of its own, each number once (section 2.5)', () => {
    const seen: string[] = [];
    let hard = {};
    for (let life = 0; life < 3; life++) {
      const proposer = new Probe({ hard });
      proposer.step({ kind: 'nominate' });
      proposer.flush();
      const { promised } = proposer.view;
      expect(promised.replica).toBe(2);
      seen.push(`${promised.round}`);
      hard = { promised };
    }
    expect(new Set(seen).size).toBe(3);
  });

  it('phase 1b: responds with a promise, and with the highest-numbered proposal that it has accepted', () => {
    const acceptor = new Probe().following(1, low, 'a', 'b');
    expect(acceptor.hearAndFlush(3, prepareOf(middle))).toEqual([
      {
        kind: 'promise',
        ballot: middle,
        accepted: low,
        length: 2,
        decided: 0,
        from: 0,
        entries: entries('a', 'b'),
      },
    ]);
  });

  it('phase 1b: a Prepare may be ignored; a repeated one at the promised number gets its answer again', () => {
    const acceptor = new Probe().following(3, middle, 'a');
    expect(kinds(acceptor.hearAndFlush(3, prepareOf(middle)))).toEqual(['promise']);
    expect(kinds(acceptor.hearAndFlush(1, prepareOf(low)))).toEqual(['nack']);
  });

  it('[I3] phase 2a: nothing is proposed before a majority has answered, not even what is accepted already', () => {
    const proposer = new Probe({
      size: 5,
      hard: { accepted: low, promised: low },
      disk: { entries: entries('a') },
    });
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    const { promised } = proposer.view;
    expect(proposer.propose('b').proposed).toEqual({ status: 'kept' });
    expect(proposer.hearAndFlush(1, promiseOf(promised))).toEqual([]);
    // The same vote twice is one vote.
    expect(proposer.hearAndFlush(1, promiseOf(promised))).toEqual([]);
    expect(proposer.view.role).toBe('preparing');
    const sent = bodies(proposer.receive(3, promiseOf(promised)));
    expect(sent.map((body) => body.kind === 'accept-sync' && body.entries.map(textOf))).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('phase 2b: accepts unless it has responded to a Prepare of a greater number meanwhile', () => {
    const acceptor = new Probe();
    acceptor.hearAndFlush(1, prepareOf(low));
    acceptor.hearAndFlush(3, prepareOf(middle));
    expect(kinds(acceptor.hearAndFlush(1, syncOf(low, ['a'])))).toEqual(['nack']);
    expect(acceptor.view.length).toBe(0);
  });

  it('a proposer can abandon a proposal at any time: who is told of a greater number begins anew, above it', () => {
    const proposer = new Probe().leading();
    const before = proposer.view.promised;
    proposer.receive(1, { kind: 'nack', ballot: before, promised: ballot(9, 1) });
    expect(proposer.view.role).toBe('preparing');
    expect(proposer.view.promised).toEqual(ballot(10, 2));
  });
});

describe('learning a chosen value (section 2.3)', () => {
  it('[I5] a proposal is chosen when a majority has accepted it, and not before', () => {
    const leader = new Probe({ size: 5 }).leading();
    const { promised } = leader.view;
    leader.propose('a');
    leader.flush();
    expect(leader.view.decided).toBe(0);
    leader.receive(1, { kind: 'accepted', ballot: promised, length: 1 });
    leader.receive(1, { kind: 'accepted', ballot: promised, length: 1 });
    expect(leader.view.decided).toBe(0);
    leader.receive(4, { kind: 'accepted', ballot: promised, length: 1 });
    expect(leader.view.decided).toBe(1);
  });

  it('acceptors inform a distinguished learner, which informs the others', () => {
    const cluster = new Cluster(3).start().settle().nominate(2);
    cluster.propose(2, 'a');
    const toLearner: number[] = [];
    cluster.settleOnly((message) => {
      if (message.body.kind === 'accepted') toLearner.push(message.to);
      return message.body.kind !== 'decide';
    });
    expect(new Set(toLearner)).toEqual(new Set([2]));
    expect(cluster.applied(2)).toEqual(['a']);
    expect(cluster.applied(1)).toEqual([]);
    cluster.settle();
    expect(cluster.applied(1)).toEqual(['a']);
  });

  it('because of lost messages a value could be chosen with no learner finding out; the next proposer does', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.propose(1, 'a');
    cluster.settleOnly(({ body }) => body.kind === 'accept');
    cluster.network = [];
    expect(cluster.history).toEqual([]);
    cluster.node(1).up = false;
    cluster.nominate(2);
    expect(cluster.applied(2)).toEqual(['a']);
  });
});

describe('progress (section 2.4)', () => {
  /** Phase 1 of `id`, and nothing else. */
  const phaseOne = (cluster: Cluster, id: number) => {
    cluster.node(id).step({ kind: 'nominate' });
    cluster.settleOnly(({ body }) => body.kind === 'prepare' || body.kind === 'promise');
  };

  it('two proposers that keep issuing proposals with increasing numbers decide nothing; a single one does', () => {
    const rounds = 200;
    const cluster = new Cluster(3).start().settle();
    for (let round = 0; round < rounds; round++) {
      const [mine, other] = round % 2 === 0 ? [1, 2] : [2, 1];
      phaseOne(cluster, mine!);
      expect(cluster.node(mine!).view.role).toBe('leading');
      cluster.propose(mine!, `v${round}`);
      // Before anything of phase 2 arrives, the other one is through with phase 1.
      phaseOne(cluster, other!);
    }
    expect(cluster.history).toEqual([]);
    expect(cluster.node(3).view.promised.round).toBeGreaterThanOrEqual(rounds);
    cluster.settle();
    cluster.nominate(1);
    cluster.propose(1, 'at last');
    cluster.settle();
    expect(cluster.applied(3).at(-1)).toBe('at last');
  });

  it('with a distinguished proposer that can talk to a majority everything proposed is decided', () => {
    const cluster = new Cluster(5).start().settle();
    cluster.cut = ({ from, to }) => [from, to].some((id) => id > 3);
    cluster.nominate(3);
    for (let i = 0; i < 20; i++) cluster.propose(3, `${i}`);
    cluster.settle();
    expect(cluster.applied(3)).toHaveLength(20);
  });
});

describe('a state machine (section 3)', () => {
  it('phase 1 is executed once for all instances of a leadership', () => {
    const cluster = new Cluster(3).start().settle();
    // Each has counted the others' votes before, so nobody is asked twice.
    cluster.nominate(2).nominate(1);
    let prepares = 0;
    cluster.observe = (_node, _event, effects) => {
      prepares += effects.send.filter(({ body }) => body.kind === 'prepare').length;
    };
    cluster.nominate(2);
    for (let i = 0; i < 100; i++) {
      cluster.propose(2, `${i}`);
      cluster.settle();
    }
    expect(cluster.applied(1)).toHaveLength(100);
    expect(prepares, 'one to each other replica').toBe(2);
  });

  it('no instance is chosen before those in front of it: an old leader leaves no gaps to fill', () => {
    const acceptor = new Probe().following(1, low, 'a');
    expect(kinds(acceptor.hearAndFlush(1, acceptOf(low, 3, ['d'])))).toEqual(['sync-request']);
    expect(log(acceptor)).toEqual(['a']);
  });
});
