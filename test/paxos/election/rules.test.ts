// Owns: one test or more for each rule in the header of src/paxos/election.ts, by its number.

import { describe, expect, it } from 'vitest';
import { PAXOS_TICKS } from '../../../src/paxos/limits.ts';
import { candidate, Voter, vote } from './voter.ts';

describe('the seven rules of fast leader election', () => {
  it('1. first I vote for myself and tell everyone', () => {
    const voter = new Voter(2, 3);
    expect(voter.look()).toBe(0);
    expect(voter.told()).toEqual({ 1: '1:looking:2', 3: '1:looking:2' });
    expect(voter.election).toMatchObject({ state: 'looking', leader: 0, round: 1 });
  });

  it('1. each start is a new round', () => {
    const voter = new Voter(2, 3).looking();
    voter.look();
    expect(voter.told()).toEqual({ 1: '2:looking:2', 3: '2:looking:2' });
  });

  it('2. a worse proposal is answered with my present vote', () => {
    const voter = new Voter(3, 5).looking();
    voter.receive(1, vote(1, 1));
    expect(voter.told()).toEqual({ 1: '1:looking:3' });
    voter.receive(2, vote(1, undefined));
    expect(voter.told()).toEqual({ 2: '1:looking:3' });
  });

  it('2. an equal proposal is answered once: a repetition ends there', () => {
    const voter = new Voter(3, 5).looking();
    voter.receive(1, vote(1, 3));
    expect(voter.told()).toEqual({ 1: '1:looking:3' });
    voter.receive(1, vote(1, 3));
    expect(voter.told()).toEqual({});
  });

  it('2. a proposal of an old round is answered with my round', () => {
    const voter = new Voter(3, 3).looking();
    voter.look();
    voter.told();
    expect(voter.receive(2, vote(1, 2))).toBe(0);
    expect(voter.told()).toEqual({ 2: '2:looking:3' });
  });

  it('3. one vote each: a repeated vote counts once', () => {
    const voter = new Voter(3, 5).looking();
    expect(voter.receive(1, vote(1, 3))).toBe(0);
    expect(voter.receive(1, vote(1, 3))).toBe(0);
    expect(voter.receive(2, vote(1, 3))).toBe(3);
  });

  it('3. votes of an old round are refused', () => {
    const voter = new Voter(3, 3).looking();
    voter.look();
    expect(voter.receive(1, vote(1, 3))).toBe(0);
    expect(voter.receive(2, vote(1, 3))).toBe(0);
    expect(voter.receive(2, vote(2, 3))).toBe(3);
  });

  it('3. a late vote does not replace a newer one of the same replica', () => {
    const voter = new Voter(3, 5).looking();
    voter.receive(1, vote(1, 3));
    voter.receive(1, vote(1, 1));
    expect(voter.receive(2, vote(1, 3))).toBe(3);
  });

  it('3. a result is not replaced by a late vote of the same round', () => {
    const voter = new Voter(5, 5).looking();
    voter.receive(1, vote(1, 2, 'following'));
    voter.receive(1, vote(1, 5));
    expect(voter.receive(3, vote(1, 5))).toBe(0);
    expect(voter.receive(4, vote(1, 5))).toBe(5);
  });

  it('4. a better candidate empties the box, and I vote again and tell everyone', () => {
    const voter = new Voter(3, 5, candidate(3, 7)).looking();
    voter.receive(1, vote(1, candidate(3, 7)));
    voter.told();
    expect(voter.receive(2, vote(1, candidate(2, 8)))).toBe(0);
    expect(voter.told()).toEqual({
      1: '1:looking:2',
      2: '1:looking:2',
      4: '1:looking:2',
      5: '1:looking:2',
    });
    // 1's vote for 3 is gone; 2 and I are two of five.
    expect(voter.receive(4, vote(1, candidate(4, 1)))).toBe(0);
    expect(voter.receive(1, vote(1, candidate(2, 8)))).toBe(2);
  });

  it('4. my own candidate counts from when I can offer one', () => {
    const voter = new Voter(3, 5, 'none').looking();
    voter.receive(1, vote(1, 1));
    voter.told();
    voter.own = candidate(3);
    voter.tick();
    expect(voter.told()).toMatchObject({ 1: '1:looking:3', 2: '1:looking:3', 4: '1:looking:3' });
  });

  it('5. a higher round empties the box and I vote again in it', () => {
    const voter = new Voter(3, 5).looking();
    voter.receive(1, vote(1, 3));
    voter.told();
    expect(voter.receive(2, vote(4, 2))).toBe(0);
    expect(voter.told()).toMatchObject({ 1: '4:looking:3', 2: '4:looking:3' });
    expect(voter.receive(2, vote(4, 3))).toBe(0);
    expect(voter.receive(4, vote(4, 3))).toBe(3);
  });

  it('5. in a higher round I vote for the better of its candidate and myself, not for that of the old round', () => {
    const voter = new Voter(1, 5).looking();
    voter.receive(5, vote(1, 5));
    voter.told();
    voter.receive(3, vote(2, 3));
    expect(voter.told()).toMatchObject({ 2: '2:looking:3' });
  });

  it('6. half of the votes is not enough', () => {
    const voter = new Voter(4, 4).looking();
    expect(voter.receive(1, vote(1, 4))).toBe(0);
    expect(voter.receive(2, vote(1, 4))).toBe(4);
  });

  it('6. others elect nobody who has not voted for itself in my hearing', () => {
    const voter = new Voter(1, 3).looking();
    expect(voter.receive(2, vote(1, 3))).toBe(0);
    expect(voter.election.state).toBe('looking');
    expect(voter.receive(3, vote(1, 3))).toBe(3);
  });

  it('6. a result of the same round counts as a vote', () => {
    const voter = new Voter(3, 3).looking();
    expect(voter.receive(1, vote(1, 3, 'following'))).toBe(3);
  });

  it('6. a cluster of one elects itself at once', () => {
    const voter = new Voter(1, 1);
    expect(voter.look()).toBe(1);
    expect(voter.election).toMatchObject({ state: 'leading', leader: 1 });
  });

  it('7. the winner leads and answers everyone so', () => {
    const voter = new Voter(3, 3).looking();
    expect(voter.receive(1, vote(1, 3))).toBe(3);
    expect(voter.election).toMatchObject({ state: 'leading', leader: 3 });
    expect(voter.told()).toEqual({ 1: '1:leading:3' });
    voter.receive(2, vote(1, 2));
    expect(voter.told()).toEqual({ 2: '1:leading:3' });
  });

  it('7. the others follow and answer everyone so', () => {
    const voter = new Voter(1, 3).looking();
    expect(voter.receive(3, vote(1, 3))).toBe(3);
    expect(voter.election).toMatchObject({ state: 'following', leader: 3 });
    voter.told();
    voter.receive(2, vote(1, 2));
    expect(voter.told()).toEqual({ 2: '1:following:3' });
  });

  it('7. results are not answered: two settled replicas stay silent', () => {
    const voter = new Voter(1, 3).looking();
    voter.settle(3);
    voter.receive(2, vote(1, 3, 'following'));
    expect(voter.told()).toEqual({});
  });
});

describe('what production taught', () => {
  it('8. a settled replica does not change its mind because of a vote', () => {
    const voter = new Voter(1, 3).looking();
    voter.settle(2);
    expect(voter.receive(3, vote(9, candidate(3, 99)))).toBe(0);
    expect(voter.receive(2, vote(9, candidate(3, 99)))).toBe(0);
    expect(voter.receive(3, vote(9, 3, 'leading'))).toBe(0);
    expect(voter.election).toMatchObject({ state: 'following', leader: 2 });
    expect(voter.told()).toEqual({ 2: '1:following:2', 3: '1:following:2' });
  });

  it('8. nor because of the votes of third replicas before the first message of the leader', () => {
    const voter = new Voter(1, 3).looking();
    voter.receive(2, vote(1, 2));
    voter.receive(3, vote(9, 3));
    expect(voter.election).toMatchObject({ state: 'following', leader: 2 });
  });

  it('8. but looks again if the elected one itself goes on looking before it has led', () => {
    const voter = new Voter(1, 3).looking();
    expect(voter.receive(2, vote(1, 2))).toBe(2);
    voter.told();
    expect(voter.receive(2, vote(1, 3))).toBe(0);
    expect(voter.election).toMatchObject({ state: 'looking', leader: 0, round: 2 });
    expect(voter.told()).toEqual({ 2: '2:looking:3', 3: '2:looking:3' });
  });

  it('8. or if it starts over', () => {
    const voter = new Voter(1, 3).looking();
    voter.receive(2, vote(1, 2));
    expect(voter.receive(2, vote(3, 2))).toBe(2);
    expect(voter.election).toMatchObject({ state: 'following', round: 3 });
  });

  it('8. a late vote from before it was elected is no reason', () => {
    const voter = new Voter(1, 3).looking();
    voter.receive(2, vote(1, 2));
    voter.receive(2, vote(1, 2));
    voter.receive(2, vote(0, 1));
    expect(voter.election).toMatchObject({ state: 'following', leader: 2, round: 1 });
  });

  it('9. who hears a quorum name one leader, and the leader, joins, whatever the rounds', () => {
    const voter = new Voter(5, 5).looking();
    expect(voter.receive(1, vote(7, 2, 'following'))).toBe(0);
    expect(voter.receive(2, vote(8, 2, 'leading'))).toBe(0);
    expect(voter.receive(3, vote(3, 2, 'following'))).toBe(2);
    expect(voter.election).toMatchObject({ state: 'following', leader: 2 });
  });

  it('9. nobody joins on hearsay', () => {
    const voter = new Voter(5, 5).looking();
    for (const follower of [1, 3, 4]) expect(voter.receive(follower, vote(7, 2, 'following'))).toBe(0);
    expect(voter.election.state).toBe('looking');
  });

  it('9. nor a leader without a quorum', () => {
    const voter = new Voter(5, 5).looking();
    expect(voter.receive(2, vote(7, 2, 'leading'))).toBe(0);
    expect(voter.receive(1, vote(7, 2, 'following'))).toBe(0);
    expect(voter.receive(1, vote(7, 2, 'following'))).toBe(0);
    expect(voter.election.state).toBe('looking');
  });

  it('10. who may not lead offers no candidate', () => {
    const voter = new Voter(3, 3, 'none');
    voter.look();
    expect(voter.told()).toEqual({ 1: '1:looking:none', 2: '1:looking:none' });
  });

  it('10. but passes on the votes of others', () => {
    const voter = new Voter(3, 3, 'none').looking();
    voter.receive(1, vote(1, 1));
    expect(voter.told()).toMatchObject({ 2: '1:looking:1' });
  });

  it('10. who cannot lead any more withdraws by a new round', () => {
    const voter = new Voter(3, 3).looking();
    voter.own = undefined;
    expect(voter.receive(1, vote(1, 3))).toBe(0);
    expect(voter.told()).toEqual({ 1: '2:looking:none', 2: '2:looking:none' });
  });

  it('10. without waiting for a vote', () => {
    const voter = new Voter(3, 3).looking();
    voter.own = undefined;
    voter.tick();
    expect(voter.told()).toEqual({ 1: '2:looking:none', 2: '2:looking:none' });
  });

  it('11. a round without a result ends, and the next starts without its candidates', () => {
    const voter = new Voter(1, 3).looking();
    voter.receive(2, vote(1, 3));
    let ticks = 0;
    for (; voter.election.round === 1; ticks++) voter.tick();
    expect(ticks).toBeGreaterThanOrEqual(PAXOS_TICKS.election);
    expect(ticks).toBeLessThanOrEqual(PAXOS_TICKS.election + PAXOS_TICKS.electionJitter);
    expect(voter.told()).toMatchObject({ 2: '2:looking:1', 3: '2:looking:1' });
  });

  it('11. the vote is repeated at growing distances', () => {
    const voter = new Voter(1, 3).looking();
    const at: number[] = [];
    for (let tick = 1; voter.election.round === 1; tick++) {
      voter.tick();
      if (Object.keys(voter.told()).length > 0 && voter.election.round === 1) at.push(tick);
    }
    expect(at.slice(0, 2)).toEqual([1, 3]);
  });

  it('11. patience doubles up to the limit, and starts anew when a leader was heard', () => {
    const voter = new Voter(1, 3).looking();
    const lengths: number[] = [];
    const round = () => {
      const { round: present } = voter.election;
      let ticks = 0;
      for (; voter.election.round === present; ticks++) voter.tick();
      return ticks;
    };
    for (let n = 0; n < 8; n++) lengths.push(round());
    const { backOff, election, electionJitter } = PAXOS_TICKS;
    expect(lengths[1]).toBeGreaterThanOrEqual(2 * election);
    expect(lengths.at(-1)).toBeGreaterThanOrEqual(backOff - electionJitter);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(backOff);
    voter.settle(2);
    voter.look();
    expect(round()).toBeLessThanOrEqual(election + electionJitter);
  });

  it('what makes no sense is ignored: from strangers, for strangers, results without a leader', () => {
    const voter = new Voter(1, 3).looking();
    voter.receive(9, vote(5, 3));
    voter.receive(1, vote(5, 1));
    voter.receive(2, vote(5, 9));
    voter.receive(2, vote(5, undefined, 'following'));
    voter.receive(2, vote(Number.NaN, 2));
    expect(voter.election).toMatchObject({ state: 'looking', round: 1 });
    expect(voter.told()).toEqual({});
  });
});
