// Owns: faults in phase 2: which acknowledgements count, from where followers are synchronised, and linearizable reads.

import type { Fault } from '../fault.ts';

const LEADER = 'src/paxos/leader.ts';
const READS = 'src/paxos/reads.ts';

export const LEADING: readonly Fault[] = [
  {
    name: 'one-acknowledgement-too-few',
    area: 'consensus',
    lesson: 'Decided on less than a quorum is not decided: the next phase 1 may not see it.',
    edits: [
      {
        file: LEADER,
        find: 'if (match > decided && reached(core, match) >= quorum) decided = match;',
        replace: 'if (match > decided && reached(core, match) >= quorum - 1) decided = match;',
      },
    ],
  },
  {
    name: 'old-acknowledgement-counted',
    area: 'consensus',
    lesson:
      "An acknowledgement of an old ballot speaks of another log; figure 8 of Raft's paper is this mistake.",
    edits: [
      {
        file: LEADER,
        find: 'if (!sameBallot(ballot, core.promised)) {',
        replace: 'if (ballot.configuration !== core.configuration.number) {',
      },
    ],
  },
  {
    name: 'late-promise-synced-from-its-length',
    area: 'consensus',
    lesson: 'A follower with a longer stale log keeps its tail: equal length is not equal content.',
    edits: [
      {
        file: LEADER,
        find: '  return promised.decided;',
        replace: '  return Math.min(promised.length, core.log.length);',
      },
    ],
  },
  {
    name: 'late-promise-synced-past-what-was-chosen',
    area: 'consensus',
    lesson:
      'Two logs of one ballot agree only as far as phase 1 saw; behind that the leader has appended its own.',
    edits: [
      {
        file: LEADER,
        find: 'return Math.max(promised.decided, Math.min(promised.length, core.chosen.length));',
        replace: 'return Math.min(promised.length, core.log.length);',
      },
    ],
  },
  {
    name: 'conflicting-suffix-kept',
    area: 'consensus',
    lesson: 'Who learns decided entries must compare them with its own; what differs was never decided.',
    edits: [
      {
        file: 'src/paxos/catch-up.ts',
        find: 'if (!sameEntry(core.log.at(index)!, entries[index - from]!)) return index;',
        replace: '',
      },
    ],
  },
  {
    name: 'deaf-leader-stays',
    area: 'consensus',
    lesson:
      'A leader whose answers are lost but whose heartbeats arrive blocks the cluster until somebody pulls its plug.',
    edits: [{ file: LEADER, find: 'if (heard < core.quorum) {', replace: 'if (heard < 1) {' }],
  },
  {
    name: 'read-without-a-round',
    area: 'consensus',
    lesson: 'A leader that does not ask may have been replaced already: the stale read of a partition.',
    edits: [
      {
        file: READS,
        find: 'core.reads.push({ from, token, index, sequence: core.sequence + 1 });',
        replace: 'answer(core, from, token, index);',
      },
    ],
  },
  {
    name: 'read-in-a-round-from-before-it',
    area: 'consensus',
    lesson:
      'A confirmation that was given before the read arrived says nothing about what was decided since.',
    edits: [
      {
        file: READS,
        find: 'index, sequence: core.sequence + 1 });',
        replace: 'index, sequence: core.sequence });',
      },
    ],
  },
  {
    name: 'new-leader-reads-at-its-own-index',
    area: 'consensus',
    lesson:
      'A new leader has all that is decided but does not know how much of it is: it must count what phase 1 chose.',
    edits: [
      {
        file: READS,
        find: 'const index = Math.max(core.decided, core.chosen.length);',
        replace: 'const index = core.decided;',
      },
    ],
  },
  {
    name: 'reads-answered-when-stepping-down',
    area: 'consensus',
    lesson: 'Reads that wait for a confirmation when the leadership ends were not confirmed.',
    edits: [
      {
        file: READS,
        find: 'for (const { from, token } of core.reads) answer(core, from, token, -1);',
        replace: 'for (const { from, token, index } of core.reads) answer(core, from, token, index);',
      },
    ],
  },
  {
    name: 'read-quorum-one-too-small',
    area: 'consensus',
    lesson: 'A read that a minority confirms can miss what the majority has decided.',
    edits: [
      {
        file: READS,
        find: 'if (answered >= core.quorum) best = candidate.heard;',
        replace: 'if (answered >= core.quorum - 1) best = Math.max(best, core.sequence);',
      },
    ],
  },
];
