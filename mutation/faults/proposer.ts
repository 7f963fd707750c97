// Owns: faults in phase 1: whose promises count, how many are needed, and which log is adopted (P2c).

import type { Fault } from '../fault.ts';

const PROPOSER = 'src/paxos/proposer.ts';
const LEADER = 'src/paxos/leader.ts';

export const PROPOSING: readonly Fault[] = [
  {
    name: 'quorum-one-too-small',
    area: 'consensus',
    lesson: 'Two quorums that do not meet decide two values: the one rule that everything rests on.',
    edits: [
      {
        file: 'src/paxos/configuration.ts',
        find: 'return (configuration.members.length >> 1) + 1;',
        replace: 'return Math.max(1, configuration.members.length >> 1);',
      },
    ],
  },
  {
    name: 'one-promise-too-few',
    area: 'consensus',
    lesson:
      'A quorum in phase 2 alone is not enough: a proposer that asked a minority overlooks what was decided.',
    edits: [
      {
        file: PROPOSER,
        find: 'if (promises.size >= core.quorum &&',
        replace: 'if (promises.size >= core.quorum - 1 &&',
      },
    ],
  },
  {
    name: 'promise-of-an-old-ballot-counted',
    area: 'consensus',
    lesson: 'A promise for an old ballot says what was accepted then, not what was accepted since.',
    edits: [
      {
        file: PROPOSER,
        find: 'if (!sameBallot(message.ballot, core.promised)) {',
        replace: 'if (message.ballot.configuration !== core.promised.configuration) {',
      },
    ],
  },
  {
    name: 'longest-log-adopted',
    area: 'consensus',
    lesson:
      'The longest log is not the newest: the highest accepted ballot decides, and length only among equals (P2c).',
    edits: [
      {
        file: PROPOSER,
        find: 'return order > 0 || (order === 0 && a.length > b.length);',
        replace: 'return a.length > b.length;',
      },
    ],
  },
  {
    name: 'length-ignored-among-equal-ballots',
    area: 'consensus',
    lesson: 'Of two logs of one ballot the shorter may lack what is decided.',
    edits: [
      {
        file: PROPOSER,
        find: 'return order > 0 || (order === 0 && a.length > b.length);',
        replace: 'return order > 0;',
      },
    ],
  },
  {
    name: 'worst-log-adopted',
    area: 'consensus',
    lesson: 'P2c the wrong way round.',
    edits: [
      {
        file: PROPOSER,
        find: 'if (isBetter(promised, best)) best = promised;',
        replace: 'if (isBetter(best, promised)) best = promised;',
      },
    ],
  },
  {
    name: 'own-log-adopted',
    area: 'consensus',
    lesson:
      "A new leader that goes on with its own log overwrites decisions: phase 1 is there to learn the others'.",
    edits: [{ file: PROPOSER, find: 'if (isBetter(promised, best)) best = promised;', replace: '' }],
  },
  {
    name: 'ballot-used-twice',
    area: 'consensus',
    lesson: 'A ballot belongs to one attempt of one proposer; used again it has two logs.',
    edits: [
      {
        file: PROPOSER,
        find: 'round: core.round + 1, replica: core.id',
        replace: 'round: Math.max(1, core.round), replica: core.id',
      },
    ],
  },
  {
    name: 'kept-proposals-appended-twice',
    area: 'consensus',
    lesson: 'A command that is in the log twice is executed twice.',
    edits: [
      {
        file: LEADER,
        find: 'if (!core.stopping) core.append(kept, 0);',
        replace: 'if (!core.stopping) core.append([...kept, ...kept], 0);',
      },
    ],
  },
  {
    name: 'kept-proposals-forgotten',
    area: 'consensus',
    lesson: 'What was taken during phase 1 must be proposed after it: the driver was told so.',
    edits: [{ file: LEADER, find: 'if (!core.stopping) core.append(kept, 0);', replace: '' }],
  },
  {
    name: 'proposals-appended-during-phase-1',
    area: 'consensus',
    lesson: 'Nothing may be proposed at a ballot before a quorum has said what was accepted below it.',
    edits: [
      {
        file: LEADER,
        find: 'for (const entry of entries) core.kept.push(entry);',
        replace: 'core.append(entries, 0);',
      },
    ],
  },
];
