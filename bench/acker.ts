// Owns: the figures of the acker: speed against a plain Map<bigint, …> acker, memory with 5 million trees pending,
// longest pause while growing to that size and shrinking from it. Not here: printing, and the engine around it.

import { Sfc32 } from '../src/base/random.ts';
import { ACK_DONE, Acker } from '../src/tracking/acker.ts';
import { IdSource } from '../src/tracking/ids.ts';
import type { BenchRow } from './bench-row.ts';

const EDGES = 10;
/** XORs per measurement: enough for some tenths of a second of the slower one. */
const XORS = 2_200_000;
const RUNS = 5;
/** Runs that are not counted, until both are compiled. */
const WARM_UPS = 3;
/**
 * The target is for this many pending trees. With 1,000 the whole Map fits into the second-level cache and what is
 * left is the BigInt arithmetic; that ratio is reported without a target.
 */
const TARGET_TREES = 100_000;
const PENDING_TREES = 5_000_000;
const TIMEOUT_MS = 30_000;

/** What anyone would write first. It has no time-outs at all, which is in its favour. */
class MapAcker {
  private readonly trees = new Map<bigint, { ack: bigint; readonly task: number }>();

  open(root: bigint, task: number, edges: bigint): void {
    this.trees.set(root, { ack: edges, task });
  }

  xor(root: bigint, edge: bigint): boolean {
    const tree = this.trees.get(root);
    if (tree === undefined) return false;
    tree.ack ^= edge;
    return tree.ack === 0n && this.trees.delete(root);
  }
}

/** The same ids in both forms, drawn before the clock runs. Edge e of tree i is at e * trees + i. */
interface Workload {
  readonly trees: number;
  readonly rounds: number;
  /** Slot, root id in two halves, XOR of root id and edges in two halves; per tree. */
  readonly handles: Int32Array;
  /** Two halves per edge. */
  readonly halves: Int32Array;
  readonly roots: readonly bigint[];
  readonly edges: readonly bigint[];
  /** XOR of the edges of a tree. */
  readonly inits: readonly bigint[];
}

function workload(trees: number): Workload {
  const ids = new IdSource(new Sfc32(trees, 2, 3));
  const big = (): bigint => (BigInt(ids.hi) << 32n) | BigInt.asUintN(32, BigInt(ids.lo));
  const handles = new Int32Array(5 * trees);
  const halves = new Int32Array(2 * trees * EDGES);
  const roots: bigint[] = [];
  const edges: bigint[] = [];
  const inits: bigint[] = new Array<bigint>(trees).fill(0n);
  for (let i = 0; i < trees; i++) {
    ids.next();
    handles.set([0, ids.lo, ids.hi, ids.lo, ids.hi], 5 * i);
    roots.push(big());
  }
  for (let i = 0; i < trees * EDGES; i++) {
    ids.next();
    halves.set([ids.lo, ids.hi], 2 * i);
    edges.push(big());
    const tree = i % trees;
    handles[5 * tree + 3]! ^= ids.lo;
    handles[5 * tree + 4]! ^= ids.hi;
    inits[tree]! ^= big();
  }
  return { trees, rounds: Math.ceil(XORS / trees / (EDGES + 1)), handles, halves, roots, edges, inits };
}

/** Every tree gets its first ack, then every tree its second, and so on: nothing can be combined. Returns trees done. */
function runAcker(work: Workload): number {
  const { trees, rounds, handles, halves } = work;
  const acker = new Acker(0);
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 5 * trees; i += 5) {
      const slot = acker.open(handles[i + 1]!, handles[i + 2]!, i, round + TIMEOUT_MS);
      acker.xor(slot, handles[i + 1]!, handles[i + 2]!, handles[i + 3]!, handles[i + 4]!);
      handles[i] = slot;
    }
    for (let edge = 0; edge < halves.length; ) {
      for (let i = 0; i < 5 * trees; i += 5, edge += 2) {
        const result = acker.xor(
          handles[i]!,
          handles[i + 1]!,
          handles[i + 2]!,
          halves[edge]!,
          halves[edge + 1]!,
        );
        if (result === ACK_DONE) done++;
      }
    }
  }
  return done;
}

function runMap(work: Workload): number {
  const { trees, rounds, roots, edges, inits } = work;
  const acker = new MapAcker();
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < trees; i++) acker.open(roots[i]!, i, inits[i]!);
    for (let edge = 0; edge < edges.length; edge += trees) {
      for (let i = 0; i < trees; i++) if (acker.xor(roots[i]!, edges[edge + i]!)) done++;
    }
  }
  return done;
}

/** XORs per second, the init counted as one. Throws if a tree was not done. */
function speed(work: Workload, run: (work: Workload) => number): number {
  const start = performance.now();
  const done = run(work);
  const seconds = (performance.now() - start) / 1_000;
  if (done !== work.trees * work.rounds) throw new Error(`${done} trees done of ${work.trees * work.rounds}`);
  return (done * (EDGES + 1)) / seconds;
}

function speedRow(trees: number): BenchRow {
  const work = workload(trees);
  const speeds: number[] = [];
  const mapSpeeds: number[] = [];
  for (let run = -WARM_UPS; run < RUNS; run++) {
    const speedOfRun = speed(work, runAcker);
    const mapSpeedOfRun = speed(work, runMap);
    if (run < 0) continue;
    speeds.push(speedOfRun);
    mapSpeeds.push(mapSpeedOfRun);
  }
  const runs = speeds.map((value, run) => value / mapSpeeds[run]!);
  const millions = (values: number[]): string => (median(values) / 1e6).toFixed(1);
  return {
    name: `acker ÷ Map<bigint, …> acker, ${trees.toLocaleString('en')} pending, XORs per second`,
    unit: 'ratio',
    value: median(runs),
    ...(trees >= TARGET_TREES ? { target: { atLeast: 8 } } : {}),
    detail: `${EDGES} edges a tree; ${millions(speeds)} against ${millions(mapSpeeds)} million XORs/s`,
    runs,
  };
}

/** Root ids of the memory test: no arrays of handles that would count as memory. A new acker gives slots 0, 1, 2 … */
function rootOf(slot: number): number {
  return Math.imul(slot + 1, 0x9e37_79b1);
}

interface Growth {
  readonly bytesPerTree: number;
  readonly detail: string;
  readonly growMs: number;
  readonly shrinkMs: number;
}

/** Longest time of a hundred operations, over all trees. */
function longestStep(operation: (slot: number) => void): number {
  let longest = 0;
  for (let slot = 0; slot < PENDING_TREES; ) {
    const start = performance.now();
    for (const end = slot + 100; slot < end; slot++) operation(slot);
    longest = Math.max(longest, performance.now() - start);
  }
  return longest;
}

function grow(): Growth {
  const before = process.memoryUsage();
  const acker = new Acker(0);
  const growMs = longestStep((slot) => {
    if (acker.open(rootOf(slot), slot, slot, TIMEOUT_MS + slot / 1_000) !== slot)
      throw new Error('slots in order');
  });
  const after = process.memoryUsage();
  const bytes = acker.bytes();
  const heap = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
  const resident = after.rss - before.rss;
  const shrinkMs = longestStep((slot) => {
    if (!acker.fail(slot, rootOf(slot), slot)) throw new Error('every tree is pending');
  });
  const perTree = (value: number): string => (value / PENDING_TREES).toFixed(2);
  return {
    bytesPerTree: Math.max(bytes, heap, resident) / PENDING_TREES,
    detail:
      `largest of: typed arrays ${perTree(bytes)}, heap and array buffers ${perTree(heap)}, ` +
      `resident ${perTree(resident)}; ${(acker.bytes() / 2 ** 20).toFixed(1)} MiB kept when all are done`,
    growMs,
    shrinkMs,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Rows for `millrace bench`. Takes about fifteen seconds and 150 MB. */
export async function benchAcker(): Promise<BenchRow[]> {
  // Memory first, in a heap that nothing else has filled; the later ones reuse pages, so that the first counts.
  const growths = [grow(), grow(), grow()];
  const first = growths[0]!;
  const pauseRow = (name: string, runs: number[]): BenchRow => ({
    name,
    unit: 'ms',
    value: median(runs),
    detail: 'longest time of 100 operations, garbage collections and other processes included',
    runs,
  });
  return [
    speedRow(TARGET_TREES),
    speedRow(1_000),
    {
      name: 'acker, bytes a tree with 5 million pending',
      unit: 'bytes',
      value: first.bytesPerTree,
      target: { atMost: 32 },
      detail: first.detail,
      runs: growths.map((growth) => growth.bytesPerTree),
    },
    pauseRow(
      'acker, longest pause while growing to 5 million trees',
      growths.map((growth) => growth.growMs),
    ),
    pauseRow(
      'acker, longest pause while shrinking from 5 million trees',
      growths.map((growth) => growth.shrinkMs),
    ),
  ];
}
