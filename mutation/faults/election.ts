// Owns: faults in the election, which costs no safety but all of the progress: by the rules of src/paxos/election.ts.

import type { Fault } from '../fault.ts';

const ELECTION = 'src/paxos/election.ts';
const BOX = 'src/paxos/ballot-box.ts';

export const ELECTING: readonly Fault[] = [
  {
    name: 'half-deaf-replica-offers-itself',
    area: 'consensus',
    lesson:
      'Who does not hear a quorum cannot lead; as a candidate it only raises ballots (Cloudflare, 2020).',
    edits: [
      {
        file: 'src/paxos/transitions.ts',
        find: 'const offers = !core.damaged &&',
        replace: 'const offers = !core.damaged ||',
      },
    ],
  },
  {
    name: 'settled-replicas-join-any-new-election',
    area: 'consensus',
    lesson: 'One replica with a bad link unseats a leader that everyone else hears, again and again.',
    edits: [{ file: ELECTION, find: 'from === this.leader &&\n', replace: '' }],
  },
  {
    name: 'votes-of-an-old-round-counted',
    area: 'consensus',
    lesson: 'A vote of an earlier round is for a candidate that may be gone.',
    edits: [
      {
        file: BOX,
        find: 'if (vote.round !== round || vote.candidate?.replica !== candidate) continue;',
        replace: 'if (vote.candidate?.replica !== candidate) continue;',
      },
    ],
  },
  {
    name: 'late-vote-replaces-a-newer-one',
    area: 'consensus',
    lesson:
      'Messages overtake each other: a vote of an old round must not take the place of what its voter said since.',
    edits: [
      {
        file: BOX,
        find: 'if (vote.round !== present.round) return vote.round > present.round;',
        replace: 'if (vote.round !== present.round) return true;',
      },
    ],
  },
  {
    name: 'half-of-the-votes-elect',
    area: 'consensus',
    lesson: 'With half of the votes two candidates win at once: two leaders duel.',
    edits: [
      {
        file: BOX,
        find: 'return itself && count >= quorum;',
        replace: 'return itself && count >= quorum - 1;',
      },
    ],
  },
  {
    name: 'elected-without-its-own-vote',
    area: 'consensus',
    lesson: 'Others elect a replica that has crashed since, and wait for it.',
    edits: [
      {
        file: BOX,
        find: 'return itself && count >= quorum;',
        replace: 'return (itself || count > 0) && count >= quorum;',
      },
    ],
  },
  {
    name: 'worse-candidate-preferred',
    area: 'consensus',
    lesson:
      'A leader with an old log must fetch everything first, and every election starts with a transfer.',
    edits: [{ file: 'src/paxos/vote-order.ts', find: 'if (byBallot !== 0) return byBallot;', replace: '' }],
  },
  {
    name: 'ballot-box-kept-over-rounds',
    area: 'consensus',
    lesson: 'Votes for the former candidate stay in the box and are counted for the next (rules 4 and 5).',
    edits: [
      {
        file: ELECTION,
        find: 'this.candidate = candidate;\n    this.box.empty();',
        replace: 'this.candidate = candidate;',
      },
    ],
  },
  {
    name: 'result-not-told',
    area: 'consensus',
    lesson: 'A replica that comes back asks who leads; without an answer it starts an election (rule 7).',
    edits: [{ file: ELECTION, find: "if (vote.state === 'looking') this.tell(context, from);", replace: '' }],
  },
  {
    name: 'no-back-off',
    area: 'consensus',
    lesson: 'Elections that are tried again at the same distance for ever flood a cluster that is only slow.',
    edits: [{ file: ELECTION, find: '    this.attempts++;\n', replace: '' }],
  },
  {
    name: 'higher-round-keeps-old-candidate',
    area: 'consensus',
    lesson:
      'In a new round the vote starts anew; the candidate of the last one is the one that failed (rules 5 and 11).',
    edits: [
      {
        file: ELECTION,
        find: 'return this.enter(context, this.round + 1, context.own);',
        replace: 'return this.enter(context, this.round + 1, betterCandidate(context.own, this.candidate));',
      },
    ],
  },
];
