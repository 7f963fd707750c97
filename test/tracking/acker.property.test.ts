// Owns: the acker against the reference model: a tree is done exactly when the model says so, whatever the order.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sfc32 } from '../../src/base/random.ts';
import { ACK_DONE, ACK_PENDING, ACK_STALE, Acker } from '../../src/tracking/acker.ts';
import { IdSource } from '../../src/tracking/ids.ts';
import { TICK_MS } from '../../src/tracking/timing-wheel.ts';
import { hi, lo, type ModelTree, modelTree, name, xorAll } from './reference-acker.ts';

/** Makes 64-bit ids for the model. */
function idsOf(seed: number): () => bigint {
  const source = new IdSource(new Sfc32(seed, 1, 2));
  return () => {
    source.next();
    return (BigInt(source.hi) << 32n) | BigInt.asUintN(32, BigInt(source.lo));
  };
}

/** One step: what to do, on which tree, with which other choice. */
const step = fc.record({
  action: fc.constantFrom(
    'open',
    'open',
    'emit',
    'ack',
    'ack',
    'ack',
    'init',
    'init',
    'fail',
    'extend',
    'stale',
    'sleep',
  ),
  pick: fc.nat(),
  other: fc.nat({ max: 5_000 }),
});

class World {
  readonly acker = new Acker(0);
  readonly live: ModelTree[] = [];
  readonly ended: ModelTree[] = [];
  readonly ends = { done: 0, failed: 0, 'timed out': 0, stale: 0 };
  /** Edges of each tree that were emitted and not acked, whether the acker was told of them or not. */
  private readonly edges = new Map<ModelTree, bigint[]>();
  /** Edges of the spout that the init will tell. */
  private readonly uninitialised = new Map<ModelTree, bigint[]>();
  private readonly id: () => bigint;
  private nowMs = 0;
  private opened = 0;

  constructor(seed: number) {
    this.id = idsOf(seed);
  }

  run(action: string, pick: number, other: number): void {
    const tree = this.live[pick % Math.max(1, this.live.length)];
    if (action === 'open') this.open(other);
    else if (action === 'sleep') this.sleep(other % 600);
    else if (action === 'stale' || tree === undefined) this.useStaleHandle(pick);
    else if (action === 'emit' || action === 'ack') this.execute(tree, other, action === 'emit' ? 2 : 0);
    else if (action === 'init') this.init(tree);
    else if (action === 'extend') this.extend(tree, other);
    else this.fail(tree);
  }

  check(): void {
    expect(this.acker.size).toBe(this.live.length);
    for (const tree of this.live) {
      expect(this.acker.isPending(tree.slot, lo(tree.root), hi(tree.root))).toBe(true);
      expect(this.acker.owner(tree.slot)).toBe(tree.owner);
    }
    for (const tree of this.ended) {
      expect(this.acker.isPending(tree.slot, lo(tree.root), hi(tree.root))).toBe(false);
    }
  }

  private open(other: number): void {
    const root = this.id();
    const deadlineMs = this.nowMs + other;
    const slot = this.acker.open(lo(root), hi(root), this.opened, deadlineMs);
    const tree = modelTree(slot, root, this.opened++, deadlineMs);
    const first = Array.from({ length: other % 4 }, this.id);
    this.live.push(tree);
    this.edges.set(tree, [...first]);
    this.uninitialised.set(tree, first);
  }

  private init(tree: ModelTree): void {
    const first = this.uninitialised.get(tree);
    if (first === undefined) return;
    this.uninitialised.delete(tree);
    this.xor(tree, [tree.root, ...first]);
  }

  /** A bolt executes one tuple of the tree, in any order, and emits `children`. */
  private execute(tree: ModelTree, other: number, children: number): void {
    const open = this.edges.get(tree)!;
    if (open.length === 0) return;
    const [done] = open.splice(other % open.length, 1);
    const emitted = Array.from({ length: children }, this.id);
    open.push(...emitted);
    this.xor(tree, [done!, ...emitted]);
  }

  private xor(tree: ModelTree, edges: readonly bigint[]): void {
    const sum = xorAll(edges);
    const done = name(tree, edges);
    expect(this.acker.xor(tree.slot, lo(tree.root), hi(tree.root), lo(sum), hi(sum))).toBe(
      done ? ACK_DONE : ACK_PENDING,
    );
    if (!done) return;
    expect(this.acker.endedOwner).toBe(tree.owner);
    this.end(tree, 'done');
  }

  private fail(tree: ModelTree): void {
    expect(this.acker.fail(tree.slot, lo(tree.root), hi(tree.root))).toBe(true);
    expect(this.acker.endedOwner).toBe(tree.owner);
    this.end(tree, 'failed');
  }

  private extend(tree: ModelTree, other: number): void {
    tree.deadlineMs = this.nowMs + other;
    expect(this.acker.extend(tree.slot, lo(tree.root), hi(tree.root), tree.deadlineMs)).toBe(true);
  }

  private useStaleHandle(pick: number): void {
    const tree = this.ended[pick % Math.max(1, this.ended.length)];
    if (tree === undefined) return;
    this.ends.stale++;
    expect(this.acker.xor(tree.slot, lo(tree.root), hi(tree.root), 1, 2)).toBe(ACK_STALE);
    expect(this.acker.fail(tree.slot, lo(tree.root), hi(tree.root))).toBe(false);
    expect(this.acker.extend(tree.slot, lo(tree.root), hi(tree.root), 1)).toBe(false);
  }

  private sleep(ms: number): void {
    this.nowMs += ms;
    const fired = new Set<number>();
    const count = this.acker.advance(this.nowMs, (slot, rootLo, rootHi, owner) => {
      const tree = this.live.find((candidate) => candidate.owner === owner);
      expect(tree).toMatchObject({ slot });
      expect([rootLo, rootHi]).toEqual([lo(tree!.root), hi(tree!.root)]);
      expect(tree!.deadlineMs, 'never early').toBeLessThanOrEqual(this.nowMs);
      fired.add(owner);
      this.end(tree!, 'timed out');
    });
    expect(count).toBe(fired.size);
    for (const tree of this.live) {
      expect(tree.deadlineMs, 'at most one tick late').toBeGreaterThanOrEqual(this.nowMs - TICK_MS);
    }
  }

  private end(tree: ModelTree, how: 'done' | 'failed' | 'timed out'): void {
    this.ends[how]++;
    tree.ended = true;
    this.live.splice(this.live.indexOf(tree), 1);
    this.ended.push(tree);
    this.edges.delete(tree);
    this.uninitialised.delete(tree);
  }
}

test('random trees, orders, acks before init, fails, time-outs and stale handles: as the model says', () => {
  const ends = { done: 0, failed: 0, 'timed out': 0, stale: 0 };
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 300, size: 'max' }), (seed, steps) => {
      const world = new World(seed);
      for (const { action, pick, other } of steps) world.run(action, pick, other);
      world.check();
      for (const end of Object.keys(ends) as (keyof typeof ends)[]) ends[end] += world.ends[end];
    }),
    { numRuns: 200 },
  );
  // The runs must have been interesting, or they show nothing.
  for (const count of Object.values(ends)) expect(count).toBeGreaterThan(200);
});

test('a tree is done at its last ack and not before, in every order of its acks and its init', () => {
  const id = idsOf(7);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.array(fc.nat(), { maxLength: 40 }), (size, order) => {
      const acker = new Acker(0);
      const root = id();
      const slot = acker.open(lo(root), hi(root), 5, 1_000);
      const edges = Array.from({ length: size }, id);
      // The spout's message names all edges; an ack names one. Any permutation of these messages ends the tree last.
      const messages = [xorAll([root, ...edges]), ...edges];
      for (const place of order) messages.push(...messages.splice(place % messages.length, 1));
      const results = messages.map((sum) => acker.xor(slot, lo(root), hi(root), lo(sum), hi(sum)));
      expect(results.pop()).toBe(ACK_DONE);
      expect(results.every((result) => result === ACK_PENDING)).toBe(true);
      expect(acker.size).toBe(0);
    }),
  );
});
