// Owns: faults in what an acceptor promises and accepts: P1 and P1a of "Paxos Made Simple", and the prefix form's own rules.

import type { Fault } from '../fault.ts';

const ACCEPTOR = 'src/paxos/acceptor.ts';
const FOLLOWER = 'src/paxos/follower.ts';

export const ACCEPTING: readonly Fault[] = [
  {
    name: 'promise-not-raised',
    area: 'consensus',
    lesson: 'To answer a Prepare without remembering it is to promise nothing (P1a).',
    edits: [{ file: ACCEPTOR, find: 'core.promise(prepare.ballot);', replace: '' }],
  },
  {
    name: 'accept-below-the-promise',
    area: 'consensus',
    lesson:
      'The delayed old Accept: an acceptor that still takes it decides for a leader that was replaced (P1a).',
    edits: [
      {
        file: ACCEPTOR,
        find: 'message: Accept): void {\n  if (refusesBallot(core, from, message.ballot)) return;',
        replace: 'message: Accept): void {',
      },
      {
        file: ACCEPTOR,
        find: 'core.durable < 0 || !sameBallot(core.accepted, core.promised)) return;',
        replace: 'core.durable < 0) return;',
      },
    ],
  },
  {
    name: 'heartbeat-of-an-old-leader-answered',
    area: 'consensus',
    lesson:
      'A replica that confirms a leader after it promised to another lets the old one serve stale reads.',
    edits: [
      {
        file: FOLLOWER,
        find: "if (refusesBallot(core, from, ballot)) return;\n  if (core.role === 'recovering')",
        replace: "if (core.role === 'recovering')",
      },
      {
        file: FOLLOWER,
        find: 'if (!sameBallot(ballot, core.promised)) {',
        replace: 'if (compareBallots(ballot, core.promised) > 0) {',
      },
    ],
  },
  {
    name: 'ballots-without-the-replica',
    area: 'consensus',
    lesson: 'Two proposers with the same round and no names are one proposer with two logs (section 2.5).',
    edits: [{ file: 'src/paxos/ballot.ts', find: 'return a.replica - b.replica;', replace: 'return 0;' }],
  },
  {
    name: 'ballots-without-the-configuration',
    area: 'consensus',
    lesson: 'Ballots of a new configuration must be higher than all of the old one, or its rounds win again.',
    edits: [
      {
        file: 'src/paxos/ballot.ts',
        find: 'if (a.configuration !== b.configuration) return a.configuration - b.configuration;',
        replace: '',
      },
    ],
  },
  {
    name: 'decided-is-cut',
    area: 'consensus',
    lesson: 'A synchronisation that starts below what is decided must not cut what was applied.',
    edits: [
      {
        file: ACCEPTOR,
        find: 'core.cut(Math.max(message.from, core.decided));',
        replace: 'core.cut(message.from);',
      },
    ],
  },
  {
    name: 'doubled-synchronisation-cuts',
    area: 'consensus',
    lesson: 'A second AcceptSync of the same ballot cuts what was accepted and acknowledged after the first.',
    edits: [
      {
        file: ACCEPTOR,
        find: 'if (sameBallot(message.ballot, core.accepted)) {',
        replace: 'if (message.snapshot && sameBallot(message.ballot, core.accepted)) {',
      },
    ],
  },
  {
    name: 'first-part-taken-for-the-whole',
    area: 'consensus',
    lesson: 'A beginning of the log under a high ballot wins over the whole of it under a lower one.',
    edits: [
      {
        file: ACCEPTOR,
        find: 'if (start + whole.length < target) return undefined;',
        replace: '',
      },
    ],
  },
  {
    name: 'parts-of-two-logs-joined',
    area: 'consensus',
    lesson: 'Parts belong together only if they are of one ballot and one synchronisation.',
    edits: [
      {
        file: ACCEPTOR,
        find: 'before.target === target && sameBallot(ballot, before.ballot);',
        replace: 'before.target === target;',
      },
    ],
  },
  {
    name: 'gap-closed-silently',
    area: 'consensus',
    lesson:
      'In the prefix form an acceptor that misses an Accept must ask for it: the next entries are not in that place.',
    edits: [
      {
        file: ACCEPTOR,
        find: 'if (message.from > core.log.length) {\n    askForSync(core, from);\n    return;\n  }\n  const skip = core.log.length - message.from;',
        replace: 'const skip = Math.max(0, core.log.length - message.from);',
      },
    ],
  },
  {
    name: 'promise-with-a-gap',
    area: 'consensus',
    lesson: 'Entries that were trimmed cannot be told; a promise that leaves them out invents another log.',
    edits: [
      {
        file: ACCEPTOR,
        find: "core.sendDurably(to, { kind: 'snapshot-offer', ballot: prepare.ballot, index: log.offset });\n    return;",
        replace: 'from = log.offset;',
      },
    ],
  },
  {
    name: 'longer-log-not-told',
    area: 'consensus',
    lesson:
      'At equal ballots the longer log has more acknowledged; an acceptor that keeps it for itself loses decisions.',
    edits: [
      {
        file: ACCEPTOR,
        find: 'const better = order > 0 || (order === 0 && log.length > prepare.length);',
        replace: 'const better = order > 0;',
      },
    ],
  },
  {
    name: 'decided-index-without-its-log',
    area: 'consensus',
    lesson:
      "A leader's decided index speaks of the leader's log; a stale log of that length holds other entries.",
    edits: [
      {
        file: FOLLOWER,
        find: 'if (inStep) setDecided(core, decided);',
        replace: 'if (inStep || decided > 0) setDecided(core, decided);',
      },
    ],
  },
  {
    name: 'decide-of-another-ballot-believed',
    area: 'consensus',
    lesson: 'The same by a Decide: it counts only for the log accepted at its ballot.',
    edits: [
      {
        file: ACCEPTOR,
        find: 'message: Decide): void {\n  if (refusesBallot(core, from, message.ballot)) return;\n  if (!sameBallot(message.ballot, core.accepted)) {',
        replace:
          'message: Decide): void {\n  if (refusesBallot(core, from, message.ballot)) return;\n  if (compareBallots(message.ballot, core.accepted) < 0) {',
      },
    ],
  },
  {
    name: 'decided-beyond-the-log',
    area: 'consensus',
    lesson:
      'A follower hears that more is decided than it has; it may not call decided what it does not hold.',
    edits: [
      {
        file: 'src/paxos/learner.ts',
        find: 'const until = Math.min(told, core.log.length);',
        replace: 'const until = told;',
      },
    ],
  },
];
