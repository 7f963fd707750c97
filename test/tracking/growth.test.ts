// Owns: growing, shrinking and reusing the slots of the acker, beyond one chunk.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACK_DONE, ACK_STALE, Acker } from '../../src/tracking/acker.ts';

const CHUNK = 4_096;

interface Handle {
  readonly slot: number;
  readonly root: number;
}

function openMany(acker: Acker, count: number, firstRoot: number, deadlineMs = 60_000): Handle[] {
  return Array.from({ length: count }, (_, i) => {
    const root = firstRoot + i;
    return { slot: acker.open(root, -root, root, deadlineMs), root };
  });
}

test('memory per pending tree is under 32 bytes, and goes back when the trees end', () => {
  const acker = new Acker(0);
  const before = acker.bytes();
  const handles = openMany(acker, 50 * CHUNK, 1);
  expect(acker.bytes() / acker.size).toBeLessThan(25);
  for (const { slot, root } of handles) acker.fail(slot, root, -root);
  expect(acker.size).toBe(0);
  expect(acker.bytes()).toBeLessThan(before + 17 * 100_000);
  expect(acker.capacity).toBeLessThanOrEqual(18 * CHUNK);
});

test('memory that is kept for reuse is a share of what is in use', () => {
  const acker = new Acker(0);
  const handles = openMany(acker, 200 * CHUNK, 1);
  for (const { slot, root } of handles.slice(100 * CHUNK)) acker.fail(slot, root, -root);
  expect(acker.size).toBe(100 * CHUNK);
  expect(acker.capacity).toBeLessThanOrEqual((101 + 16 + 26) * CHUNK);
});

test('a load that swings around a chunk boundary allocates nothing', () => {
  const acker = new Acker(0);
  openMany(acker, CHUNK - 1, 1);
  for (const { slot, root } of openMany(acker, 2, 100_000)) acker.fail(slot, root, -root);
  const capacity = acker.capacity;
  for (let round = 0; round < 100; round++) {
    for (const { slot, root } of openMany(acker, 2, 200_000)) acker.fail(slot, root, -root);
    expect(acker.capacity).toBe(capacity);
  }
});

test('low slots are filled first, so that high chunks empty', () => {
  const acker = new Acker(0);
  const handles = openMany(acker, 4 * CHUNK, 1);
  for (const { slot, root } of handles.slice(0, 2 * CHUNK)) if (root % 2 === 0) acker.fail(slot, root, -root);
  const reused = openMany(acker, CHUNK, 1_000_000);
  expect(Math.max(...reused.map(({ slot }) => slot))).toBeLessThan(2 * CHUNK);
});

test('handles into chunks that were released are stale, also after new chunks took their place', () => {
  const acker = new Acker(0);
  const old = openMany(acker, 60 * CHUNK, 1);
  for (const { slot, root } of old) acker.xor(slot, root, -root, root, -root);
  expect(acker.size).toBe(0);
  for (const { slot, root } of old)
    if (root % 37 === 0) expect(acker.xor(slot, root, -root, 1, 1)).toBe(ACK_STALE);
  const next = openMany(acker, 60 * CHUNK, 1_000_000);
  for (const { slot, root } of old)
    if (root % 37 === 0) expect(acker.xor(slot, root, -root, 1, 1)).toBe(ACK_STALE);
  for (const { slot, root } of next)
    if (root % 37 === 0) expect(acker.isPending(slot, root, -root)).toBe(true);
});

test('slots that do not exist are stale', () => {
  const acker = new Acker(0);
  for (const slot of [-1, -2, 1, CHUNK, 2 ** 26, 2 ** 31 - 1, -(2 ** 31)]) {
    expect(acker.xor(slot, 1, 2, 3, 4)).toBe(ACK_STALE);
    expect(acker.fail(slot, 1, 2)).toBe(false);
    expect(acker.isPending(slot, 0, 0)).toBe(false);
  }
});

test('a stale handle is told from a live one by either half of the root id', () => {
  const acker = new Acker(0);
  const slot = acker.open(5, 6, 0, 60_000);
  for (const [lo, hi] of [
    [5, 7],
    [4, 6],
    [6, 5],
  ] as const) {
    expect(acker.xor(slot, lo, hi, 5, 6)).toBe(ACK_STALE);
    expect(acker.isPending(slot, lo, hi)).toBe(false);
    expect(acker.fail(slot, lo, hi)).toBe(false);
  }
  expect(acker.xor(slot, 5, 6, 5, 6)).toBe(ACK_DONE);
});

test('no two pending trees share a slot through random growth and shrinking over many chunks', () => {
  const wave = fc.record({ open: fc.nat({ max: 3 * CHUNK }), keepOneIn: fc.integer({ min: 1, max: 5_000 }) });
  fc.assert(
    fc.property(fc.array(wave, { minLength: 2, maxLength: 8 }), (waves) => {
      const acker = new Acker(0);
      let nextRoot = 1;
      let live = new Map<number, number>();
      for (const { open, keepOneIn } of waves) {
        for (const { slot, root } of openMany(acker, open, nextRoot, nextRoot)) {
          if (live.has(slot)) throw new Error(`slot ${slot} given twice`);
          live.set(slot, root);
        }
        nextRoot += open;
        const kept = new Map<number, number>();
        for (const [slot, root] of live) {
          if (root % keepOneIn === 0) kept.set(slot, root);
          else if (acker.xor(slot, root, -root, root, -root) !== ACK_DONE)
            throw new Error(`slot ${slot} lost`);
        }
        live = kept;
        expect(acker.size).toBe(live.size);
      }
      const fired = new Set<number>();
      acker.advance(nextRoot + 100, (slot, root) => fired.add(live.get(slot) === root ? root : Number.NaN));
      expect(fired).toEqual(new Set(live.values()));
    }),
    { numRuns: 30 },
  );
});
