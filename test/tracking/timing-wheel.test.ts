// Owns: the promises of the timing wheel, seen through the acker: never early, at most one tick late, bounded work.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Acker } from '../../src/tracking/acker.ts';
import { TICK_MS } from '../../src/tracking/timing-wheel.ts';

const HOUR = 3_600_000;
const YEAR = 365.25 * 24 * HOUR;

interface Expected {
  slot: number;
  deadlineMs: number;
}

/** Sleeps to each deadline that the acker names, as a lane does, until nothing is pending. Returns when each tree fired. */
function sleepThrough(acker: Acker, fromMs: number): { fired: Map<number, number>; wakes: number } {
  const fired = new Map<number, number>();
  let nowMs = fromMs;
  let wakes = 0;
  for (let next = acker.nextDeadlineMs(); next < Number.POSITIVE_INFINITY; next = acker.nextDeadlineMs()) {
    nowMs = Math.max(nowMs, next);
    acker.advance(nowMs, (_slot, root) => fired.set(root, nowMs));
    wakes++;
  }
  return { fired, wakes };
}

const deadline = fc.oneof(
  fc.double({ min: 0, max: 2_000, noNaN: true }),
  fc.double({ min: 0, max: 100_000, noNaN: true }),
  fc.double({ min: 0, max: 10 * HOUR, noNaN: true }),
  fc.integer({ min: -10, max: 2_000 }).map((tick) => tick * TICK_MS),
);

test('never early, at most one tick late, for random deadlines, extensions and starts of the clock', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 17.3, 1_700_000_000_123.5),
      fc.array(fc.record({ first: deadline, extended: fc.option(deadline), gap: fc.nat({ max: 50 }) }), {
        maxLength: 200,
      }),
      (startMs, trees) => {
        const acker = new Acker(startMs);
        const expected = new Map<number, Expected>();
        let root = 0;
        for (const { first, extended, gap } of trees) {
          root += 1 + gap;
          const slot = acker.open(root, 1, 0, startMs + first);
          expected.set(root, { slot, deadlineMs: startMs + first });
          if (extended !== null) {
            const target = [...expected.keys()][gap % expected.size]!;
            const tree = expected.get(target)!;
            tree.deadlineMs = startMs + extended;
            expect(acker.extend(tree.slot, target, 1, tree.deadlineMs)).toBe(true);
          }
        }
        const { fired } = sleepThrough(acker, startMs);
        expect(fired.size).toBe(expected.size);
        for (const [id, { deadlineMs }] of expected) {
          const late = fired.get(id)! - Math.max(deadlineMs, startMs);
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThanOrEqual(TICK_MS);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('a clock that jumps fires exactly what is due, over any jump', () => {
  fc.assert(
    fc.property(
      fc.array(deadline, { minLength: 1, maxLength: 100 }),
      fc.array(deadline, { minLength: 1, maxLength: 8 }),
      (deadlines, jumps) => {
        const acker = new Acker(0);
        const pending = new Map<number, number>();
        let nowMs = 0;
        let root = 1;
        for (const jump of jumps) {
          for (const ms of deadlines) {
            acker.open(root, 1, 0, nowMs + ms);
            pending.set(root++, nowMs + Math.max(0, ms));
          }
          nowMs += Math.abs(jump);
          acker.advance(nowMs, (_slot, id) => {
            expect(pending.get(id)).toBeLessThanOrEqual(nowMs);
            pending.delete(id);
          });
          for (const deadlineMs of pending.values())
            expect(deadlineMs).toBeGreaterThanOrEqual(nowMs - TICK_MS);
          expect(acker.size).toBe(pending.size);
        }
      },
    ),
  );
});

test('the next deadline is exact within a tick, so that a sleeping lane wakes once per distinct deadline', () => {
  const acker = new Acker(0);
  for (let i = 1; i <= 1_000; i++) acker.open(i, 0, 0, i < 500 ? 900 : 90_000);
  for (let i = 1; i < 500; i++) acker.extend(i - 1, i, 0, 20_000);
  expect(acker.nextDeadlineMs()).toBe(20_000);
  const { wakes } = sleepThrough(acker, 0);
  expect(wakes).toBeLessThanOrEqual(2 + Math.ceil(90_000 / (1_024 * TICK_MS)));
});

test('the last tree that ends leaves nothing to wake for', () => {
  const acker = new Acker(0);
  const slot = acker.open(5, 6, 0, 500);
  expect(acker.nextDeadlineMs()).toBe(512);
  acker.fail(slot, 5, 6);
  expect(acker.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  expect(acker.advance(HOUR, () => expect.unreachable())).toBe(0);
});

test('a deadline of Infinity never comes, and does not keep the lane awake', () => {
  const acker = new Acker(0);
  const slot = acker.open(5, 6, 0, Number.POSITIVE_INFINITY);
  expect(acker.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  expect(acker.advance(10 * YEAR, () => expect.unreachable())).toBe(0);
  expect(acker.extend(slot, 5, 6, 10 * YEAR + 100)).toBe(true);
  expect(acker.advance(10 * YEAR + 100 + TICK_MS, () => {})).toBe(1);
});

test('deadlines keep working after years of running without a pause', () => {
  const acker = new Acker(0);
  const patient = acker.open(1, 1, 0, Number.POSITIVE_INFINITY);
  let nowMs = 0;
  for (let day = 0, root = 2; nowMs < 3 * YEAR; day++, root++) {
    const deadlineMs = nowMs + 40 * 24 * HOUR;
    const slot = acker.open(root, 1, day, deadlineMs);
    nowMs += 30 * 24 * HOUR;
    expect(acker.advance(nowMs, () => expect.unreachable())).toBe(0);
    expect(acker.isPending(slot, root, 1)).toBe(true);
    expect(acker.nextDeadlineMs()).toBeLessThanOrEqual(deadlineMs + TICK_MS);
    nowMs = deadlineMs + TICK_MS;
    expect(acker.advance(nowMs, (_slot, id) => expect(id).toBe(root))).toBe(1);
  }
  expect(acker.isPending(patient, 1, 1)).toBe(true);
});

test('a jump of a year costs one round of the wheel, not a step per tick', () => {
  const acker = new Acker(0);
  for (let i = 1; i <= 100; i++) acker.open(i, 0, 0, i * HOUR);
  const start = performance.now();
  expect(acker.advance(YEAR, () => {})).toBe(100);
  // A step per tick would be a billion steps.
  expect(performance.now() - start).toBeLessThan(500);
});

test('a listener may open, fail and extend other trees, and what it opens is not due in the same call', () => {
  const acker = new Acker(0);
  const slots = [1, 2, 3, 4].map((root) => acker.open(root, 0, root, 100));
  const seen: number[] = [];
  let opened = 0;
  const count = acker.advance(1_000, (_slot, root) => {
    seen.push(root);
    expect(acker.isPending(slots[root - 1]!, root, 0)).toBe(false);
    if (root === 1) {
      expect(acker.fail(slots[1]!, 2, 0)).toBe(true);
      expect(acker.extend(slots[2]!, 3, 0, 5_000)).toBe(true);
      opened = acker.open(9, 9, 9, 50);
    }
  });
  expect(seen).toEqual([1, 4]);
  expect(count).toBe(2);
  expect(acker.isPending(opened, 9, 9)).toBe(true);
  expect(acker.advance(1_000 + 2 * TICK_MS, (_slot, root) => expect(root).toBe(9))).toBe(1);
  expect(acker.advance(5_000 + TICK_MS, (_slot, root) => expect(root).toBe(3))).toBe(1);
});

test('a listener may advance further itself; nothing is lost or fired twice', () => {
  const acker = new Acker(0);
  for (let i = 1; i <= 64; i++) acker.open(i, 0, 0, i * TICK_MS);
  const seen: number[] = [];
  acker.advance(32 * TICK_MS, (_slot, root) => {
    seen.push(root);
    if (root === 10) acker.open(1_000, 0, 0, 40 * TICK_MS);
    if (root === 11) acker.advance(48 * TICK_MS, (_inner, id) => seen.push(id));
  });
  expect(new Set(seen)).toEqual(new Set([...Array.from({ length: 48 }, (_, i) => i + 1), 1_000]));
  expect(seen).toHaveLength(49);
});

test('a listener that throws loses no time-out', () => {
  const acker = new Acker(0);
  for (let i = 1; i <= 200; i++) acker.open(i, 0, 0, 100);
  const seen = new Set<number>();
  const listener = (_slot: number, root: number): void => {
    seen.add(root);
    if (root === 100) throw new Error('listener');
  };
  expect(() => acker.advance(200, listener)).toThrow('listener');
  expect(acker.nextDeadlineMs()).toBeLessThanOrEqual(200);
  acker.advance(200, listener);
  expect(seen.size).toBe(200);
  expect(acker.size).toBe(0);
});

test('a clock that goes back is ignored; one that is not a number is refused', () => {
  const acker = new Acker(1_000);
  acker.open(1, 1, 0, 1_100);
  expect(acker.advance(-5, () => {})).toBe(0);
  expect(() => acker.advance(Number.NaN, () => {})).toThrow('finite time');
  expect(() => acker.open(2, 2, 0, Number.NaN)).toThrow('a deadline is a number');
  expect(() => acker.open(0, 0, 0, 1_100)).toThrow('a root id is not 0');
});
