// Owns: faults in the simulated disk and driver. They show that the simulator would notice a store that keeps less than
// the core relies on, before that store is written.

import type { Fault } from '../fault.ts';

const DISK = 'src/simulation/disk.ts';
const DRIVER = 'src/simulation/replica-process.ts';

export const DISK_AND_DRIVER: readonly Fault[] = [
  {
    name: 'round-lost-at-restart',
    area: 'consensus',
    lesson: 'A driver that restores the log and not the promise votes twice in one ballot.',
    edits: [
      {
        file: DISK,
        find: '      hard,\n      offset:',
        replace: '      hard: { ...hard, promised: hard.accepted },\n      offset:',
      },
    ],
  },
  {
    name: 'incarnations-lost-at-restart',
    area: 'consensus',
    lesson: 'Who forgets whose votes it counted lets a lost disk in again.',
    edits: [
      {
        file: DISK,
        find: '      hard,\n      offset:',
        replace: '      hard: { ...hard, known: [] },\n      offset:',
      },
    ],
  },
  {
    name: 'damaged-tail-cut-silently',
    area: 'consensus',
    lesson:
      'To cut at the first bad checksum is right for a torn write and wrong for damage: it unsays acknowledgements.',
    edits: [{ file: DISK, find: 'damaged: damage.length > 0,', replace: 'damaged: false,' }],
  },
  {
    name: 'last-record-of-a-flush-lost',
    area: 'consensus',
    lesson: 'A flush that covers one record less than it tells is found only by those who cut the power.',
    edits: [
      {
        file: DISK,
        find: 'for (let at = 0; at < this.covered; at++) this.persist(this.pending[at]!);',
        replace: 'for (let at = 0; at < this.covered - 1; at++) this.persist(this.pending[at]!);',
      },
    ],
  },
  {
    name: 'persisted-told-before-the-flush',
    area: 'consensus',
    lesson: 'What is written is in a cache; only what is flushed is on the disk.',
    edits: [
      {
        file: DRIVER,
        find: '      this.answerConfirmed();\n    }\n    this.flush();',
        replace:
          "      this.answerConfirmed();\n    }\n    this.flush();\n    this.step({ kind: 'persisted', write: write.number });",
      },
    ],
  },
  {
    name: 'fsync-error-ignored',
    area: 'consensus',
    lesson:
      'After a failed fsync the pages are clean and gone (PostgreSQL, 2018); to go on is to lose them silently.',
    edits: [
      { file: DRIVER, find: 'if (this.disk.failsNext) {', replace: 'if (this.world.steps < 0) {' },
      {
        file: DISK,
        find: 'for (let at = 0; at < this.covered; at++) this.persist(this.pending[at]!);',
        replace:
          'for (let at = this.failsNext ? this.covered : 0; at < this.covered; at++) this.persist(this.pending[at]!);',
      },
    ],
  },
  {
    name: 'records-behind-a-gap-used',
    area: 'consensus',
    lesson:
      'Writes that were not flushed survive in any order; a recovery that reads past a hole finds a log nobody wrote.',
    edits: [
      {
        file: DISK,
        find: 'for (let at = 0; at < survivors; at++) this.persist(this.pending[at]!);',
        replace:
          'for (let at = 0; at < this.pending.length; at++) if (at !== survivors) this.persist(this.pending[at]!);',
      },
    ],
  },
  {
    name: 'torn-record-half-used',
    area: 'consensus',
    lesson:
      'The accepted ballot without its entries: a record is one atom or the acceptor lies about its log.',
    edits: [
      {
        file: DISK,
        find: '    this.pending = [];\n    this.covered = 0;\n    this.nextNumber = 1;',
        replace:
          '    this.hard = this.pending[survivors]?.hard ?? this.hard;\n    this.pending = [];\n    this.covered = 0;\n    this.nextNumber = 1;',
      },
    ],
  },
  {
    name: 'log-not-cut-before-append',
    area: 'consensus',
    lesson: 'A suffix that was replaced in memory and not on the disk comes back after a restart.',
    edits: [{ file: DISK, find: 'this.entries.length = Math.max(keep, 0);', replace: '' }],
  },
  {
    name: 'trimmed-without-the-snapshot',
    area: 'consensus',
    lesson: 'The log may forget only what a durable snapshot has.',
    edits: [
      {
        file: DISK,
        find: '    this.entries.splice(0, index - this.image.index);\n    this.image = image;',
        replace:
          '    this.entries.splice(0, index - this.image.index);\n    this.image = { ...image, index: this.image.index };',
      },
    ],
  },
];
