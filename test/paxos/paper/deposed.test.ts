// Owns: what a proposer does when it learns from an acceptor that others have gone on without it. Each of these was an
// assertion that ended the process, or a state that nothing led out of.

import { describe, expect, it } from 'vitest';
import { type Ballot, NO_BALLOT } from '../../../src/paxos/ballot.ts';
import type { Promise1b } from '../../../src/paxos/message.ts';
import { ballot, bodies, entries, Probe, prepareOf, promiseOf } from '../probe.ts';

const low = ballot(1, 1);

function promised1b(at: Ballot, accepted: Ballot, more: Partial<Promise1b>): Promise1b {
  return { kind: 'promise', ballot: at, accepted, length: 0, decided: 0, from: 0, entries: [], ...more };
}

describe('a deposed proposer', () => {
  it('[I38] looks again if a promise knows more to be decided than the best log of the quorum has', () => {
    const proposer = new Probe({ id: 2, size: 5 });
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    const { promised } = proposer.view;
    proposer.receive(1, promiseOf(promised, low, ['w']));
    // A new member that learned of two decided entries, and accepted at no ballot.
    const learned = promised1b(promised, NO_BALLOT, { length: 2, decided: 2, from: 2 });
    proposer.receive(4, learned);
    expect(proposer.view.role).toBe('looking');
    expect(proposer.view.decided).toBe(0);
  });

  it('looks again if a late promise knows more to be decided than its own log has', () => {
    const leader = new Probe({ id: 2, size: 5 });
    leader.step({ kind: 'nominate' });
    leader.flush();
    const { promised } = leader.view;
    for (const id of [1, 3]) leader.receive(id, promiseOf(promised, low, ['w']));
    expect(leader.view.role).toBe('leading');
    leader.receive(4, promised1b(promised, NO_BALLOT, { length: 9, decided: 9, from: 9 }));
    expect(leader.view.role).toBe('looking');
  });
});

describe('phase 1', () => {
  it('keeps what was proposed when it begins again above a higher promise', () => {
    const proposer = new Probe({ id: 2 });
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    proposer.step({ kind: 'propose', entries: entries('kept') });
    const first = proposer.view.promised;
    proposer.receive(1, { kind: 'nack', ballot: first, promised: ballot(8, 3) });
    proposer.flush();
    proposer.receive(3, promiseOf(proposer.view.promised, ballot(0, 0), []));
    expect(proposer.view).toMatchObject({ role: 'leading', length: 1 });
  });

  it('has patience as long as parts of a promise come in', () => {
    const proposer = new Probe({ id: 2 });
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    const { promised } = proposer.view;
    for (let part = 0; part < 40; part++) {
      expect(proposer.view.role, `before part ${part}`).toBe('preparing');
      proposer.receive(1, promised1b(promised, low, { length: 40, from: part, entries: entries(`${part}`) }));
      proposer.step({ kind: 'tick' });
    }
    expect(proposer.view).toMatchObject({ role: 'leading', length: 40 });
  });
});

describe('a damaged replica', () => {
  it('tells a leader below its promise, so that the leader goes above it', () => {
    const damaged = new Probe({ hard: { promised: ballot(9, 3), damaged: true } });
    const sent = bodies(damaged.receive(1, { kind: 'heartbeat', ballot: low, sequence: 1, decided: 0 }));
    expect(sent).toMatchObject([{ kind: 'sync-request', promised: ballot(9, 3) }]);
    expect(sent[0]).not.toMatchObject({ damaged: 0 });
  });

  it('that is alone says that nobody can repair it', () => {
    const { replica } = new Probe({ id: 1, size: 1 });
    expect(replica.view.role).not.toBe('recovering');
    const alone = new Probe({ id: 1, size: 1, hard: { damaged: true } });
    expect(alone.view.role).toBe('recovering');
    expect(alone.refused).toMatch(/no other replica/);
  });
});

describe('a leader', () => {
  it('does not send the same synchronisation again and again to who asks again and again', () => {
    const leader = new Probe({ id: 2 });
    leader.step({ kind: 'nominate' });
    leader.flush();
    const { promised } = leader.view;
    leader.receive(1, promiseOf(promised, ballot(0, 0), []));
    leader.step({ kind: 'propose', entries: entries(...Array.from({ length: 100 }, (_, i) => `${i}`)) });
    leader.flush();
    const request = { kind: 'sync-request', promised, decided: 0, damaged: 77, staged: 0 } as const;
    let sent = 0;
    for (let i = 0; i < 20; i++) {
      for (const body of bodies(leader.receive(3, request)))
        if ('entries' in body) sent += body.entries.length;
    }
    expect(sent).toBe(100);
  });
});

it('a follower with a log that ends before the snapshot takes it at once, and goes on from there', () => {
  const follower = new Probe().following(1, low, 'a', 'b');
  follower.hearAndFlush(3, prepareOf(ballot(2, 3)));
  const { configuration } = follower.view;
  const sent = bodies(follower.step({ kind: 'snapshot-staged', index: 10, configuration }));
  expect(follower.view).toMatchObject({ offset: 10, length: 10, decided: 10 });
  expect(sent).toMatchObject([{ kind: 'sync-request', decided: 10 }]);
});
