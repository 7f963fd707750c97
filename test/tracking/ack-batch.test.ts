// Owns: combining acks: the same trees end as without, one hand-over per run of acks to one tree, re-entrant listeners.

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { AckBatch } from '../../src/tracking/ack-batch.ts';
import { Acker } from '../../src/tracking/acker.ts';
import { AnchorSets, NO_TREE } from '../../src/tracking/anchors.ts';

function set() {
  const acker = new Acker(0);
  const anchors = new AnchorSets();
  const done: number[] = [];
  const failed: number[] = [];
  const batch = new AckBatch(acker, anchors, {
    treeDone: (_slot, owner) => done.push(owner),
    treeFailed: (_slot, owner) => failed.push(owner),
  });
  return { acker, anchors, batch, done, failed };
}

test('acks to one tree in a row reach the acker as one XOR', () => {
  const { acker, batch, done } = set();
  const xor = vi.spyOn(acker, 'xor');
  const slot = acker.open(7, 8, 70, 1_000);
  batch.add(slot, 7, 8, 7 ^ 100 ^ 200, 8);
  batch.add(slot, 7, 8, 100, 0);
  batch.add(slot, 7, 8, 200, 0);
  expect(xor).not.toHaveBeenCalled();
  batch.flush();
  expect(xor).toHaveBeenCalledTimes(1);
  expect(done).toEqual([70]);
  batch.flush();
  expect(xor).toHaveBeenCalledTimes(1);
});

test('for any interleaving, trees end as they do without combining', () => {
  const ack = fc.record({
    tree: fc.nat({ max: 4 }),
    edge: fc.integer({ min: 1, max: 3 }),
    flush: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(ack, { maxLength: 60 }), (acks) => {
      const { acker, batch, done } = set();
      const plain = new Acker(0);
      const plainDone: number[] = [];
      const slots = [1, 2, 3, 4, 5].map((root) => acker.open(root, root, root, 1_000));
      const plainSlots = [1, 2, 3, 4, 5].map((root) => plain.open(root, root, root, 1_000));
      for (const { tree, edge, flush } of acks) {
        batch.add(slots[tree]!, tree + 1, tree + 1, edge, tree + 1);
        if (flush) batch.flush();
      }
      batch.flush();
      // Without combining a tree may pass through zero and end early; the sum of what the batch was told decides here.
      const runs = new Map<number, [number, number]>();
      const apply = (tree: number): void => {
        const [lo, hi] = runs.get(tree)!;
        runs.delete(tree);
        if (plain.xor(plainSlots[tree]!, tree + 1, tree + 1, lo, hi) === 1) plainDone.push(tree + 1);
      };
      for (const { tree, edge, flush } of acks) {
        for (const waiting of [...runs.keys()]) if (waiting !== tree) apply(waiting);
        const [lo, hi] = runs.get(tree) ?? [0, 0];
        runs.set(tree, [lo ^ edge, hi ^ (tree + 1)]);
        if (flush) apply(tree);
      }
      for (const waiting of [...runs.keys()]) apply(waiting);
      expect(done).toEqual(plainDone);
      expect(acker.size).toBe(plain.size);
    }),
  );
});

test('a listener may open and ack other trees from within; one flush hands over all of it', () => {
  const acker = new Acker(0);
  const done: number[] = [];
  const batch: AckBatch = new AckBatch(acker, new AnchorSets(), {
    treeDone(_slot, owner) {
      done.push(owner);
      if (owner < 50) {
        const slot = acker.open(owner + 1, 0, owner + 1, 1_000);
        batch.add(slot, owner + 1, 0, owner + 1, 0);
      }
    },
    treeFailed: () => expect.unreachable(),
  });
  batch.add(acker.open(1, 0, 1, 1_000), 1, 0, 1, 0);
  batch.flush();
  expect(done).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  expect(acker.size).toBe(0);
});

test('the slot of a tree that failed in the middle of a turn can be reused in the same turn', () => {
  const { acker, batch, done, failed } = set();
  const slot = acker.open(7, 8, 70, 1_000);
  batch.add(slot, 7, 8, 7, 8);
  expect(batch.fail(slot, 7, 8)).toBe(1);
  const reused = acker.open(9, 10, 90, 1_000);
  expect(reused).toBe(slot);
  batch.add(reused, 9, 10, 1, 1);
  batch.flush();
  expect([done, failed]).toEqual([[], [70]]);
  expect(batch.stale).toBe(1);
  expect(acker.isPending(reused, 9, 10)).toBe(true);
});

test('acks without a tree do nothing and count nothing', () => {
  const { acker, batch } = set();
  const xor = vi.spyOn(acker, 'xor');
  batch.add(NO_TREE, 0, 0, 5, 6);
  batch.add(NO_TREE, 0, 0, 5, 6);
  batch.flush();
  expect(batch.fail(NO_TREE, 0, 0)).toBe(0);
  expect(batch.extend(NO_TREE, 0, 0, 5)).toBe(0);
  expect(xor).not.toHaveBeenCalled();
  expect(batch.stale).toBe(0);
});
