// Owns: time, network and disk of the simulated world, each alone.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/paxos/message.ts';
import { noFaults } from '../../src/simulation/fault-kinds.ts';
import type { FaultPlan } from '../../src/simulation/fault-plan.ts';
import { frameCodec } from '../../src/simulation/frames.ts';
import { Network } from '../../src/simulation/network.ts';
import { EventQueue } from '../../src/simulation/world/event-queue.ts';
import { diskOf, entryOf, planOf, writeOf } from './parts.ts';

describe('time', () => {
  it('passes in order, and events of one moment in the order they were put in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 600 }), (delays) => {
        const queue = new EventQueue();
        for (const [index, delay] of delays.entries()) queue.push(delay, 1, index, index, `${index}`);
        const expected = delays.map((delay, index) => ({ delay, index }));
        expected.sort((a, b) => a.delay - b.delay || a.index - b.index);
        for (const { delay, index } of expected) {
          queue.pop();
          expect([queue.now, queue.subject, queue.reference]).toEqual([delay, index, `${index}`]);
        }
        expect(queue.length).toBe(0);
      }),
    );
  });
});

const ping: Message = {
  from: 1,
  to: 2,
  configuration: 1,
  incarnation: 9,
  body: { kind: 'ping', sequence: 1, echo: 0 },
};

/** Sends `count` pings with rising sequences; what arrives when. */
function arrivals(plan: FaultPlan, count: number, before: (network: Network) => void = () => {}) {
  const queue = new EventQueue();
  const counts = noFaults();
  const network = new Network(1, plan, counts, queue, frameCodec());
  before(network);
  for (let sequence = 1; sequence <= count; sequence++) {
    network.send({ ...ping, body: { kind: 'ping', sequence, echo: 0 } }, 0, 1);
  }
  const arrived: { at: number; sequence: number }[] = [];
  while (queue.length > 0) {
    queue.pop();
    const body = network.open(queue.reference)?.body;
    if (body?.kind === 'ping') arrived.push({ at: queue.now, sequence: body.sequence });
  }
  return { arrived, counts, network };
}

const rising = (numbers: readonly number[]) =>
  numbers.every((one, at) => at === 0 || one >= numbers[at - 1]!);

describe('the network', () => {
  it('keeps order where nothing else was drawn', () => {
    const { arrived } = arrivals(planOf(), 200);
    expect(arrived).toHaveLength(200);
    expect(rising(arrived.map(({ sequence }) => sequence))).toBe(true);
  });

  it('loses, doubles and reorders', () => {
    const lossy = arrivals({ ...planOf('loss'), loss: 0.5 }, 200);
    expect(lossy.arrived.length).toBe(200 - lossy.counts.loss);
    expect(lossy.counts.loss).toBeGreaterThan(50);
    const doubling = arrivals({ ...planOf('duplication'), duplication: 0.5 }, 200);
    expect(doubling.arrived.length).toBe(200 + doubling.counts.duplication);
    expect(doubling.counts.duplication).toBeGreaterThan(50);
    const mixed = arrivals(planOf('reordering'), 200);
    expect(rising(mixed.arrived.map(({ sequence }) => sequence))).toBe(false);
  });

  it('cuts one way only', () => {
    expect(arrivals(planOf(), 5, (network) => network.cut(0, 1, 1_000)).arrived).toHaveLength(0);
    expect(arrivals(planOf(), 5, (network) => network.cut(1, 0, 1_000)).arrived).toHaveLength(5);
  });

  it('holds back what goes over a clogged link', () => {
    const { arrived } = arrivals(planOf(), 5, (network) => network.clog(0, 1, 9_000_000));
    expect(arrived.map(({ at }) => at)).toEqual(new Array(5).fill(9_000_000));
  });

  it('refuses every frame that was damaged', () => {
    const plan = { ...planOf('frame-damage'), frames: true, frameDamage: 0.5 };
    const { arrived, counts, network } = arrivals(plan, 400);
    expect(counts['frame-damage']).toBeGreaterThan(100);
    expect(network.refusedFrames).toBe(counts['frame-damage']);
    expect(arrived).toHaveLength(400 - counts['frame-damage']);
  });

  it('is whole after it was healed', () => {
    const plan = { ...planOf('loss', 'duplication'), loss: 0.9, duplication: 0.9 };
    expect(arrivals(plan, 50, (network) => network.heal()).arrived).toHaveLength(50);
  });
});

describe('a disk', () => {
  it('has what was flushed, after a crash as well', () => {
    const disk = diskOf();
    disk.append(writeOf(1, 0, [entryOf(1), entryOf(2)]));
    expect(disk.flush(0)).toBeGreaterThan(0);
    disk.append(writeOf(2, 2, [entryOf(3)]));
    expect(disk.flush(0)).toBe(0);
    expect(disk.flushed(0)).toBe(1);
    disk.crash();
    expect(disk.recover().entries.slice(0, 2)).toEqual([entryOf(1), entryOf(2)]);
  });

  it('keeps some of what was not flushed, but never anything behind a gap', () => {
    const kept = new Set<number>();
    for (let seed = 1; seed <= 50; seed++) {
      const disk = diskOf(planOf('unsynced-loss', 'torn-write'), 0, seed);
      for (let number = 1; number <= 4; number++) disk.append(writeOf(number, number - 1, [entryOf(number)]));
      disk.crash();
      const { entries, damaged } = disk.recover();
      expect(entries).toEqual([1, 2, 3, 4].slice(0, entries.length).map((number) => entryOf(number)));
      expect(damaged).toBe(false);
      kept.add(entries.length);
    }
    expect(kept.size).toBeGreaterThan(2);
  });

  it('tells of damage and gives what stands before it, until it is written anew', () => {
    const disk = diskOf();
    for (let number = 1; number <= 3; number++) {
      disk.append(writeOf(number, number - 1, [entryOf(number)]));
      disk.flush(0);
      disk.flushed(0);
    }
    expect(disk.flipBit()).toBe(true);
    const [damaged] = disk.damage;
    expect(damaged).toBeLessThan(2);
    disk.crash();
    expect(disk.recover()).toMatchObject({ damaged: true, entries: { length: damaged } });
    disk.append(writeOf(1, damaged!, [entryOf(9)]));
    disk.flush(0);
    disk.flushed(0);
    expect(disk.recover()).toMatchObject({ damaged: false, entries: { length: damaged! + 1 } });
  });

  it('refuses the flush while it is full, and takes it when there is space', () => {
    const counts = noFaults();
    const disk = diskOf(planOf(), 0, 1, counts);
    disk.fullUntil = 5_000_000;
    disk.append(writeOf(1, 0, [entryOf(1)]));
    expect(disk.flush(1_000_000)).toBeGreaterThan(0);
    disk.append(writeOf(2, 1, [entryOf(2)]));
    for (const now of [1_001_000, 4_999_999])
      expect([disk.flushed(now), disk.isFull, disk.length]).toEqual([0, true, 0]);
    expect(disk.flush(4_999_999)).toBe(0);
    expect([disk.flushed(5_000_000), disk.isFull, disk.length]).toEqual([1, false, 1]);
    disk.flush(5_000_000);
    expect([disk.flushed(5_000_100), disk.length]).toEqual([2, 2]);
    expect(counts['disk-full']).toBe(1);
  });

  it('that refused a flush has nothing of it after a crash', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const disk = diskOf(planOf('unsynced-loss'), 0, seed);
      disk.fullUntil = 10;
      disk.append(writeOf(1, 0, [entryOf(1)]));
      disk.flush(0);
      disk.flushed(5);
      disk.append(writeOf(2, 1, [entryOf(2)]));
      disk.crash();
      expect([disk.recover().entries, disk.isFull]).toEqual([[], false]);
    }
  });

  it('keeps all that was written where nothing unsynced gets lost', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const disk = diskOf(planOf(), 0, seed);
      disk.append(writeOf(1, 0, [entryOf(1)]));
      disk.append(writeOf(2, 1, [entryOf(2)]));
      disk.crash();
      expect(disk.recover().entries).toEqual([entryOf(1), entryOf(2)]);
    }
  });

  it('is slow while it is slow', () => {
    const usual = diskOf();
    const slow = diskOf();
    slow.slowUntil = 10;
    for (const one of [usual, slow]) one.append(writeOf(1, 0, []));
    expect(slow.flush(0)).toBe(50 * usual.flush(0));
  });
});
