// Owns: what planted faults of the mutation score showed to be untested: old messages and old logs that look like new ones.
// Each test is named after what must not happen. Not here: the statements of the papers (paper/).

import { describe, expect, it } from 'vitest';
import { type Ballot, NO_BALLOT } from '../../../src/paxos/ballot.ts';
import type { Entry } from '../../../src/paxos/entry.ts';
import type { Body, CatchUp } from '../../../src/paxos/message.ts';
import { textOf } from '../cluster.ts';
import { ballot, bodies, entries, kinds, Probe, prepareOf, promiseOf, syncOf } from '../probe.ts';

const [low, middle, high] = [ballot(1, 1), ballot(2, 3), ballot(3, 1)];
const log = ({ view }: Probe) => Array.from({ length: view.length }, (_, index) => textOf(view.entry(index)));
const heartbeat = (at: typeof low, sequence: number, decided = 0): Body => ({
  kind: 'heartbeat',
  ballot: at,
  sequence,
  decided,
});

describe('a replica that promised to a new leader', () => {
  it('confirms nothing to the old one, so that its reads end', () => {
    const follower = new Probe().following(1, low, 'a');
    follower.hearAndFlush(3, prepareOf(middle));
    expect(follower.hearAndFlush(1, heartbeat(low, 7))).toEqual([
      { kind: 'nack', ballot: low, promised: middle },
    ]);
    expect(follower.view.leader).toBe(3);
  });

  it('decides nothing of its old log, however much the new leader calls decided', () => {
    for (const news of [heartbeat(middle, 1, 2), { kind: 'decide', ballot: middle, decided: 2 } as const]) {
      const follower = new Probe().following(1, low, 'x', 'y');
      follower.hearAndFlush(3, prepareOf(middle));
      follower.hear(3, news);
      expect(follower.view.decided).toBe(0);
      follower.hearAndFlush(3, syncOf(middle, ['a', 'b'], 0, 2));
      expect(follower.view.decided).toBe(2);
      expect(log(follower)).toEqual(['a', 'b']);
    }
  });

  it('keeps what it has decided when the new leader synchronises it from below', () => {
    const follower = new Probe().following(1, low, 'a', 'b');
    follower.hear(1, { kind: 'decide', ballot: low, decided: 2 });
    follower.hearAndFlush(3, prepareOf(middle));
    expect(kinds(follower.hearAndFlush(3, syncOf(middle, ['a', 'b', 'c'])))).toEqual(['accepted']);
    expect(log(follower)).toEqual(['a', 'b', 'c']);
    expect(follower.view.decided).toBe(2);
    expect(follower.writes.at(-1)).toMatchObject({ from: 2, entries: entries('c') });
  });

  it('does not join the parts of two synchronisations, even of one leader', () => {
    const follower = new Probe().following(1, low);
    const part = (at: typeof low, from: number, value: string): Body => ({
      ...syncOf(at, [value], from),
      start: 0,
      target: 2,
    });
    const second = ballot(2, 1);
    follower.hearAndFlush(1, prepareOf(second));
    follower.hearAndFlush(1, part(second, 0, 'a'));
    follower.hearAndFlush(1, prepareOf(high));
    follower.hearAndFlush(1, part(high, 1, 'B'));
    expect(log(follower)).toEqual([]);
    expect(follower.view.accepted).toEqual(low);
    follower.hearAndFlush(1, part(high, 0, 'A'));
    expect(kinds(follower.hearAndFlush(1, part(high, 1, 'B')))).toEqual(['accepted']);
    expect(log(follower)).toEqual(['A', 'B']);
  });
});

describe('a late promise', () => {
  it('is synchronised from where both logs are surely equal, not from what the leader appended since', () => {
    const leader = new Probe({
      size: 5,
      hard: { accepted: low, promised: low },
      disk: { entries: entries('a') },
    });
    leader.step({ kind: 'nominate' });
    leader.flush();
    const { promised } = leader.view;
    leader.receive(1, promiseOf(promised, low, ['a']));
    leader.receive(3, promiseOf(promised, low, ['a']));
    leader.propose('b');
    leader.flush();
    expect(log(leader)).toEqual(['a', 'b']);
    // Accepted at the ballot that phase 1 chose, but more of it than phase 1 saw.
    const [sync] = bodies(leader.receive(4, promiseOf(promised, low, ['a', 'z'])));
    expect(sync).toMatchObject({ kind: 'accept-sync', from: 1, entries: entries('b'), target: 2 });
  });
});

describe('decided entries out of band', () => {
  const catchUp = (why: Pick<CatchUp, 'question' | 'leadership'>, said: readonly Entry[]): CatchUp => ({
    kind: 'catch-up',
    ...why,
    from: 0,
    entries: said,
    snapshot: 0,
  });
  const fromLeader = (leadership: Ballot) => ({ question: 0, leadership });

  it('[I37] replace what differs from them', () => {
    const follower = new Probe().following(1, low, 'a', 'x', 'y');
    follower.hearAndFlush(3, prepareOf(middle));
    const before = log(follower);
    follower.hearAndFlush(3, catchUp(fromLeader(low), entries('a', 'b')));
    follower.hearAndFlush(1, catchUp(fromLeader(middle), entries('a', 'b')));
    expect(log(follower), 'only of the leader, at its ballot').toEqual(before);
    follower.hearAndFlush(3, catchUp(fromLeader(middle), entries('a', 'b')));
    expect(log(follower)).toEqual(['a', 'b']);
    expect(follower.view.decided).toBe(2);
    expect(follower.writes.at(-1)).toMatchObject({ from: 1, entries: entries('b') });
  });

  it('of a later configuration end the vote in this one, durably, before anything is forgotten', () => {
    const follower = new Probe().following(1, low, 'a', 'b');
    const { send } = follower.receive(3, catchUp({ question: 0, leadership: NO_BALLOT }, []), {
      configuration: 2,
    });
    const asked = send.map(({ body }) => body).find((body) => body.kind === 'catch-up-request');
    const answer = catchUp({ question: asked!.question, leadership: NO_BALLOT }, entries('a'));
    follower.receive(3, answer, { configuration: 2 });
    expect(log(follower)).toEqual(['a']);
    const { hard, from } = follower.writes.at(-1)!;
    expect(from).toBeLessThan(2);
    expect(hard?.promised).toEqual({ configuration: 2, round: 0, replica: 0 });
    // Also after a restart.
    const again = new Probe({ hard: hard!, disk: { entries: entries('a'), decided: 1 } });
    expect(again.view.role).toBe('passive');
    expect(again.hearAndFlush(3, prepareOf(middle))).toEqual([]);
  });
});
