// Owns: faults about who takes part: changes of the configuration, lost disks, damaged logs.

import type { Fault } from '../fault.ts';

const ACCEPTOR = 'src/paxos/acceptor.ts';
const ADMISSION = 'src/paxos/admission.ts';
const CATCH_UP = 'src/paxos/catch-up.ts';
const RECONFIGURATION = 'src/paxos/reconfiguration.ts';

export const MEMBERSHIP: readonly Fault[] = [
  {
    name: 'stop-sign-ignored',
    area: 'consensus',
    lesson: 'A decided change of members that nobody carries out leaves the old members in charge.',
    edits: [
      {
        file: 'src/paxos/learner.ts',
        find: 'if (next !== undefined && next.number > core.configuration.number) enterConfiguration(core, next);',
        replace: 'if (next !== undefined && next.number < 0) enterConfiguration(core, next);',
      },
    ],
  },
  {
    name: 'appended-behind-the-stop-sign',
    area: 'consensus',
    lesson: 'What stands behind a stop-sign would be decided by members that are not in charge any more.',
    edits: [
      {
        file: 'src/paxos/leader.ts',
        find: "if (core.stopping) return { status: 'reconfiguring' };",
        replace: '',
      },
    ],
  },
  {
    name: 'configuration-entered-before-decided',
    area: 'consensus',
    lesson:
      'Members that act on a change which is then lost form a second cluster; Raft had this bug in 2015.',
    edits: [
      {
        file: RECONFIGURATION,
        find: '  core.stopping = true;\n',
        replace: '  core.stopping = true;\n  enterConfiguration(core, next);\n',
      },
    ],
  },
  {
    name: 'vote-kept-in-a-closed-configuration',
    area: 'consensus',
    lesson:
      'Who forgets what it accepted in a configuration must have given up its vote there first, durably.',
    edits: [
      {
        file: CATCH_UP,
        find: 'core.promise(higherBallot(core.promised, firstBallot(core.ahead.number)));',
        replace: '',
      },
    ],
  },
  {
    name: 'undecided-suffix-kept-over-the-end',
    area: 'consensus',
    lesson:
      'Inside a closed configuration only what is decided counts; an old suffix in front of it shifts every index.',
    edits: [{ file: CATCH_UP, find: '  core.cut(core.decided);\n', replace: '' }],
  },
  {
    name: 'strangers-are-heard',
    area: 'consensus',
    lesson: 'A replica that was replaced goes on voting for years if nobody refuses its name.',
    edits: [
      {
        file: ADMISSION,
        find: 'if (core.retired.has(from))\n    return TO_THE_RETIRED',
        replace: 'if (core.id < 0)\n    return TO_THE_RETIRED',
      },
      {
        file: ADMISSION,
        find: 'if (!core.members.includes(from) && !answers(',
        replace: 'if (core.id < 0 && !answers(',
      },
    ],
  },
  {
    name: 'reborn-replica-heard',
    area: 'consensus',
    lesson: 'A replica that lost its disk has forgotten its promises; under its old name it votes twice.',
    edits: [
      {
        file: ADMISSION,
        find: "if (known !== undefined && known !== incarnation && body.kind !== 'join') return 'reborn' as const;",
        replace: '',
      },
    ],
  },
  {
    name: 'lost-disk-let-in-again',
    area: 'consensus',
    lesson: 'An empty disk is a new one or a lost one; only the memory of the others can tell.',
    edits: [
      {
        file: ADMISSION,
        find: 'if (known !== core.incarnation) {',
        replace: 'if (known === 0) {',
      },
    ],
  },
  {
    name: 'empty-disk-let-in-by-a-quorum',
    area: 'consensus',
    lesson: 'A quorum that never counted its votes is no proof: it may be the others who did.',
    edits: [
      {
        file: ADMISSION,
        find: 'if (core.welcomes.size < core.configuration.members.length - 1) return;',
        replace: 'if (core.welcomes.size + 1 < core.quorum) return;',
      },
    ],
  },
  {
    name: 'incarnation-counted-before-it-is-durable',
    area: 'consensus',
    lesson:
      'A vote counted before its voter is recorded is forgotten by a crash, and with it that the voter ever voted.',
    edits: [
      {
        file: ADMISSION,
        find: 'core.recordWithNextWrite(from);\n  return false;',
        replace: 'core.recordWithNextWrite(from);\n  return true;',
      },
    ],
  },
  {
    name: 'proposer-not-recorded',
    area: 'consensus',
    lesson:
      'A proposer has voted, too: for itself. If nobody writes down who it was, its lost disk is let in as a new one.',
    edits: [
      {
        file: 'src/paxos/replica.ts',
        find: 'votesUnderKnownName(core, message);\n      onPrepare(',
        replace: 'onPrepare(',
      },
    ],
  },
  {
    name: 'damaged-replica-promises',
    area: 'consensus',
    lesson:
      'A promise tells what was accepted; a damaged log does not know ("Protocol-Aware Recovery", FAST 2018).',
    edits: [
      {
        file: 'src/paxos/roles.ts',
        find: "    prepare: drop,\n    'read-answer': drop,",
        replace: "    prepare: act,\n    'read-answer': drop,",
      },
    ],
  },
  {
    name: 'damage-not-noticed',
    area: 'consensus',
    lesson: 'To go on with what is left of a damaged log is to forget what was acknowledged.',
    edits: [
      {
        file: 'src/paxos/core.ts',
        find: 'this.damaged = hard.damaged || recovered.damaged;',
        replace: 'this.damaged = hard.damaged;',
      },
    ],
  },
  {
    name: 'damage-forgotten-by-a-second-crash',
    area: 'consensus',
    lesson:
      'The first write of a repair covers the damage; if the record does not say so, a crash makes a part look whole.',
    edits: [
      {
        file: 'src/paxos/core.ts',
        find: 'this.hardChanged = recovered.damaged && !hard.damaged;',
        replace: '',
      },
    ],
  },
  {
    name: 'repair-by-an-old-answer',
    area: 'consensus',
    lesson: 'A message from before the damage may have less than was acknowledged since.',
    edits: [
      {
        file: ACCEPTOR,
        find: 'if (message.repair !== core.repair ||',
        replace: 'if (core.id < 0 ||',
      },
    ],
  },
  {
    name: 'repair-ends-before-its-target',
    area: 'consensus',
    lesson: 'A log that is repaired in part has a vote with nothing behind it.',
    edits: [
      { file: ACCEPTOR, find: ' || core.log.length < core.repairTarget) return;', replace: ') return;' },
    ],
  },
  {
    name: 'acknowledges-during-repair',
    area: 'consensus',
    lesson:
      'While it is repaired a replica is no acceptor: its acknowledgement counts for entries it has lost.',
    edits: [
      {
        file: ACCEPTOR,
        find: "if (core.role !== 'following' || core.durable < 0",
        replace: "if ((core.role !== 'following' && core.role !== 'recovering') || core.durable < 0",
      },
    ],
  },
];
