// Owns: commands and results come back from their bytes as they were; what is no command is an assertion.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../src/paxos/codec/byte-reader.ts';
import { ByteWriter } from '../../../src/paxos/codec/byte-writer.ts';
import { decodeCommand, encodeCommand } from '../../../src/store/machine/command-codec.ts';
import { StoreMachine } from '../../../src/store/machine/machine.ts';
import { readResult, writeResult } from '../../../src/store/machine/operation-codec.ts';
import type { OperationResult } from '../../../src/store/machine/types.ts';
import { laneCommand, treeCommand } from './commands.ts';

describe('the codec of commands', () => {
  it('gives back what was encoded, also for numbers at their ends', () => {
    fc.assert(
      fc.property(fc.oneof(treeCommand, laneCommand), fc.maxSafeNat(), (command, timeMs) => {
        const whole = { ...command, timeMs };
        expect(decodeCommand(encodeCommand(whole))).toEqual(whole);
      }),
    );
  });

  it('refuses bytes that are cut, longer, of another version or of no known kind', () => {
    fc.assert(
      fc.property(fc.oneof(treeCommand, laneCommand), fc.nat(), (command, place) => {
        const bytes = encodeCommand(command);
        expect(() => decodeCommand(bytes.subarray(0, place % bytes.length))).toThrow(
          'Millrace broke its own rule',
        );
        expect(() => decodeCommand(Uint8Array.of(...bytes, 0))).toThrow('Millrace broke its own rule');
        expect(() => decodeCommand(bytes.map((byte, at) => (at === 0 ? 2 : byte)))).toThrow('format 1');
        expect(() => decodeCommand(bytes.map((byte, at) => (at === 1 ? 99 : byte)))).toThrow(
          'to its last byte',
        );
      }),
    );
  });

  it('takes 128 bytes of data with less than 40 bytes around them', () => {
    const operation = {
      type: 'set-data',
      path: '/bench/node-1',
      data: new Uint8Array(128),
      version: -1,
    } as const;
    const identities = [] as const;
    const timeMs = 1_700_000_000_000;
    const bytes = encodeCommand({
      type: 'client',
      session: 4_711,
      xid: 1_000,
      timeMs,
      identities,
      operation,
    });
    expect(bytes.length).toBeLessThan(168);
  });

  it('keeps nothing of the bytes of an entry', () => {
    const machine = StoreMachine.empty();
    const apply = (command: Parameters<typeof encodeCommand>[0]) => {
      const bytes = encodeCommand(command);
      machine.apply(machine.index + 1, bytes);
      bytes.fill(0xff);
    };
    const request = { type: 'take-lane', app: 'a', lane: 0, owner: 'me' } as const;
    apply({ type: 'lane', timeMs: 1, session: 0, request });
    const entries = [{ key: Uint8Array.of(1), value: Uint8Array.of(2) }];
    const outbox = [{ sink: 's', data: Uint8Array.of(3) }];
    const tables = [{ table: 't', entries }];
    const commit = {
      type: 'commit',
      app: 'a',
      lane: 0,
      epoch: 1,
      txid: 1,
      ranges: [],
      tables,
      outbox,
    } as const;
    apply({ type: 'lane', timeMs: 1, session: 0, request: commit });
    expect(machine.reads.value({ app: 'a', lane: 0, table: 't' }, Uint8Array.of(1))).toEqual(
      Uint8Array.of(2),
    );
    expect(machine.reads.outbox('a', 0, 's', 0, 9)).toEqual([{ txid: 1, data: Uint8Array.of(3) }]);
    apply({
      type: 'open-session',
      timeMs: 1,
      password: new Uint8Array(16).fill(7),
      timeoutMs: 1,
      keepsResults: true,
    });
    const password = new Uint8Array(16).fill(7);
    const attach = { type: 'attach-session', timeMs: 1, session: 3, password } as const;
    expect(machine.apply(9, encodeCommand(attach)).result.type).toBe('session-attached');
  });
});

describe('the codec of results', () => {
  it('gives back every kind, nested too', () => {
    const stat = {
      czxid: 1,
      mzxid: 2 ** 53 - 1,
      pzxid: 3,
      ctime: 4,
      mtime: 5,
      version: -(2 ** 31),
      cversion: -2,
      aversion: 2 ** 31 - 1,
      ephemeralOwner: 9,
      dataLength: 10,
      numChildren: 11,
    };
    const results: OperationResult[] = [
      { type: 'error', code: -101 },
      { type: 'create', path: '/ü', stat },
      { type: 'delete' },
      { type: 'set-data', stat },
      { type: 'set-acl', stat },
      { type: 'check' },
    ];
    const whole: OperationResult = { type: 'multi', results };
    const writer = new ByteWriter(16, 10_000);
    writeResult(writer, whole);
    expect(readResult(new ByteReader(writer.finish()))).toEqual(whole);
  });
});
