// Owns: sets of trees: unique, counted, freed, bounded; acks, failures and extensions reach each tree of a set once.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AckBatch } from '../../src/tracking/ack-batch.ts';
import { Acker } from '../../src/tracking/acker.ts';
import { AnchorSets, MAX_ANCHOR_CELLS, NO_TREE } from '../../src/tracking/anchors.ts';

function world(trees: number) {
  const acker = new Acker(0);
  const anchors = new AnchorSets();
  const done: number[] = [];
  const failed: number[] = [];
  const batch = new AckBatch(acker, anchors, {
    treeDone: (_slot, owner) => done.push(owner),
    treeFailed: (_slot, owner) => failed.push(owner),
  });
  const slots = Array.from({ length: trees }, (_, i) => acker.open(i + 1, 0, i, 1_000));
  const setOf = (...of: number[]): number => {
    anchors.begin();
    for (const tree of of) anchors.add(acker, slots[tree]!, tree + 1, 0);
    return anchors.end();
  };
  const members = (handle: number): number[] => {
    const found: number[] = [];
    for (let cell = anchors.firstTree(handle); cell >= 0; cell = anchors.nextTree(cell)) {
      found.push(anchors.slotOf(cell));
      expect(anchors.rootLoOf(cell)).toBe(slots.indexOf(anchors.slotOf(cell)) + 1);
      expect(anchors.rootHiOf(cell)).toBe(0);
    }
    return found;
  };
  return { acker, anchors, batch, done, failed, slots, setOf, members };
}

test('a set holds each tree once, whatever is added in whatever order, also other sets', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat({ max: 199 }), { maxLength: 300 }), { maxLength: 6 }), (groups) => {
      const { acker, anchors, slots, setOf, members } = world(200);
      const handles = groups.map((group) => ({ handle: setOf(...group), group }));
      for (const { handle, group } of handles) {
        const unique = [...new Set(group)];
        if (unique.length === 0) expect(handle).toBe(NO_TREE);
        else if (unique.length === 1) expect(handle).toBe(slots[unique[0]!]);
        else {
          expect(members(handle)).toEqual(unique.map((tree) => slots[tree]!));
          expect(anchors.count(handle)).toBe(unique.length);
        }
      }
      anchors.begin();
      for (const { handle, group } of handles) anchors.add(acker, handle, handle >= 0 ? group[0]! + 1 : 0, 0);
      const union = anchors.end();
      const all = new Set(groups.flat());
      if (all.size >= 2)
        expect(new Set(members(union))).toEqual(new Set([...all].map((tree) => slots[tree]!)));
      for (const { handle } of handles) anchors.release(handle);
      anchors.release(union);
      expect(anchors.size).toBe(0);
    }),
  );
});

test('a set of one tree is the tree itself, with its root id', () => {
  const { anchors, slots, setOf } = world(3);
  expect(setOf(2, 2, 2)).toBe(slots[2]);
  expect([anchors.rootLo, anchors.rootHi]).toEqual([3, 0]);
  expect(anchors.size).toBe(0);
});

test('trees that have ended are left out', () => {
  const { acker, slots, setOf, members } = world(4);
  acker.fail(slots[1]!, 2, 0);
  expect(members(setOf(0, 1, 2))).toEqual([slots[0], slots[2]]);
  acker.fail(slots[0]!, 1, 0);
  acker.fail(slots[2]!, 3, 0);
  expect(setOf(0, 1, 2)).toBe(NO_TREE);
});

test('an edge of a set is acked in every tree of it, and only the last ack ends them', () => {
  const { batch, done, setOf, slots, anchors } = world(3);
  const handle = setOf(0, 1, 2);
  const add = (tree: number, edges: number): void => batch.add(slots[tree]!, tree + 1, 0, edges, 0);
  // Each spout emits edge 100 + tree; the join emits 77 anchored to all; the acks of 0 and 1 emit 5 besides.
  for (const tree of [0, 1, 2]) add(tree, (tree + 1) ^ (100 + tree));
  batch.add(handle, 0, 0, 77, 88);
  for (const tree of [0, 1, 2]) add(tree, (100 + tree) ^ (tree < 2 ? 5 : 0));
  batch.flush();
  expect(done).toEqual([]);
  batch.add(handle, 0, 0, 77, 88);
  batch.flush();
  expect(done).toEqual([2]);
  for (const tree of [0, 1]) add(tree, 5);
  batch.flush();
  expect(done).toEqual([2, 0, 1]);
  anchors.release(handle);
  expect(anchors.size).toBe(0);
});

test('XORs that wait keep their set alive after its tuple let go of it', () => {
  const { batch, done, setOf, slots, anchors } = world(4);
  for (const tree of [0, 1]) batch.add(slots[tree]!, tree + 1, 0, (tree + 1) ^ 50, 0);
  const handle = setOf(0, 1);
  batch.add(handle, 0, 0, 50, 0);
  anchors.release(handle);
  // Takes the memory of the first set if that was freed.
  setOf(2, 3);
  batch.flush();
  expect(done).toEqual([0, 1]);
});

test('failing and extending a tuple of several trees reaches all of them that are pending', () => {
  const { acker, batch, failed, setOf, slots } = world(4);
  const handle = setOf(0, 1, 2);
  expect(batch.extend(handle, 0, 0, 5_000)).toBe(3);
  expect(acker.advance(2_000, (_slot, root) => expect(root).toBe(4))).toBe(1);
  expect(batch.fail(slots[1]!, 2, 0)).toBe(1);
  expect(batch.fail(handle, 0, 0)).toBe(2);
  expect(batch.fail(handle, 0, 0)).toBe(0);
  expect(failed).toEqual([1, 0, 2]);
});

test('whether a tuple belongs to a tree', () => {
  const { anchors, slots, setOf } = world(4);
  const handle = setOf(0, 2);
  const belongs = (tree: number): boolean => anchors.belongs(handle, 0, 0, slots[tree]!, tree + 1, 0);
  expect([0, 1, 2, 3].map(belongs)).toEqual([true, false, true, false]);
  expect(anchors.belongs(slots[3]!, 4, 0, slots[3]!, 4, 0)).toBe(true);
  expect(anchors.belongs(slots[3]!, 5, 0, slots[3]!, 4, 0)).toBe(false);
  expect(anchors.belongs(NO_TREE, 0, 0, slots[3]!, 4, 0)).toBe(false);
});

test('references are counted; memory is reused', () => {
  const { anchors, setOf } = world(50);
  const all = Array.from({ length: 50 }, (_, i) => i);
  const handle = setOf(...all);
  const bytes = anchors.bytes();
  anchors.retain(handle);
  anchors.release(handle);
  expect(anchors.size).toBe(51);
  anchors.release(handle);
  expect(anchors.size).toBe(0);
  for (let round = 0; round < 100; round++) anchors.release(setOf(...all));
  expect(anchors.bytes()).toBe(bytes);
});

test('past the limit the set is refused with a code, and nothing of it is kept', () => {
  const size = 4_095;
  const { anchors, setOf } = world(size);
  const all = Array.from({ length: size }, (_, i) => i);
  const handles: number[] = [];
  while (anchors.size + size + 1 <= MAX_ANCHOR_CELLS) handles.push(setOf(...all));
  const full = anchors.size;
  expect(full).toBe(MAX_ANCHOR_CELLS);
  expect(() => setOf(0, 1)).toThrow(expect.objectContaining({ code: 'MR_TOO_MANY_ANCHORS' }));
  expect(anchors.size).toBe(full);
  anchors.release(handles.pop()!);
  expect(anchors.count(setOf(0, 1))).toBe(2);
});
