// Owns: the proof that our bytes are ZooKeeper's: the Java client's requests, and recorded exchanges with its server.

import { describe, expect, it } from 'vitest';
import type { AclEntry } from '../../../../src/store/machine/types.ts';
import {
  readConnectRequest,
  readConnectResponse,
  writeConnectRequest,
  writeConnectResponse,
} from '../../../../src/store/zookeeper/protocol/connect.ts';
import { JuteReader } from '../../../../src/store/zookeeper/protocol/jute-reader.ts';
import { JuteWriter } from '../../../../src/store/zookeeper/protocol/jute-writer.ts';
import {
  readReplyHeader,
  readWatcherEvent,
  writeReplyHeader,
  writeWatcherEvent,
} from '../../../../src/store/zookeeper/protocol/records.ts';
import {
  readRequest,
  readRequestHeader,
  writeRequest,
} from '../../../../src/store/zookeeper/protocol/request-codec.ts';
import type { CreateRequest, Request } from '../../../../src/store/zookeeper/protocol/requests.ts';
import {
  type AnsweredOp,
  readResponse,
  writeResponse,
} from '../../../../src/store/zookeeper/protocol/response-codec.ts';
import { EVENTS, EXCHANGES, JAVA_CONNECT, JAVA_REQUESTS, SERVER_CONNECT } from './golden.ts';

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const readerOf = (hex: string): JuteReader => new JuteReader(bytesOf(hex));

function written(write: (writer: JuteWriter) => void): string {
  const writer = new JuteWriter(16);
  write(writer);
  return Buffer.from(writer.take()).toString('hex');
}

const OPEN: readonly AclEntry[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }];
const DATA = new TextEncoder().encode('data');

function create(op: CreateRequest['op'], path: string, flags: number, ttlMs = 0): CreateRequest {
  return { op, path, data: DATA, acl: OPEN, flags, ttlMs };
}

/** The values behind JAVA_REQUESTS, in their order. */
const VALUES: readonly Request[] = [
  create('create', '/café', 3),
  { ...create('create2', '/a', 0), data: null },
  create('createTTL', '/t', 5, 123_456_789_012),
  { op: 'delete', path: '/a', version: -1 },
  { op: 'exists', path: '/a', watch: true },
  { op: 'setData', path: '/a', data: DATA, version: 7 },
  { op: 'getACL', path: '/a' },
  { op: 'setACL', path: '/a', acl: [{ permissions: 5, scheme: 'digest', id: 'u:h' }], version: 1 },
  { op: 'getEphemerals', path: '/' },
  { op: 'addWatch', path: '/a', kind: 1 },
  { op: 'removeWatches', path: '/a', kind: 3 },
  {
    op: 'setWatches2',
    relativeZxid: 99,
    data: ['/d'],
    exist: ['/e'],
    children: ['/c'],
    persistent: ['/p'],
    persistentRecursive: ['/r'],
  },
  {
    op: 'setWatches',
    relativeZxid: 99,
    data: ['/d'],
    exist: ['/e'],
    children: ['/c'],
    persistent: [],
    persistentRecursive: [],
  },
  { op: 'auth', scheme: 'digest', auth: new TextEncoder().encode('u:p') },
  { op: 'ping' },
  {
    op: 'multi',
    operations: [
      create('create', '/m', 1),
      create('createContainer', '/c', 4),
      create('createTTL', '/t', 5, 1000),
      { op: 'setData', path: '/m', data: DATA, version: 1 },
      { op: 'check', path: '/m', version: 2 },
      { op: 'delete', path: '/m', version: 3 },
    ],
  },
  {
    op: 'multiRead',
    operations: [
      { op: 'getData', path: '/a', watch: false },
      { op: 'getChildren', path: '/b', watch: false },
    ],
  },
  { op: 'reconfig', joiningServers: 'j', leavingServers: 'l', newMembers: 'n', configId: -1n },
  { op: 'closeSession' },
];

describe("the Java client's requests", () => {
  it('are all here', () => expect(JAVA_REQUESTS).toHaveLength(VALUES.length));

  it.each(JAVA_REQUESTS.map(([name, hex], i) => [name, hex, VALUES[i]!] as const))('%s', (_, hex, value) => {
    const reader = readerOf(hex);
    const header = readRequestHeader(reader);
    expect(readRequest(reader, header.type)).toEqual(value);
    expect(reader.remaining).toBe(0);
    expect(written((writer) => writeRequest(writer, header.xid, value))).toBe(hex);
  });

  it('connect', () => {
    const request = readConnectRequest(readerOf(JAVA_CONNECT));
    expect(request).toMatchObject({ protocolVersion: 0, lastZxidSeen: 5, timeoutMs: 30_000, readOnly: true });
    expect(request.sessionId).toBe(0x1000abcdef12345n);
    expect([...request.password!]).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(written((writer) => writeConnectRequest(writer, request))).toBe(JAVA_CONNECT);
  });

  it('connect without the read-only flag, as clients before 3.4 send it', () => {
    const hex = JAVA_CONNECT.slice(0, -2);
    const reader = readerOf(hex);
    const request = readConnectRequest(reader);
    expect(request.readOnly).toBeUndefined();
    expect(reader.failed).toBe(false);
    expect(written((writer) => writeConnectRequest(writer, request))).toBe(hex);
  });
});

describe("the server's replies", () => {
  it('connect: a session id beyond 2^53 is kept, and our protocol version is ignored', () => {
    const response = readConnectResponse(readerOf(SERVER_CONNECT));
    expect(response).toMatchObject({ protocolVersion: 0, timeoutMs: 10_000, readOnly: false });
    expect(response.sessionId).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
    expect(response.password).toHaveLength(16);
    expect(written((writer) => writeConnectResponse(writer, response))).toBe(SERVER_CONNECT);
  });

  it.each(EXCHANGES)('%s', (op, request, reply) => {
    const asked = readerOf(request);
    const { xid, type } = readRequestHeader(asked);
    const value = readRequest(asked, type)!;
    expect(value.op).toBe(op);
    expect(written((writer) => writeRequest(writer, xid, value))).toBe(request);

    const reader = readerOf(reply);
    const header = readReplyHeader(reader);
    expect(header.xid).toBe(xid);
    const answer = header.err === 0 ? readResponse(reader, op as AnsweredOp) : undefined;
    expect(reader.failed).toBe(false);
    expect(reader.remaining).toBe(0);
    const again = written((writer) => {
      writeReplyHeader(writer, header.xid, header.zxid, header.err);
      if (answer !== undefined) writeResponse(writer, answer);
    });
    expect(again).toBe(reply);
  });

  it.each(EVENTS)('event %s', (hex) => {
    const reader = readerOf(hex);
    const header = readReplyHeader(reader);
    const event = readWatcherEvent(reader);
    expect(header).toMatchObject({ xid: -1, err: 0 });
    expect(event.state).toBe(3);
    expect(reader.remaining).toBe(0);
    const again = written((writer) => {
      writeReplyHeader(writer, header.xid, header.zxid, header.err);
      writeWatcherEvent(writer, event);
    });
    expect(again).toBe(hex);
  });

  it('says what was asked, not only something that encodes to the same', () => {
    const reply = EXCHANGES.find(([op, , bytes]) => op === 'getData' && bytes.includes('0000000165'))![2];
    const reader = readerOf(reply);
    readReplyHeader(reader);
    expect(readResponse(reader, 'getData')).toMatchObject({
      data: new TextEncoder().encode('e'),
      stat: { czxid: 8, mzxid: 8, pzxid: 8, version: 0, dataLength: 1, numChildren: 0 },
    });
  });
});
