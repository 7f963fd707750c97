// Owns: faults about what must be durable before what leaves. The oldest mistake of the field: the paper says "stable
// storage" once, and the program says it nowhere.

import type { Fault } from '../fault.ts';

const CORE = 'src/paxos/core.ts';
const ACCEPTOR = 'src/paxos/acceptor.ts';

export const DURABILITY: readonly Fault[] = [
  {
    name: 'promise-before-flush',
    area: 'consensus',
    lesson: 'A promise that a crash takes back lets an older proposer decide beside a newer one.',
    edits: [
      {
        file: ACCEPTOR,
        find: "core.sendDurably(to, {\n    kind: 'promise',",
        replace: "core.send(to, {\n    kind: 'promise',",
      },
    ],
  },
  {
    name: 'prepare-before-own-promise-is-durable',
    area: 'consensus',
    lesson: 'A proposer that forgets its own ballot over a crash uses it twice, for two logs.',
    edits: [
      {
        file: 'src/paxos/proposer.ts',
        find: 'if (id !== core.id) core.sendDurably(id, prepareMessage(core));',
        replace: 'if (id !== core.id) core.send(id, prepareMessage(core));',
      },
    ],
  },
  {
    name: 'all-messages-before-flush',
    area: 'consensus',
    lesson:
      'Without the flush the vote is only in memory, which is what the best known package of this kind does.',
    edits: [
      {
        file: CORE,
        find: 'length: this.log.length, held: this.held });',
        replace:
          'length: this.log.length, held: [] });\n    for (const message of this.held) this.outbox.push(message);',
      },
    ],
  },
  {
    name: 'acknowledge-what-is-only-written',
    area: 'consensus',
    lesson:
      'Accepted must speak of the durable log and not of the log in memory, or a power cut undoes a decision.',
    edits: [
      {
        file: ACCEPTOR,
        find: "{ kind: 'accepted', ballot: core.accepted, length: core.durable }",
        replace: "{ kind: 'accepted', ballot: core.accepted, length: core.log.length }",
      },
    ],
  },
  {
    name: 'heartbeat-acknowledges-what-is-only-written',
    area: 'consensus',
    lesson: 'The second way in for an acknowledgement is the one that nobody looks at.',
    edits: [
      {
        file: 'src/paxos/follower.ts',
        find: 'length: inStep ? core.durable : -1',
        replace: 'length: inStep ? core.log.length : -1',
      },
    ],
  },
  {
    name: 'leader-counts-itself-early',
    area: 'consensus',
    lesson:
      'The leader may send before its own flush, but it is an acceptor like the others when votes are counted.',
    edits: [
      {
        file: 'src/paxos/leader.ts',
        find: 'let count = core.durable >= length ? 1 : 0;',
        replace: 'let count = 1;',
      },
    ],
  },
  {
    name: 'promise-only-in-memory',
    area: 'consensus',
    lesson: 'A vote that is not in the write is gone after a restart, and is given again to somebody else.',
    edits: [
      {
        file: CORE,
        find: 'this.round = Math.max(this.round, ballot.round);\n    this.harden();',
        replace: 'this.round = Math.max(this.round, ballot.round);',
      },
    ],
  },
  {
    name: 'accepted-ballot-only-in-memory',
    area: 'consensus',
    lesson: 'Entries without the ballot they were accepted at lose against an older log in the next phase 1.',
    edits: [
      {
        file: CORE,
        find: 'this.accepted = ballot;\n    this.beginReplacing();\n    this.harden();',
        replace: 'this.accepted = ballot;\n    this.beginReplacing();',
      },
    ],
  },
  {
    name: 'durable-length-of-the-old-log',
    area: 'consensus',
    lesson: 'When a log is replaced, what was durable of the old one says nothing about the new one.',
    edits: [
      {
        file: CORE,
        find: 'this.durable = -1;\n    this.acknowledged = -1;',
        replace: 'this.acknowledged = -1;',
      },
    ],
  },
  {
    name: 'old-write-counts-for-the-new-log',
    area: 'consensus',
    lesson:
      'A flush that was under way when the ballot changed makes old entries durable, not those that took their place.',
    edits: [{ file: CORE, find: 'for (const write of this.outstanding) write.length = -1;', replace: '' }],
  },
];
