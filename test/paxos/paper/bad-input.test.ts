// Owns: messages that a replica must not act upon: each is counted by its reason and changes nothing. Not here: frames with a
// broken checksum or of a later version (codec tests); stale ballots of known replicas (paxos-made-simple.test.ts).

import { describe, expect, it } from 'vitest';
import { NO_BALLOT } from '../../../src/paxos/ballot.ts';
import type { DropReason } from '../../../src/paxos/core.ts';
import type { Body, Message } from '../../../src/paxos/message.ts';
import { ROLE_TABLE } from '../../../src/paxos/roles.ts';
import { acceptOf, ballot, bodies, entries, Probe, prepareOf, promiseOf, syncOf } from '../probe.ts';

const own = ballot(1, 1);

/** Everything that could be changed by a message, as text. */
function stateOf({ view }: Probe): string {
  const { role, leader, promised, accepted, decided, length, durableLength, configuration } = view;
  return JSON.stringify({ role, leader, promised, accepted, decided, length, durableLength, configuration });
}

/** `replica` 2 gets `body`, which must be counted as `reason`, answered with nothing and written nowhere. */
function refused(
  replica: Probe,
  reason: DropReason,
  from: number,
  body: Body,
  envelope: Partial<Message> = {},
): void {
  const before = stateOf(replica);
  const counted = replica.dropped(reason);
  const writes = replica.writes.length;
  const effects = replica.receive(from, body, envelope);
  expect(bodies(effects)).toEqual([]);
  expect(replica.dropped(reason), reason).toBe(counted + 1);
  expect(stateOf(replica)).toBe(before);
  expect(replica.writes.length).toBe(writes);
}

/** One of each kind of message, good in itself if 1 sends it to 2. */
const EVERY: readonly Body[] = [
  prepareOf(own),
  promiseOf(ballot(1, 2)),
  syncOf(own, ['a']),
  acceptOf(own, 0, ['a']),
  { kind: 'accepted', ballot: ballot(1, 2), length: 1 },
  { kind: 'decide', ballot: own, decided: 1 },
  { kind: 'nack', ballot: ballot(1, 2), promised: own },
  { kind: 'heartbeat', ballot: own, sequence: 1, decided: 0 },
  { kind: 'heartbeat-ack', ballot: ballot(1, 2), sequence: 1, length: 0 },
  { kind: 'sync-request', promised: own, decided: 0, damaged: 0, staged: 0 },
  { kind: 'snapshot-offer', ballot: own, index: 9 },
  { kind: 'read-ask', ballot: ballot(1, 2), token: 1 },
  { kind: 'read-answer', ballot: own, token: 1, index: 0 },
  {
    kind: 'vote',
    round: 9,
    state: 'looking',
    candidate: { replica: 1, accepted: own, length: 9, priority: 0 },
  },
  { kind: 'ping', sequence: 1, echo: 0 },
  { kind: 'join' },
  { kind: 'join-answer', known: 7 },
  { kind: 'catch-up', question: 7, leadership: NO_BALLOT, from: 0, entries: entries('x'), snapshot: 0 },
  { kind: 'catch-up-request', question: 7, decided: 0, staged: 0 },
];

describe('bad input', () => {
  it('[I34] covers every kind of message', () => {
    const known = Object.keys(ROLE_TABLE.looking);
    const events = [
      'start',
      'persisted',
      'trim',
      'snapshot-staged',
      'propose',
      'reconfigure',
      'nominate',
      'tick',
      'read',
    ];
    expect(EVERY.map(({ kind }) => kind).sort()).toEqual(
      known.filter((kind) => !events.includes(kind)).sort(),
    );
  });

  it.each(EVERY)('[I34] from an unknown replica: $kind', (body) => {
    refused(new Probe(), 'unknown-replica', 7, body);
  });

  it('[I34] that brings decided entries of a later configuration, which nobody asked for', () => {
    const probe = new Probe();
    const body: Body = {
      kind: 'catch-up',
      question: 7,
      leadership: NO_BALLOT,
      from: 0,
      entries: entries('x'),
      snapshot: 0,
    };
    probe.receive(7, body, { configuration: 9, incarnation: 7777 });
    probe.receive(1, body, { configuration: 9 });
    expect(probe.view).toMatchObject({ role: 'looking', decided: 0, length: 0, promised: NO_BALLOT });
    expect([probe.dropped('unknown-replica'), probe.dropped('unasked')]).toEqual([1, 1]);
  });

  it.each(EVERY)('[I34] for another replica, or from itself: $kind', (body) => {
    refused(new Probe(), 'not-for-me', 1, body, { to: 3 });
    refused(new Probe(), 'not-for-me', 2, body);
  });

  it.each(EVERY.filter(({ kind }) => kind !== 'join'))(
    '[I34] from a disk that is not the known one: $kind',
    (body) => {
      refused(new Probe(), 'reborn', 1, body, { incarnation: 6666 });
    },
  );

  const timeless = ['join', 'join-answer', 'catch-up', 'catch-up-request', 'ping'];
  it.each(EVERY.filter(({ kind }) => !timeless.includes(kind)))(
    '[I34] of an earlier configuration: $kind',
    (body) => {
      const later = new Probe({ hard: { configuration: { ...new Probe().view.configuration, number: 2 } } });
      refused(later, 'other-configuration', 1, body, { configuration: 1 });
    },
  );

  it.each(EVERY.filter((body) => 'ballot' in body))(
    '[I35] with a ballot that is not its sender’s to use: $kind',
    (body) => {
      refused(new Probe(), 'impostor', 1, { ...body, ballot: ballot(9, 3) } as Body);
    },
  );

  it('[I34] that its role has no use for', () => {
    const follower = new Probe().following(1, own, 'a');
    refused(follower, 'wrong-role', 1, promiseOf(ballot(1, 2)));
    refused(follower, 'wrong-role', 3, { kind: 'accepted', ballot: ballot(1, 2), length: 1 });
    refused(follower, 'wrong-role', 3, {
      kind: 'heartbeat-ack',
      ballot: ballot(1, 2),
      sequence: 1,
      length: 1,
    });
    refused(follower, 'wrong-role', 3, { kind: 'join-answer', known: 7 });
  });

  it('[I34] about a ballot that this proposer no longer has', () => {
    const leader = new Probe({ hard: { promised: ballot(4, 2) } }).leading();
    leader.propose('a');
    leader.flush();
    for (const body of EVERY.filter(({ kind }) => ['promise', 'accepted', 'heartbeat-ack'].includes(kind))) {
      refused(leader, 'stale-ballot', 1, body);
    }
  });

  it('[I34] an earlier configuration’s ping is answered by a hint only', () => {
    const later = new Probe({ hard: { configuration: { ...new Probe().view.configuration, number: 2 } } });
    const sent = bodies(later.receive(1, { kind: 'ping', sequence: 1, echo: 0 }, { configuration: 1 }));
    expect(sent).toEqual([
      { kind: 'catch-up', question: 0, leadership: NO_BALLOT, from: 0, entries: [], snapshot: 0 },
    ]);
    expect(later.dropped('other-configuration')).toBe(1);
  });

  it('[I36] an impossible own state is an assertion, not an answer', () => {
    const leader = new Probe().leading();
    expect(() => leader.receive(1, { kind: 'accepted', ballot: leader.view.promised, length: 5 })).toThrow(
      /broke its own rule/,
    );
    expect(() => new Probe().step({ kind: 'persisted', write: 99 })).toThrow(/broke its own rule/);
    expect(() => new Probe({ hard: { incarnation: 0 } })).toThrow(/broke its own rule/);
  });
});
