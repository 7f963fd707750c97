// Owns: random commands for property tests: few paths, sessions and lanes, so that they meet.

import fc from 'fast-check';
import type {
  AclEntry,
  Command,
  LaneRequest,
  NodeKind,
  SingleOperation,
} from '../../../src/store/machine/types.ts';

const ANYONE: AclEntry = { permissions: 31, scheme: 'world', id: 'anyone' };
const ALICE: AclEntry = { permissions: 31, scheme: 'digest', id: 'alice:hash' };

const name = fc.constantFrom('a', 'b', 'c', 'ü', '日');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`);
const data = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null });
const version = fc.constantFrom(-1, -1, -1, 0, 1, 2);
const acl = fc.constantFrom([ANYONE], [ANYONE], [ANYONE], [ALICE], [{ ...ANYONE, permissions: 7 }], []);
const kind: fc.Arbitrary<NodeKind> = fc.oneof(
  fc.constant({ kind: 'persistent' } as const),
  fc.constant({ kind: 'persistent' } as const),
  fc.constant({ kind: 'ephemeral' } as const),
  fc.constant({ kind: 'container' } as const),
  fc.record({ kind: fc.constant('ttl' as const), ttlMs: fc.integer({ min: 1, max: 50 }) }),
);

const create = fc.record({
  type: fc.constant('create' as const),
  path,
  data,
  acl,
  node: kind,
  sequential: fc.boolean(),
});

const single: fc.Arbitrary<SingleOperation> = fc.oneof(
  { weight: 3, arbitrary: create },
  fc.record({ type: fc.constant('delete' as const), path, version }),
  fc.record({ type: fc.constant('set-data' as const), path, data, version }),
  fc.record({ type: fc.constant('set-acl' as const), path, acl, version }),
  fc.record({ type: fc.constant('check' as const), path, version }),
);

const timeMs = fc.integer({ min: 1_000, max: 2_000 });
const session = fc.integer({ min: 1, max: 12 });
const password = fc.constantFrom(new Uint8Array(16), new Uint8Array(16).fill(1));

/** Sessions are numbered by the entry that opened them, so small numbers meet. */
export const treeCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      type: fc.constant('client' as const),
      timeMs,
      session,
      xid: fc.integer({ min: 1, max: 30 }),
      identities: fc.constantFrom([], [], [{ scheme: 'digest', id: 'alice:hash' }]),
      operation: fc.oneof(
        { weight: 3, arbitrary: single },
        fc.record({
          type: fc.constant('multi' as const),
          operations: fc.array(single, { maxLength: 5 }),
        }),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('open-session' as const),
      timeMs,
      password,
      timeoutMs: fc.integer({ min: 1, max: 9 }),
      keepsResults: fc.boolean(),
    }),
  },
  fc.record({ type: fc.constant('attach-session' as const), timeMs, session, password }),
  fc.record({ type: fc.constant('close-session' as const), timeMs, session }),
  fc.record({
    type: fc.constant('expire-session' as const),
    timeMs,
    session,
    tenure: fc.integer({ min: 0, max: 2 }),
    attachments: fc.integer({ min: 0, max: 1 }),
  }),
  fc.record({ type: fc.constant('tenure' as const), timeMs, tenure: fc.integer({ min: 0, max: 2 }) }),
  fc.record({
    type: fc.constant('remove-expired-nodes' as const),
    timeMs,
    paths: fc.array(path, { maxLength: 5 }),
  }),
);

const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 });
const entries = fc
  .uniqueArray(fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }) }), {
    selector: ({ key: bytes }) => bytes.join(),
    maxLength: 12,
  })
  .map((list) => list.sort((one, other) => compareBytes(one.key, other.key)));

const app = fc.constantFrom('words', 'flights');
const lane = fc.integer({ min: 0, max: 1 });
const sink = fc.constantFrom('kafka', 'redis');
const offset = fc.integer({ min: 0, max: 4 });

export const laneRequest: fc.Arbitrary<LaneRequest> = fc.oneof(
  fc.record({ type: fc.constant('take-lane' as const), app, lane, owner: fc.constantFrom('one', 'two') }),
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      app,
      lane,
      epoch: fc.integer({ min: 1, max: 3 }),
      txid: fc.integer({ min: 1, max: 5 }),
      ranges: fc.array(
        fc.record({ source: fc.constant('in'), partition: offset, from: offset, until: offset }),
        {
          maxLength: 2,
        },
      ),
      tables: fc.uniqueArray(fc.record({ table: fc.constantFrom('t', 'u'), entries }), {
        selector: ({ table }) => table,
        maxLength: 2,
      }),
      outbox: fc.array(fc.record({ sink, data: fc.uint8Array({ maxLength: 9 }) }), { maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('trim' as const),
      app,
      lane,
      epoch: fc.integer({ min: 1, max: 3 }),
      sink,
      txid: fc.integer({ min: 0, max: 4 }),
    }),
  },
);

export const laneCommand: fc.Arbitrary<Command> = fc.record({
  type: fc.constant('lane' as const),
  timeMs,
  session: fc.constant(0),
  request: fc.oneof(
    { weight: 20, arbitrary: laneRequest },
    fc.record({ type: fc.constant('drop-app' as const), app }),
  ),
});

export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] !== other[at]) return one[at]! - other[at]!;
  }
  return one.length - other.length;
}
