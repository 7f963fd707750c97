// Owns: one test per claim about tuple trees that the engine takes from Storm: "Storm @Twitter" (SIGMOD 2014, "Processing
// Semantics in Storm") and the pages "Guaranteeing message processing" and "Acking framework implementation" of
// Storm's documentation. Titles say the claim in our words.

import { expect, test } from 'vitest';
import { Sfc32 } from '../../src/base/random.ts';
import { AckBatch } from '../../src/tracking/ack-batch.ts';
import { ACK_DONE, ACK_PENDING, ACK_STALE, Acker } from '../../src/tracking/acker.ts';
import { AnchorSets } from '../../src/tracking/anchors.ts';
import { IdSource } from '../../src/tracking/ids.ts';
import { TICK_MS } from '../../src/tracking/timing-wheel.ts';

const NEVER_FIRES = (): never => expect.unreachable();

/** A tree whose edges are named by small numbers, with random ids behind them. */
function tree(acker: Acker, deadlineMs = 30_000) {
  const ids = new IdSource(new Sfc32(acker.size, 8, 9));
  const known = new Map<number, [number, number]>();
  const idOf = (edge: number): [number, number] => {
    if (!known.has(edge)) {
      ids.next();
      known.set(edge, [ids.lo, ids.hi]);
    }
    return known.get(edge)!;
  };
  const [rootLo, rootHi] = idOf(-1);
  const slot = acker.open(rootLo, rootHi, 1, deadlineMs);
  const send = (lo: number, hi: number, edges: readonly number[]): number => {
    for (const edge of edges) {
      lo ^= idOf(edge)[0];
      hi ^= idOf(edge)[1];
    }
    return acker.xor(slot, rootLo, rootHi, lo, hi);
  };
  return {
    slot,
    rootLo,
    rootHi,
    /** The spout emitted these edges. */
    init: (...edges: number[]) => send(rootLo, rootHi, edges),
    /** A bolt acked `input`, having emitted `outputs`. */
    ack: (input: number, ...outputs: number[]) => send(0, 0, [input, ...outputs]),
  };
}

test('a tree is complete when every tuple in it has been processed, and not while one is left', () => {
  const sentence = tree(new Acker(0));
  expect(sentence.init(1)).toBe(ACK_PENDING);
  expect(sentence.ack(1, 2, 3, 4)).toBe(ACK_PENDING);
  expect(sentence.ack(2, 5)).toBe(ACK_PENDING);
  expect(sentence.ack(3)).toBe(ACK_PENDING);
  expect(sentence.ack(4)).toBe(ACK_PENDING);
  expect(sentence.ack(5)).toBe(ACK_DONE);
});

test('a tuple id is XORed in once when the tuple is made and once when it is acked; in between the value is their XOR', () => {
  const acker = new Acker(0);
  const slot = acker.open(1, 1, 0, 30_000);
  acker.xor(slot, 1, 1, 1 ^ 0xa, 1 ^ 0);
  acker.xor(slot, 1, 1, 0xa ^ 0xb ^ 0xc, 0);
  acker.xor(slot, 1, 1, 0xb, 0);
  // 0xc is all that is left: naming it, and nothing else, ends the tree.
  expect(acker.xor(slot, 1, 1, 0xd, 0)).toBe(ACK_PENDING);
  expect(acker.xor(slot, 1, 1, 0xd, 0)).toBe(ACK_PENDING);
  expect(acker.xor(slot, 1, 1, 0xc, 0)).toBe(ACK_DONE);
});

test('acks may arrive in any order, where a counter would pass through zero', () => {
  // Nathan Marz' example: A emits 2 tuples to B; B emits 2 to C and 3 to D. Acks arrive as A, C, B, D: a counter of
  // emitted minus processed would read 2, 0, 3, 0.
  const order = tree(new Acker(0));
  expect(order.init(1, 2)).toBe(ACK_PENDING);
  expect(order.ack(3)).toBe(ACK_PENDING);
  expect(order.ack(4)).toBe(ACK_PENDING);
  expect(order.ack(1, 3, 5, 6)).toBe(ACK_PENDING);
  expect(order.ack(2, 4, 7)).toBe(ACK_PENDING);
  expect(order.ack(5)).toBe(ACK_PENDING);
  expect(order.ack(6)).toBe(ACK_PENDING);
  expect(order.ack(7)).toBe(ACK_DONE);
});

test('acks may arrive before the init', () => {
  const early = tree(new Acker(0));
  expect(early.ack(1, 2)).toBe(ACK_PENDING);
  expect(early.ack(2)).toBe(ACK_PENDING);
  expect(early.init(1)).toBe(ACK_DONE);
});

test('a spout tuple without a consumer is complete at once', () => {
  expect(tree(new Acker(0)).init()).toBe(ACK_DONE);
});

test('the state of a tree is about 20 bytes: id, ack value and spout task; with its deadline less than 25', () => {
  const acker = new Acker(0);
  const count = 100_000;
  for (let i = 1; i <= count; i++) acker.open(i, ~i, i, 30_000);
  expect(acker.bytes() / count).toBeGreaterThan(20);
  expect(acker.bytes() / count).toBeLessThan(25);
});

test('tracking takes the same memory for a tree of one tuple and for one of a hundred thousand', () => {
  const acker = new Acker(0);
  const large = tree(acker);
  const bytes = acker.bytes();
  expect(large.init(0)).toBe(ACK_PENDING);
  for (let i = 0; i < 100_000; i++) expect(large.ack(i, i + 1) === ACK_PENDING).toBe(true);
  expect(acker.bytes()).toBe(bytes);
  expect(acker.size).toBe(1);
  expect(large.ack(100_000)).toBe(ACK_DONE);
});

test('the chance that a value is zero by accident is 2^-bits: measured with ids of 10 bits', () => {
  const ids = new IdSource(new Sfc32(3, 1, 4));
  const id = (): number => {
    do ids.next();
    while ((ids.lo & 1_023) === 0);
    return ids.lo & 1_023;
  };
  const acker = new Acker(0);
  const trees = 200_000;
  let accidents = 0;
  for (let i = 0; i < trees; i++) {
    const slot = acker.open(1 << 20, 1, 0, 30_000);
    acker.xor(slot, 1 << 20, 1, (1 << 20) ^ id() ^ id(), 1);
    // Three edges of the tree are outstanding after this ack, so that a zero is an accident.
    if (acker.xor(slot, 1 << 20, 1, id(), 0) === ACK_DONE) accidents++;
    else acker.fail(slot, 1 << 20, 1);
  }
  const expected = trees / 1_024;
  expect(Math.abs(accidents - expected)).toBeLessThan(6 * Math.sqrt(2 * expected));
});

test('with 64 bits and 10,000 acks a second, the first accident is expected after more than 50 million years', () => {
  const secondsPerYear = 365.25 * 24 * 3_600;
  expect(2 ** 64 / 10_000 / secondsPerYear).toBeGreaterThan(50e6);
  // At 10 million acks a second, as many as one core does here, it is still 58,000 years.
  expect(2 ** 64 / 10_000_000 / secondsPerYear).toBeGreaterThan(58_000);
});

test('a spout tuple that is not complete in time is failed, once, and its spout task is told', () => {
  const acker = new Acker(0);
  const slot = acker.open(5, 6, 42, 30_000);
  expect(acker.advance(29_999, NEVER_FIRES)).toBe(0);
  const heard: unknown[] = [];
  acker.advance(30_000 + TICK_MS, (...args) => heard.push(args));
  expect(heard).toEqual([[slot, 5, 6, 42]]);
  expect(acker.advance(90_000, NEVER_FIRES)).toBe(0);
});

test('a bolt may fail a tuple so that its spout tuple fails at once instead of at the time-out', () => {
  const acker = new Acker(0);
  const failing = tree(acker);
  failing.init(1, 2);
  expect(acker.fail(failing.slot, failing.rootLo, failing.rootHi)).toBe(true);
  expect(acker.advance(60_000, NEVER_FIRES)).toBe(0);
});

test('acks for a tree that failed or timed out are ignored, so that a replayed tuple starts from nothing', () => {
  const acker = new Acker(0);
  const first = tree(acker);
  first.init(1);
  acker.advance(60_000, () => {});
  expect(first.ack(1)).toBe(ACK_STALE);
  const slot = acker.open(99, 99, 1, 90_000);
  expect(slot).toBe(first.slot);
  expect(first.ack(1)).toBe(ACK_STALE);
  expect(acker.isPending(slot, 99, 99)).toBe(true);
});

/** A join: one tuple anchored to the tuples of two spouts. */
function join() {
  const acker = new Acker(0);
  const anchors = new AnchorSets();
  const done: number[] = [];
  const failed: number[] = [];
  const batch = new AckBatch(acker, anchors, {
    treeDone: (_slot, owner) => done.push(owner),
    treeFailed: (_slot, owner) => failed.push(owner),
  });
  const left = acker.open(1, 0, 10, 30_000);
  const right = acker.open(2, 0, 20, 30_000);
  // Each spout emitted one edge: 0x100 on the left, 0x200 on the right.
  batch.add(left, 1, 0, 1 ^ 0x100, 0);
  batch.add(right, 2, 0, 2 ^ 0x200, 0);
  anchors.begin();
  anchors.add(acker, left, 1, 0);
  anchors.add(acker, right, 2, 0);
  // The same tree twice, as when two tuples of one tree are joined.
  anchors.add(acker, left, 1, 0);
  const joined = anchors.end();
  batch.add(joined, 0, 0, 0x400, 0x400);
  batch.add(left, 1, 0, 0x100, 0);
  batch.add(right, 2, 0, 0x200, 0);
  batch.flush();
  return { acker, batch, joined, done, failed };
}

test('a tuple anchored to several tuples makes trees into a graph: all of its roots wait for it', () => {
  const { batch, joined, done } = join();
  expect(done).toEqual([]);
  batch.add(joined, 0, 0, 0x400, 0x400);
  batch.flush();
  expect(done).toEqual([10, 20]);
});

test('a tuple anchored to several tuples fails all of its roots', () => {
  const { acker, batch, joined, failed } = join();
  expect(batch.fail(joined, 0, 0)).toBe(2);
  expect(failed).toEqual([10, 20]);
  expect(acker.size).toBe(0);
});

test('an unanchored tuple does not hold its root back', () => {
  const acker = new Acker(0);
  const anchored = tree(acker);
  anchored.init(1);
  // The bolt emitted something without anchors: the acker is told only of the input.
  expect(anchored.ack(1)).toBe(ACK_DONE);
});

test('the time-out of a tree can be extended by a bolt that needs longer', () => {
  const acker = new Acker(0);
  const slow = tree(acker, 1_000);
  acker.advance(900, NEVER_FIRES);
  expect(acker.extend(slow.slot, slow.rootLo, slow.rootHi, 5_000)).toBe(true);
  expect(acker.advance(4_999, NEVER_FIRES)).toBe(0);
  expect(acker.advance(5_000 + TICK_MS, () => {})).toBe(1);
});
