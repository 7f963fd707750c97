// Owns: lanes and tables against the plain reference, and the promises that each have a name.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../../src/store/machine/command-codec.ts';
import { OUTBOX_LIMITS } from '../../../src/store/machine/commit-checks.ts';
import { REMEMBERED_COMMITS } from '../../../src/store/machine/lane-state.ts';
import { StoreMachine } from '../../../src/store/machine/machine.ts';
import type { CommandResult, LaneRequest } from '../../../src/store/machine/types.ts';
import { laneCommand } from './commands.ts';
import { ReferenceLanes } from './reference-lanes.ts';

function ask(machine: StoreMachine, request: LaneRequest): CommandResult {
  const command = { type: 'lane', timeMs: 1, session: 0, request } as const;
  return machine.apply(machine.index + 1, encodeCommand(command)).result;
}

function plain(result: CommandResult): string {
  switch (result.type) {
    case 'lane-taken': {
      const offsets = result.offsets.map(({ partition, until }) => [partition, until]);
      const sinks = result.sinks.map(({ sink, txid }) => [sink, txid]);
      return `taken ${result.epoch} ${result.txid} ${JSON.stringify(offsets)} ${JSON.stringify(sinks)}`;
    }
    case 'committed':
      return result.repeated ? 'repeated' : 'committed';
    case 'trimmed':
      return `trimmed ${result.txid}`;
    case 'refused':
      return result.reason;
    default:
      return result.type;
  }
}

function commitOf(part: Partial<Extract<LaneRequest, { type: 'commit' }>>): LaneRequest {
  return {
    type: 'commit',
    app: 'a',
    lane: 0,
    epoch: 1,
    txid: 1,
    ranges: [],
    tables: [],
    outbox: [],
    ...part,
  };
}

const TAKE: LaneRequest = { type: 'take-lane', app: 'a', lane: 0, owner: 'me' };

describe('lanes and tables', () => {
  it('do what the plain reference does', () => {
    fc.assert(
      fc.property(fc.array(laneCommand, { minLength: 10, maxLength: 80 }), (commands) => {
        const machine = StoreMachine.empty();
        const reference = new ReferenceLanes();
        machine.apply(0, encodeCommand({ type: 'tenure', timeMs: 1, tenure: 1 }));
        for (const command of commands) {
          if (command.type !== 'lane') continue;
          const before = machine.hash();
          const result = ask(machine, command.request);
          expect(plain(result)).toBe(reference.apply(command.request));
          const hasChanged = result.type !== 'refused' && !(result.type === 'committed' && result.repeated);
          if (!hasChanged) expect(machine.hash()).toBe(before);
        }
        for (const [name, { outbox, sinks, txid }] of reference.lanes) {
          const [app, lane] = name.split('/') as [string, string];
          expect(machine.reads.lane(app, Number(lane))).toMatchObject({ txid, outboxRecords: outbox.length });
          for (const sink of sinks.keys()) {
            const wanted = outbox.filter((record) => record.sink === sink);
            const got = machine.reads.outbox(app, Number(lane), sink, 0, 1_000);
            expect(got).toEqual(wanted.map(({ txid: at, data }) => ({ txid: at, data })));
          }
        }
        for (const [name, entries] of reference.tables) {
          const [app, lane, table] = name.split('/') as [string, string, string];
          const got = [...machine.reads.scan({ app, lane: Number(lane), table })].flat();
          expect(got).toEqual(entries);
        }
      }),
    );
  });

  it('never give an epoch twice, also after an app was dropped', () => {
    const machine = StoreMachine.empty();
    ask(machine, TAKE);
    ask(machine, { type: 'drop-app', app: 'a' });
    expect(ask(machine, TAKE)).toMatchObject({ epoch: 2, txid: 0 });
    expect(ask(machine, commitOf({ epoch: 1 }))).toMatchObject({ type: 'refused', reason: 'fenced' });
  });

  it('refuse a commit of an earlier epoch that the new owner never saw', () => {
    const machine = StoreMachine.empty();
    ask(machine, TAKE);
    ask(machine, commitOf({}));
    ask(machine, TAKE);
    expect(ask(machine, commitOf({ epoch: 2, txid: 1 }))).toMatchObject({ reason: 'gap' });
  });

  it('answer a repetition that is older than what is remembered as the design says', () => {
    const machine = StoreMachine.empty();
    ask(machine, TAKE);
    for (let txid = 1; txid <= REMEMBERED_COMMITS + 2; txid++) ask(machine, commitOf({ txid }));
    expect(ask(machine, commitOf({ txid: 1 }))).toEqual({ type: 'committed', txid: 1, repeated: true });
  });

  it('hold a lane back whose sinks do not keep up, and let it go on after a trim', () => {
    const machine = StoreMachine.empty();
    ask(machine, TAKE);
    const half = { sink: 'kafka', data: new Uint8Array(OUTBOX_LIMITS.bytes / 8) };
    for (let txid = 1; txid <= 8; txid++) {
      expect(ask(machine, commitOf({ txid, outbox: [half] }))).toMatchObject({ type: 'committed' });
    }
    const next = commitOf({ txid: 9, outbox: [half] });
    expect(ask(machine, next)).toMatchObject({ reason: 'outbox-full' });
    ask(machine, { type: 'trim', app: 'a', lane: 0, epoch: 1, sink: 'kafka', txid: 3 });
    expect(ask(machine, next)).toMatchObject({ type: 'committed', txid: 9 });
  });

  it('refuse keys that do not ascend', () => {
    const machine = StoreMachine.empty();
    ask(machine, TAKE);
    const entry = (byte: number) => ({ key: Uint8Array.of(byte), value: Uint8Array.of(1) });
    const tables = [{ table: 't', entries: [entry(2), entry(2)] }];
    expect(ask(machine, commitOf({ tables }))).toMatchObject({ reason: 'invalid' });
    expect(machine.reads.tables('a', 0)).toEqual([]);
  });

  it('refuse a request of a session that has ended', () => {
    const machine = StoreMachine.empty();
    const command = { type: 'lane', timeMs: 1, session: 5, request: TAKE } as const;
    expect(machine.apply(0, encodeCommand(command)).result).toEqual({ type: 'error', code: -112 });
  });
});
