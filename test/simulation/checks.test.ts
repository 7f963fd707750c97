// Owns: the proof that each check of the simulation can fail: what it forbids is done to it.

import { describe, expect, it } from 'vitest';
import { firstConfiguration } from '../../src/paxos/configuration.ts';
import type { Body } from '../../src/paxos/message.ts';
import { CheckFailure, type CheckName } from '../../src/simulation/check-failure.ts';
import { Checks } from '../../src/simulation/checks.ts';
import { identityOf } from '../../src/simulation/command.ts';
import { DecidedLog } from '../../src/simulation/decided-log.ts';
import { emptyImage } from '../../src/simulation/registers.ts';
import { emptyHardState } from '../../src/simulation/replica-under-test.ts';
import { ballot, CONFIGURATION, diskOf, entryOf, subject, viewOf, writeOf } from './parts.ts';

function checkThatFails(act: () => void): CheckName | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof CheckFailure) return error.check;
    throw error;
  }
  return undefined;
}

function decidedLog(copies = 3): DecidedLog {
  return new DecidedLog(CONFIGURATION, (member) => member <= copies);
}

/** Three replicas whose disks have `entries`, known to the checks. */
function started(entries = [entryOf(1)]) {
  const checks = new Checks(CONFIGURATION);
  const subjects = [1, 2, 3].map((id) => subject(id));
  for (const one of subjects) {
    checks.started(one, one.disk.recover());
    one.disk.append(writeOf(1, 0, entries));
    one.disk.flush(0);
    one.disk.flushed(0);
  }
  return { checks, first: subjects[0]!, second: subjects[1]! };
}

function message(body: Body) {
  return { from: 1, to: 2, configuration: 1, incarnation: 77, body };
}

describe('the decided log', () => {
  it('has one value per index', () => {
    const log = decidedLog();
    log.learn(1, 0, entryOf(1));
    expect(checkThatFails(() => log.learn(2, 0, entryOf(1)))).toBeUndefined();
    expect(checkThatFails(() => log.learn(2, 0, entryOf(2)))).toBe('one value per index');
  });

  it('has a quorum of disks behind each entry', () => {
    expect(checkThatFails(() => decidedLog(2).learn(1, 0, entryOf(1)))).toBeUndefined();
    expect(checkThatFails(() => decidedLog(1).learn(1, 0, entryOf(1)))).toBe('durable on a quorum');
  });

  it('counts the disks of the configuration in force', () => {
    const log = new DecidedLog(CONFIGURATION, (member) => member > 2);
    const next = { ...firstConfiguration([3, 4, 5]), number: 2 };
    expect(checkThatFails(() => log.learn(1, 0, entryOf(1)))).toBe('durable on a quorum');
    const all = decidedLog();
    all.learn(1, 0, { data: new Uint8Array(0), configuration: next });
    expect([all.configuration, all.configurationStart]).toEqual([next, 1]);
    expect(checkThatFails(() => all.learn(3, 1, entryOf(1)))).toBe('durable on a quorum');
  });

  it('counts a damaged copy until its disk is repaired, and no other', () => {
    const entries = [entryOf(1), entryOf(2), entryOf(3)];
    const { checks, first, second } = started(entries);
    const { disk } = first;
    const flushed = (number: number, from: number, changes = {}) => {
      disk.append(writeOf(number, from, [], changes));
      disk.flush(0);
      disk.flushed(0);
    };
    flushed(2, 3);
    expect(disk.flipBit()).toBe(true);
    const damaged = disk.damage[0]!;
    flushed(3, damaged, { hard: { ...disk.hard, damaged: true } });
    second.disk.entries = [];
    for (const [index, entry] of entries.entries()) checks.log.learn(3, index, entry);
    expect(disk.length).toBe(damaged);
    expect([0, 1, 2].map((index) => disk.lost.has(index, entries[index]!))).toEqual(
      [0, 1, 2].map((index) => index >= damaged),
    );
    expect(disk.lost.has(2, entryOf(9))).toBe(false);
    expect(checkThatFails(() => checks.log.learn(3, 3, entryOf(4)))).toBe('durable on a quorum');
    flushed(4, damaged, { hard: { ...disk.hard, damaged: false } });
    expect(disk.lost.size).toBe(0);
  });

  it('asks a repaired disk for what it has acknowledged', () => {
    const { checks, first, second } = started([entryOf(1)]);
    first.disk.lost.add(0, [entryOf(1)]);
    first.disk.append(writeOf(2, 0, []));
    first.disk.flush(0);
    expect(first.disk.lost.size).toBe(1);
    first.disk.flushed(0);
    second.disk.entries = [];
    expect(checkThatFails(() => checks.log.learn(3, 0, entryOf(1)))).toBe('durable on a quorum');
  });

  it('counts what was on a lost disk, and nothing that its heir learns', () => {
    const { checks, first, second } = started([entryOf(1), entryOf(2)]);
    first.mustNotVote = true;
    second.disk.entries = [entryOf(1)];
    first.gone.add(0, [entryOf(1)]);
    expect(checkThatFails(() => checks.log.learn(3, 0, entryOf(1)))).toBeUndefined();
    expect(checkThatFails(() => checks.log.learn(3, 1, entryOf(2)))).toBe('durable on a quorum');
  });

  it('has no gap', () => {
    expect(checkThatFails(() => decidedLog().learn(1, 1, entryOf(1)))).toBe('decided is a prefix');
  });

  it('has no command twice, none that was refused, and none that nobody made', () => {
    const log = decidedLog();
    log.learn(1, 0, entryOf(1));
    expect(checkThatFails(() => log.learn(1, 1, entryOf(1)))).toBe('no command twice');
    log.refuse(identityOf(1, 2));
    expect(checkThatFails(() => log.refuse(identityOf(1, 1)))).toBe('refused is not applied');
    expect(checkThatFails(() => log.learn(1, 1, entryOf(2)))).toBe('refused is not applied');
    const damaged = entryOf(3);
    damaged.data[3] = damaged.data[3]! ^ 1;
    expect(checkThatFails(() => decidedLog().learn(1, 0, damaged))).toBe('whole commands');
  });

  it('has one state per index', () => {
    const log = decidedLog();
    log.state(1, 5, 123);
    expect(checkThatFails(() => log.state(2, 5, 123))).toBeUndefined();
    expect(checkThatFails(() => log.state(2, 5, 124))).toBe('same state');
  });
});

describe('after each step', () => {
  it('decided lies in the log and does not go back', () => {
    const entries = [entryOf(1)];
    const { checks, first } = started(entries);
    expect(checkThatFails(() => checks.stepped(first, viewOf({ decided: 1 }, entries)))).toBeUndefined();
    expect(checkThatFails(() => checks.stepped(first, viewOf({ decided: 0 }, entries)))).toBe(
      'decided is a prefix',
    );
    expect(checkThatFails(() => checks.stepped(first, viewOf({ decided: 2 }, entries)))).toBe(
      'decided is a prefix',
    );
  });

  it('a ballot is not below the disk', () => {
    const { checks, first } = started();
    first.disk.append(writeOf(2, 1, [], { hard: { ...first.disk.hard, promised: ballot(3, 1) } }));
    first.disk.flush(0);
    first.disk.flushed(0);
    expect(checkThatFails(() => checks.stepped(first, viewOf({ promised: ballot(2, 3) })))).toBe(
      'ballots never go back',
    );
  });

  it('a ballot that was told is remembered by the disk over a restart', () => {
    const { checks, first } = started();
    const { hard } = first.disk;
    first.disk.hard = { ...hard, promised: ballot(3, 1) };
    checks.sent(
      first,
      message({ kind: 'prepare', ballot: ballot(3, 1), accepted: hard.accepted, length: 1, decided: 0 }),
    );
    first.disk.hard = { ...hard, promised: ballot(2, 1) };
    expect(checkThatFails(() => checks.started(first, first.disk.recover()))).toBe('ballots never go back');
    checks.forget(first.place);
    expect(checkThatFails(() => checks.started(first, first.disk.recover()))).toBeUndefined();
  });

  it('a ballot has one leader, and a restart is another one', () => {
    const { checks, first, second } = started();
    const leading = viewOf({ role: 'leading', promised: ballot(1, 1) });
    checks.stepped(first, leading);
    expect(checkThatFails(() => checks.stepped(second, leading))).toBe('one leader per ballot');
    first.life++;
    checks.started(first, first.disk.recover());
    expect(checkThatFails(() => checks.stepped(first, leading))).toBe('one leader per ballot');
  });

  it('the heir of a lost disk has no voice', () => {
    const { checks, first } = started();
    first.mustNotVote = true;
    expect(checkThatFails(() => checks.stepped(first, viewOf({ role: 'joining' })))).toBeUndefined();
    expect(checkThatFails(() => checks.stepped(first, viewOf({ role: 'looking' })))).toBe(
      'a lost disk does not vote',
    );
  });

  it('nothing counts as durable that the disk does not have', () => {
    const { checks, first } = started();
    expect(checkThatFails(() => checks.stepped(first, viewOf({ durableLength: 2 })))).toBe(
      'durable before sent',
    );
  });
});

describe('before a message leaves', () => {
  const { accepted } = emptyHardState(CONFIGURATION, 1);
  const early: readonly Body[] = [
    { kind: 'prepare', ballot: ballot(1, 1), accepted, length: 1, decided: 0 },
    { kind: 'promise', ballot: ballot(1, 1), accepted, length: 1, decided: 0, from: 1, entries: [] },
    { kind: 'promise', ballot: accepted, accepted, length: 2, decided: 0, from: 1, entries: [] },
    { kind: 'accepted', ballot: ballot(1, 1), length: 0 },
    { kind: 'accepted', ballot: accepted, length: 2 },
    { kind: 'heartbeat-ack', ballot: accepted, sequence: 1, length: 2 },
  ];

  it.each(early)('what it says is durable: $kind $length', (body) => {
    const { checks, first } = started();
    expect(checkThatFails(() => checks.sent(first, message(body)))).toBe('durable before sent');
  });

  it('what is durable may be said', () => {
    const { checks, first } = started();
    expect(
      checkThatFails(() => checks.sent(first, message({ kind: 'accepted', ballot: accepted, length: 1 }))),
    ).toBeUndefined();
  });
});

describe('a snapshot from elsewhere', () => {
  it('is of what is decided', () => {
    const { checks, first } = started();
    const image = { ...emptyImage(2, CONFIGURATION), index: 9 };
    expect(checkThatFails(() => checks.installed(first, image))).toBe('decided is a prefix');
  });
});

describe('the disk', () => {
  it('takes writes in order, without holes', () => {
    const disk = diskOf();
    expect(checkThatFails(() => disk.append(writeOf(2, 0, [])))).toBe('writes in order');
    disk.append(writeOf(1, 4, [entryOf(1)]));
    disk.flush(0);
    expect(checkThatFails(() => disk.flushed(0))).toBe('writes in order');
  });

  it('uses only snapshots that it has, and none that is older', () => {
    const disk = diskOf();
    disk.append(writeOf(1, 5, [], { snapshot: 5 }));
    disk.flush(0);
    expect(checkThatFails(() => disk.flushed(0))).toBe('writes in order');
    const later = diskOf();
    later.image = { ...later.image, index: 3 };
    expect(checkThatFails(() => later.trim(emptyImage(2, CONFIGURATION)))).toBe('writes in order');
  });
});
