// Owns: arbitrary messages and disk records for the codec's properties. Invariant: a message kind without an arbitrary
// does not compile, so none stays untested.

import fc from 'fast-check';
import type { Ballot } from '../../../src/paxos/ballot.ts';
import type { BodyOf } from '../../../src/paxos/codec/body-codec.ts';
import { type Configuration, configurationProblem } from '../../../src/paxos/configuration.ts';
import type { HardState, Write } from '../../../src/paxos/effects.ts';
import { command, type Entry, stopSign } from '../../../src/paxos/entry.ts';
import { PAXOS_LIMITS } from '../../../src/paxos/limits.ts';
import type { Message, MessageKind } from '../../../src/paxos/message.ts';

/** Small ones, as they are, and those around the edges of the format. */
function counts(min: number, max: number): fc.Arbitrary<number> {
  const edges = [127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 49, max - 1, max];
  return fc.oneof(fc.integer({ min, max: 300 }), fc.constantFrom(min, ...edges), fc.integer({ min, max }));
}

export const count = counts(0, Number.MAX_SAFE_INTEGER);
const positive = counts(1, Number.MAX_SAFE_INTEGER);
const indexOrNone = counts(-1, Number.MAX_SAFE_INTEGER - 1);
export const signed = fc.oneof(
  fc.integer({ min: -70, max: 70 }),
  fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
  fc.constantFrom(-(2 ** 52), 2 ** 52 - 1),
);

const ballot: fc.Arbitrary<Ballot> = fc.record({ configuration: count, round: count, replica: count });

const configuration: fc.Arbitrary<Configuration> = fc
  .record({
    number: count,
    members: fc.uniqueArray(fc.record({ id: positive, priority: signed }), {
      minLength: 1,
      maxLength: PAXOS_LIMITS.members,
      selector: ({ id }) => id,
    }),
    retired: fc.array(positive, { maxLength: 20 }),
  })
  .map(({ number, members, retired }) => ({
    number,
    members: members.sort((a, b) => a.id - b.id),
    retired: retired.filter((id) => members.every((member) => member.id !== id)),
  }))
  .filter((one) => configurationProblem(one) === undefined);

const entry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }).map(command) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 60, maxLength: 300 }).map(command) },
  { weight: 1, arbitrary: configuration.map(stopSign) },
);

const entries = fc.array(entry, { maxLength: 8 });

const candidate = fc.record({ replica: count, accepted: ballot, length: count, priority: signed });

export const BODIES: { readonly [K in MessageKind]: fc.Arbitrary<BodyOf<K>> } = {
  prepare: fc.record({
    kind: fc.constant('prepare'),
    ballot,
    accepted: ballot,
    length: count,
    decided: count,
  }),
  promise: fc.record({
    kind: fc.constant('promise'),
    ballot,
    accepted: ballot,
    length: count,
    decided: count,
    from: count,
    entries,
  }),
  'accept-sync': fc.record({
    kind: fc.constant('accept-sync'),
    ballot,
    start: count,
    from: count,
    entries,
    decided: count,
    snapshot: fc.boolean(),
    repair: count,
    target: count,
  }),
  accept: fc.record({ kind: fc.constant('accept'), ballot, from: count, entries, decided: count }),
  accepted: fc.record({ kind: fc.constant('accepted'), ballot, length: count }),
  decide: fc.record({ kind: fc.constant('decide'), ballot, decided: count }),
  nack: fc.record({ kind: fc.constant('nack'), ballot, promised: ballot }),
  heartbeat: fc.record({ kind: fc.constant('heartbeat'), ballot, sequence: count, decided: count }),
  'heartbeat-ack': fc.record({
    kind: fc.constant('heartbeat-ack'),
    ballot,
    sequence: count,
    length: indexOrNone,
  }),
  'sync-request': fc.record({
    kind: fc.constant('sync-request'),
    promised: ballot,
    decided: count,
    damaged: count,
    staged: count,
  }),
  'snapshot-offer': fc.record({ kind: fc.constant('snapshot-offer'), ballot, index: count }),
  'read-ask': fc.record({ kind: fc.constant('read-ask'), ballot, token: count }),
  'read-answer': fc.record({ kind: fc.constant('read-answer'), ballot, token: count, index: indexOrNone }),
  vote: fc.record({
    kind: fc.constant('vote'),
    round: count,
    state: fc.constantFrom('looking', 'following', 'leading'),
    candidate: fc.option(candidate, { nil: undefined }),
  }),
  ping: fc.record({ kind: fc.constant('ping'), sequence: count, echo: count }),
  join: fc.record({ kind: fc.constant('join') }),
  'join-answer': fc.record({ kind: fc.constant('join-answer'), known: count }),
  'catch-up': fc.record({
    kind: fc.constant('catch-up'),
    question: count,
    leadership: ballot,
    from: count,
    entries,
    snapshot: count,
  }),
  'catch-up-request': fc.record({
    kind: fc.constant('catch-up-request'),
    question: count,
    decided: count,
    staged: count,
  }),
};

export const KINDS = Object.keys(BODIES) as readonly MessageKind[];

export function messageOf(kind: MessageKind): fc.Arbitrary<Message> {
  return fc.record({
    from: positive,
    to: positive,
    configuration: count,
    incarnation: positive,
    body: BODIES[kind],
  });
}

export const message: fc.Arbitrary<Message> = fc.oneof(...KINDS.map(messageOf));

const hardState: fc.Arbitrary<HardState> = fc.record({
  incarnation: positive,
  admitted: fc.boolean(),
  damaged: fc.boolean(),
  promised: ballot,
  accepted: ballot,
  configuration,
  known: fc.array(fc.tuple(count, count), { maxLength: 7 }),
});

export const write: fc.Arbitrary<Write> = fc.record({
  number: count,
  hard: fc.option(hardState, { nil: undefined }),
  snapshot: count,
  from: count,
  entries,
  decided: count,
});
