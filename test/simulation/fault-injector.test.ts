// Owns: what a replica that loses its disk is held to: all that the disk had made durable before.

import { describe, expect, it } from 'vitest';
import type { HardState } from '../../src/paxos/effects.ts';
import type { Entry } from '../../src/paxos/entry.ts';
import { SimulatedDisk } from '../../src/simulation/disk.ts';
import { FaultInjector } from '../../src/simulation/fault-injector.ts';
import { FAULT_KINDS } from '../../src/simulation/fault-kinds.ts';
import { Operator } from '../../src/simulation/operator.ts';
import { World } from '../../src/simulation/world/world.ts';
import { ballot, CONFIGURATION, entryOf, planOf, viewOf } from './parts.ts';

/** The process whose disk gets lost, of three that had this on their disks. */
function loser(hard: Partial<HardState>, entries: readonly Entry[] = []) {
  const nothing = { write: undefined, send: [], decided: 0, reads: [] };
  const world = new World({
    seed: 1,
    plan: planOf(),
    first: CONFIGURATION,
    makeReplica: () => ({
      view: viewOf({}, entries),
      step: () => ({ ...nothing, proposed: undefined, fetch: undefined, refused: undefined }),
    }),
    makeDisk: (parts) => new SimulatedDisk(parts),
    print: undefined,
    hashText: false,
  });
  const before: SimulatedDisk[] = [];
  for (const id of [1, 2, 3]) {
    const { disk } = world.add(id, CONFIGURATION);
    disk.hard = { ...disk.hard, admitted: true };
    before.push(disk);
  }
  for (const process of world.processes) process.start();
  for (const disk of before) {
    disk.hard = { ...disk.hard, admitted: false, ...hard };
    disk.entries = [...entries];
    disk.lost.add(7, [entryOf(7)]);
  }
  // A disk that is not admitted counts as impaired, and only one of three may be.
  const injector = new FaultInjector(world, new Operator(world));
  for (const [place, disk] of before.entries()) if (place > 0) disk.hard = { ...disk.hard, admitted: true };
  while (world.counts['lost-disk'] === 0) {
    for (const process of world.processes.slice(1)) process.core = undefined;
    injector.happen(FAULT_KINDS.indexOf('lost-disk'));
  }
  return { process: world.processes[0]!, old: before[0]! };
}

describe('a lost disk', () => {
  it.each<[string, Partial<HardState>]>([
    ['was admitted', { admitted: true }],
    ['has promised', { promised: ballot(1, 2) }],
    ['has accepted', { accepted: ballot(1, 2) }],
  ])('that %s takes the vote with it, though nothing was decided on it', (_, hard) => {
    const { process, old } = loser(hard);
    expect(process.disk).not.toBe(old);
    expect([old.decided, process.mustNotVote]).toEqual([0, true]);
  });

  it('that had no voice leaves its heir free', () => {
    expect(loser({}).process.mustNotVote).toBe(false);
  });

  it('is remembered with its copies, those that were damaged before included', () => {
    const { process } = loser({ admitted: true }, [entryOf(1), entryOf(2)]);
    expect(process.gone.has(1, entryOf(2))).toBe(true);
    expect(process.gone.has(7, entryOf(7))).toBe(true);
    expect(process.gone.has(2, entryOf(3))).toBe(false);
  });
});
