// Owns: any request, any response, any Stat, for property tests.

import fc from 'fast-check';
import type { Stat } from '../../../../src/store/zookeeper/protocol/records.ts';
import type { Request, WriteRequest } from '../../../../src/store/zookeeper/protocol/requests.ts';
import type { AnsweredOp } from '../../../../src/store/zookeeper/protocol/response-codec.ts';
import type { MultiResult, Response } from '../../../../src/store/zookeeper/protocol/responses.ts';

const int = fc.integer();
/** Long and short, ASCII and not: all ways through the codec. Without lone surrogates, which UTF-8 has no bytes for. */
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.string({ minLength: 60, maxLength: 80 }),
);
const long = fc.maxSafeInteger().map((value) => (value === 0 ? 0 : value));
const data = fc.option(fc.uint8Array({ maxLength: 50 }));
const acl = fc.array(fc.record({ permissions: int, scheme: text, id: text }), { maxLength: 3 });
const texts = fc.array(text, { maxLength: 4 });

export const stats: fc.Arbitrary<Stat> = fc.record({
  czxid: long,
  mzxid: long,
  pzxid: long,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  dataLength: int,
  numChildren: int,
});

function op<const O extends string>(...names: O[]): fc.Arbitrary<O> {
  return fc.constantFrom(...names);
}

const creates = fc.oneof(
  fc.record({
    op: op('create', 'create2', 'createContainer'),
    path: text,
    data,
    acl,
    flags: int,
    ttlMs: fc.constant(0),
  }),
  fc.record({ op: op('createTTL'), path: text, data, acl, flags: int, ttlMs: long }),
);
const versioned = fc.record({ op: op('delete', 'check'), path: text, version: int });
const setData = fc.record({ op: op('setData'), path: text, data, version: int });

const writes: fc.Arbitrary<WriteRequest> = fc.oneof(
  creates,
  versioned,
  setData,
  fc.record({ op: op('setACL'), path: text, acl, version: int }),
  fc.record({
    op: op('multi'),
    operations: fc.array(fc.oneof(creates, versioned, setData), { maxLength: 5 }),
  }),
);

export const requests: fc.Arbitrary<Request> = fc.oneof(
  writes,
  fc.record({ op: op('repeat'), request: writes }),
  fc.record({ op: op('exists', 'getData', 'getChildren', 'getChildren2'), path: text, watch: fc.boolean() }),
  fc.record({ op: op('getACL', 'sync', 'getAllChildrenNumber', 'getEphemerals'), path: text }),
  fc.record({ op: op('addWatch', 'removeWatches', 'checkWatches'), path: text, kind: int }),
  fc.record({
    op: op('setWatches2'),
    relativeZxid: long,
    data: texts,
    exist: texts,
    children: texts,
    persistent: texts,
    persistentRecursive: texts,
  }),
  fc.record({
    op: op('setWatches'),
    relativeZxid: long,
    data: texts,
    exist: texts,
    children: texts,
    persistent: fc.constant([]),
    persistentRecursive: fc.constant([]),
  }),
  fc.record({ op: op('auth'), scheme: text, auth: data }),
  fc.record({ op: op('ping', 'whoAmI', 'closeSession') }),
  fc.record({
    op: op('multiRead'),
    operations: fc.array(fc.record({ op: op('getData', 'getChildren'), path: text, watch: fc.boolean() })),
  }),
  fc.record({
    op: op('reconfig'),
    joiningServers: text,
    leavingServers: text,
    newMembers: text,
    configId: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
);

const results: fc.Arbitrary<MultiResult> = fc.oneof(
  fc.record({ type: op('create'), path: text, stat: fc.option(stats, { nil: undefined }) }),
  fc.record({ type: op('delete', 'check') }),
  fc.record({ type: op('setData'), stat: stats }),
  fc.record({ type: op('getData'), data, stat: stats }),
  fc.record({ type: op('getChildren'), children: texts }),
  fc.record({ type: op('error'), code: int }),
);

export const responses: fc.Arbitrary<Response & { op: AnsweredOp }> = fc.oneof(
  fc.record({ op: op('create'), path: text }),
  fc.record({ op: op('create2', 'createContainer', 'createTTL'), path: text, stat: stats }),
  fc.record({ op: op('exists', 'setData', 'setACL'), stat: stats }),
  fc.record({ op: op('getData'), data, stat: stats }),
  fc.record({ op: op('getACL'), acl, stat: stats }),
  fc.record({ op: op('getChildren'), children: texts }),
  fc.record({ op: op('getChildren2'), children: texts, stat: stats }),
  fc.record({ op: op('getAllChildrenNumber'), count: int }),
  fc.record({ op: op('getEphemerals'), paths: texts }),
  fc.record({ op: op('sync'), path: text }),
  fc.record({ op: op('multi', 'multiRead'), results: fc.array(results, { maxLength: 6 }) }),
  fc.record({ op: op('whoAmI'), identities: fc.array(fc.record({ scheme: text, id: text })) }),
  fc.record({
    op: op(
      'delete',
      'check',
      'ping',
      'auth',
      'addWatch',
      'removeWatches',
      'checkWatches',
      'setWatches',
      'setWatches2',
      'closeSession',
    ),
  }),
);
