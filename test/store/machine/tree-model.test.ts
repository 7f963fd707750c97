// Owns: the machine's tree and sessions against the plain reference, with random commands.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../../src/store/machine/command-codec.ts';
import { StoreMachine } from '../../../src/store/machine/machine.ts';
import type { Change, Command } from '../../../src/store/machine/types.ts';
import { treeCommand } from './commands.ts';
import { ReferenceTree } from './reference-tree.ts';

/** Does to the reference what the command does; the answer of client commands. */
function refer(reference: ReferenceTree, command: Command, zxid: number): unknown {
  reference.timeMs = Math.max(reference.timeMs, command.timeMs);
  switch (command.type) {
    case 'client':
      return reference.client(command, zxid);
    case 'open-session':
      reference.sessions.set(zxid, {
        results: command.keepsResults ? new Map() : undefined,
        attachments: 0,
      });
      return { type: 'session-opened', session: zxid, timeoutMs: command.timeoutMs };
    case 'close-session':
      if (!reference.sessions.has(command.session)) return { type: 'error', code: -112 };
      reference.endSession(command.session, zxid);
      return { type: 'session-closed' };
    case 'expire-session': {
      const session = reference.sessions.get(command.session);
      if (command.tenure !== reference.tenure || command.attachments !== session?.attachments)
        return { type: 'done' };
      reference.endSession(command.session, zxid);
      return { type: 'session-closed' };
    }
    case 'tenure':
      reference.tenure = Math.max(reference.tenure, command.tenure);
      return { type: 'done' };
    case 'remove-expired-nodes':
      for (const path of command.paths) reference.removeExpired(path, zxid);
      return { type: 'done' };
    default:
      return undefined;
  }
}

function expectSameTree(machine: StoreMachine, reference: ReferenceTree): void {
  expect(machine.reads.counts.nodes).toBe(reference.nodes.size);
  expect(machine.reads.countBelow('/')).toBe(reference.nodes.size - 1);
  let dataBytes = 0;
  for (const [path, node] of reference.nodes) {
    expect(machine.reads.node(path)).toEqual({ data: node.data, stat: reference.statOf(path) });
    expect(machine.reads.acl(path)).toEqual(node.acl);
    const names = reference.childrenOf(path).map((child) => child.slice(child.lastIndexOf('/') + 1));
    expect(machine.reads.children(path)!.sort()).toEqual(names.sort());
    dataBytes += node.data?.length ?? 0;
  }
  expect(machine.reads.counts.dataBytes).toBe(dataBytes);
  for (const session of reference.sessions.keys()) {
    const owned = [...reference.nodes].filter(([, { owner }]) => owner === session).map(([path]) => path);
    expect(machine.reads.ephemeralsOf(session)).toEqual(owned.sort());
  }
}

/** Paths of the changes of one kind. */
function told(changes: readonly Change[], type: Change['type']): string[] {
  return changes.flatMap((change) => (change.type === type && 'path' in change ? [change.path] : [])).sort();
}

describe('tree and sessions', () => {
  it('do what the plain reference does, and tell every node that came, went or changed', () => {
    fc.assert(
      fc.property(fc.array(treeCommand, { minLength: 10, maxLength: 60 }), (commands) => {
        const machine = StoreMachine.empty();
        const reference = new ReferenceTree();
        for (const [index, command] of commands.entries()) {
          const before = new Map([...reference.nodes].map(([path, node]) => [path, node.czxid]));
          const applied = machine.apply(index, encodeCommand(command));
          expect(applied.zxid).toBe(index + 1);
          if (command.type === 'attach-session') {
            const session = reference.sessions.get(command.session);
            if (applied.result.type === 'session-attached') session!.attachments++;
            reference.timeMs = Math.max(reference.timeMs, command.timeMs);
          } else expect(applied.result).toEqual(refer(reference, command, index + 1));
          if (command.type === 'client' && command.operation.type === 'multi') continue;
          const gone = [...before.keys()].filter((path) => !reference.nodes.has(path));
          const came = [...reference.nodes.keys()].filter((path) => !before.has(path));
          expect(told(applied.changes, 'node-deleted')).toEqual(gone.sort());
          expect(told(applied.changes, 'node-created')).toEqual(came.sort());
        }
        expectSameTree(machine, reference);
      }),
    );
  });

  it('have equal hashes after equal commands, and other hashes after other commands', () => {
    fc.assert(
      fc.property(fc.array(treeCommand, { maxLength: 40 }), (commands) => {
        const one = StoreMachine.empty();
        const other = StoreMachine.empty();
        for (const [index, command] of commands.entries()) {
          one.apply(index, encodeCommand(command));
          other.apply(index, encodeCommand(command));
          expect(one.hash()).toBe(other.hash());
        }
        const before = one.hash();
        one.apply(commands.length, encodeCommand({ type: 'tenure', timeMs: 0, tenure: 99 }));
        expect(one.hash()).not.toBe(before);
      }),
    );
  });
});
