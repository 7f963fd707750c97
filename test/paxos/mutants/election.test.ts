// Owns: what planted faults of the mutation score showed to be untested in the election: votes and results that outlive
// the round they belong to. Not here: the rules themselves (election/rules.test.ts).

import { describe, expect, it } from 'vitest';
import { BallotBox } from '../../../src/paxos/ballot-box.ts';
import { Voter, vote } from '../election/voter.ts';

describe('what was said in another round', () => {
  it('3. a late result does not take the place of what its replica voted since', () => {
    const box = new BallotBox();
    expect(box.put(1, vote(5, 1))).toBe(true);
    expect(box.put(2, vote(5, 1))).toBe(true);
    expect(box.put(2, vote(3, 4, 'following'))).toBe(false);
    expect(box.elects(5, 1, 2)).toBe(true);
    expect(box.put(2, vote(6, 4, 'following'))).toBe(true);
    expect(box.elects(5, 1, 2)).toBe(false);
  });

  it('3. a result for me from another round is no vote in this one', () => {
    const voter = new Voter(3, 3).looking();
    expect(voter.receive(1, vote(9, 3, 'following'))).toBe(0);
    expect(voter.election.state).toBe('looking');
    // In this round it is (rule 6).
    expect(voter.receive(2, vote(1, 3, 'following'))).toBe(3);
  });

  it('9. results that were heard before this round do not add up with those of this round', () => {
    const voter = new Voter(5, 5).looking();
    expect(voter.receive(2, vote(7, 2, 'leading'))).toBe(0);
    expect(voter.receive(1, vote(7, 2, 'following'))).toBe(0);
    while (voter.election.round === 1) voter.tick();
    expect(voter.receive(3, vote(7, 2, 'following'))).toBe(0);
    expect(voter.election.state).toBe('looking');
    // Those who said so before must say it again.
    expect(voter.receive(1, vote(8, 2, 'following'))).toBe(0);
    expect(voter.receive(2, vote(8, 2, 'leading'))).toBe(2);
  });
});
