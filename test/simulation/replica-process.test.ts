// Owns: the driver: that a process dies at every point between its effects, and what it does while its disk is full.

import { describe, expect, it } from 'vitest';
import type { Effects } from '../../src/paxos/effects.ts';
import type { Event } from '../../src/paxos/event.ts';
import type { Message } from '../../src/paxos/message.ts';
import { COMMAND } from '../../src/simulation/command.ts';
import { SimulatedDisk } from '../../src/simulation/disk.ts';
import type { FaultKind } from '../../src/simulation/fault-kinds.ts';
import type { Operation } from '../../src/simulation/operation.ts';
import type { ReplicaProcess } from '../../src/simulation/replica-process.ts';
import type { ReplicaUnderTest } from '../../src/simulation/replica-under-test.ts';
import { HAPPENING } from '../../src/simulation/world/happening.ts';
import { World } from '../../src/simulation/world/world.ts';
import { CONFIGURATION, entryOf, planOf, viewOf, writeOf } from './parts.ts';

const NOTHING: Effects = {
  write: undefined,
  send: [],
  decided: 0,
  reads: [],
  proposed: undefined,
  fetch: undefined,
  refused: undefined,
};

/** One process over a core that answers each event with `react`, and does nothing of its own accord. */
function processOver(react: (event: Event) => Partial<Effects>, seed = 1, kinds: readonly FaultKind[] = []) {
  const notes: string[] = [];
  const entries = [entryOf(1), entryOf(2)];
  const core: ReplicaUnderTest = {
    view: viewOf({ length: 2 }, entries),
    step: (event) => ({ ...NOTHING, ...react(event) }),
  };
  const world = new World({
    seed,
    plan: planOf(...kinds),
    first: CONFIGURATION,
    makeReplica: () => core,
    makeDisk: (parts) => new SimulatedDisk(parts),
    print: (line) => notes.push(line),
    hashText: false,
  });
  for (const id of [1, 2, 3]) world.add(id, CONFIGURATION);
  const process = world.processes[0]!;
  return { world, process, notes };
}

function writeOperation(direct = false): Operation {
  return {
    client: 0,
    sequence: 9,
    kind: direct ? COMMAND.read : COMMAND.write,
    key: 0,
    value: 1,
    expected: 0,
    direct,
    fillers: 0,
    outcome: 'pending',
    result: 0,
    hint: 0,
  };
}

/** Lets time pass until `until`, for what the process set up itself. */
function pass(world: World, process: ReplicaProcess, until: number): void {
  world.queue.push(until - world.queue.now, HAPPENING.probe, 0);
  for (;;) {
    world.queue.pop();
    const { kind, argument } = world.queue;
    if (kind === HAPPENING.probe) return;
    if (kind === HAPPENING.flushed && argument === process.life) process.flushed();
  }
}

describe('a process dies', () => {
  const ping = (to: number): Message => ({
    from: 1,
    to,
    configuration: 1,
    incarnation: 9,
    body: { kind: 'ping', sequence: 1, echo: 0 },
  });

  it('at every point of the list of its effects, and has done what stands before it', () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 300; seed++) {
      const { world, process, notes } = processOver(
        ({ kind }) =>
          kind === 'tick'
            ? {
                write: writeOf(1, 0, [entryOf(1), entryOf(2)]),
                send: [ping(2), ping(3), ping(2)],
                decided: 2,
              }
            : {},
        seed,
      );
      // A quorum has the entries; what this one has of them is what the test is about.
      for (const { disk } of world.processes.slice(1)) disk.entries = [entryOf(1), entryOf(2)];
      process.start();
      for (const other of world.processes.slice(1)) world.checks.started(other, other.disk.recover());
      process.diesInStepOf = 1;
      process.jump(1);
      expect(process.isUp).toBe(false);
      const cut = Number(/dies after (\d) of 6 effects/.exec(notes.at(-1)!)?.[1]);
      const sent = Math.min(Math.max(cut - 1, 0), 3);
      const applied = Math.max(cut - 4, 0);
      expect([cut, process.disk.length, world.network.sent, process.registers.applied]).toEqual([
        cut,
        cut > 0 ? 2 : 0,
        sent,
        applied,
      ]);
      seen.add(`${cut}`);
    }
    expect([...seen].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });

  it('only in a step of as many effects as were asked for', () => {
    const { process } = processOver(({ kind }) => (kind === 'tick' ? { send: [ping(2)] } : {}));
    process.start();
    process.diesInStepOf = 2;
    process.jump(3);
    expect(process.isUp).toBe(true);
    process.diesInStepOf = 1;
    process.jump(3);
    expect(process.isUp).toBe(false);
  });
});

describe('while its disk is full', () => {
  /** Its core writes once, at the first tick. */
  function filling() {
    const persisted: number[] = [];
    let written = 0;
    const made = processOver((event) => {
      if (event.kind === 'persisted') persisted.push(event.write);
      if (event.kind === 'tick' && written++ === 0) return { write: writeOf(1, 0, [entryOf(1)]) };
      if (event.kind === 'propose') return { proposed: { status: 'kept' } };
      return {};
    });
    made.process.start();
    made.process.disk.fullUntil = 1_000_000;
    made.process.jump(1);
    pass(made.world, made.process, 500_000);
    return { ...made, persisted };
  }

  it('a process keeps what waits, refuses commands, and goes on when there is space', () => {
    const { world, process, persisted } = filling();
    expect([process.isUp, process.disk.length, persisted]).toEqual([true, 0, []]);
    const [early, read] = [writeOperation(), writeOperation(true)];
    process.request(early);
    process.request(read);
    expect([early.outcome, read.outcome]).toEqual(['refused', 'pending']);
    pass(world, process, 1_100_000);
    expect([process.disk.length, persisted]).toEqual([1, [1]]);
    const late = { ...writeOperation(), sequence: 10 };
    process.request(late);
    expect(late.outcome).toBe('pending');
    expect(world.counts['disk-full']).toBe(1);
  });

  it('a process that dies loses what waited', () => {
    const { world, process, persisted, notes } = filling();
    process.diesAtRefusal = 3;
    pass(world, process, 900_000);
    expect(notes.at(-1)).toContain('dies while its disk is full');
    expect([process.isUp, process.disk.length, persisted]).toEqual([false, 0, []]);
    process.start();
    expect(process.isUp).toBe(true);
  });

  it('a process takes no snapshot', () => {
    const { process, world } = filling();
    process.snapshotWritten({ ...process.disk.image, index: 1 });
    expect([process.disk.image.index, world.counts.snapshot]).toEqual([0, 0]);
  });
});
