// Owns: snapshots: what is put back is what was, also while entries go on being applied; damage of our own making is seen.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPEN_ACL } from '../../../src/store/machine/acl.ts';
import { encodeCommand } from '../../../src/store/machine/command-codec.ts';
import { StoreMachine } from '../../../src/store/machine/machine.ts';
import type { Command } from '../../../src/store/machine/types.ts';
import { laneCommand, treeCommand } from './commands.ts';

const command = fc.oneof({ weight: 2, arbitrary: treeCommand }, laneCommand);

function applyAll(machine: StoreMachine, commands: readonly Command[]): unknown[] {
  return commands.map((one) => machine.apply(machine.index + 1, encodeCommand(one)));
}

describe('a snapshot', () => {
  it('taken while entries are applied holds the state of its beginning', () => {
    const lists = fc.tuple(
      fc.array(command, { maxLength: 40 }),
      fc.array(fc.record({ command, chunks: fc.nat({ max: 3 }) }), { maxLength: 40 }),
      fc.array(command, { maxLength: 20 }),
      fc.integer({ min: 16, max: 200 }),
    );
    fc.assert(
      fc.property(lists, ([before, during, after, chunkBytes]) => {
        const machine = StoreMachine.empty();
        applyAll(machine, before);
        const hash = machine.hash();
        const sections = machine.sections(chunkBytes);
        const chunks: Uint8Array[] = [sections.next().value as Uint8Array];
        for (const step of during) {
          applyAll(machine, [step.command]);
          for (let left = step.chunks; left > 0; left--) {
            const next = sections.next();
            if (!next.done) chunks.push(next.value);
          }
        }
        chunks.push(...sections);
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(chunkBytes);
        const restored = StoreMachine.restore(chunks);
        expect([restored.hash(), restored.index]).toEqual([hash, before.length - 1]);
        const missed = during.map((step) => step.command);
        applyAll(restored, missed);
        expect(restored.hash()).toBe(machine.hash());
        expect(applyAll(restored, after)).toEqual(applyAll(machine, after));
        expect(restored.hash()).toBe(machine.hash());
      }),
    );
  });

  it('that was given up does not stand in the way of the next', () => {
    const machine = StoreMachine.empty();
    const first = machine.sections(16);
    first.next();
    expect(() => machine.sections().next()).toThrow('one snapshot');
    first.return(undefined);
    expect(StoreMachine.restore(machine.sections()).hash()).toBe(machine.hash());
  });

  it('of a node larger than a chunk is cut into chunks', () => {
    const machine = StoreMachine.empty();
    const [opened] = applyAll(machine, [
      { type: 'open-session', timeMs: 1, password: new Uint8Array(16), timeoutMs: 1, keepsResults: false },
    ]) as [{ zxid: number }];
    const data = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
    applyAll(machine, [
      {
        type: 'client',
        session: opened.zxid,
        xid: 1,
        timeMs: 2,
        identities: [],
        operation: {
          type: 'create',
          path: '/big',
          data,
          acl: OPEN_ACL,
          node: { kind: 'persistent' },
          sequential: false,
        },
      },
    ]);
    const chunks = [...machine.sections()];
    expect(chunks.length).toBeGreaterThan(4);
    const restored = StoreMachine.restore(chunks).reads.node('/big')?.data;
    expect(Buffer.compare(restored!, data)).toBe(0);
  });

  it.each([
    ['a chunk is missing', (chunks: Uint8Array[]) => chunks.slice(1)],
    ['the end is missing', (chunks: Uint8Array[]) => chunks.slice(0, -1)],
    [
      'a bit is another',
      (chunks: Uint8Array[]) => chunks.map((chunk, at) => (at === 3 ? chunk.map((byte) => byte ^ 1) : chunk)),
    ],
  ])('is refused if %s', (_, damage) => {
    const machine = StoreMachine.empty();
    const chunks = [...machine.sections(32)].map((chunk) => chunk.slice());
    expect(() => StoreMachine.restore(damage(chunks))).toThrow();
  });
});
