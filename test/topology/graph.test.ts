// Owns: order and cycles on random graphs, by themselves and through the builder.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycles, topologicalOrder } from '../../src/topology/graph.ts';
import { build } from '../../src/topology/validate.ts';
import { idle, issuesOf, textSource, type Untyped, untyped } from './sample.ts';

type Edge = readonly [from: number, to: number];

const NODES = 8;
const anyGraph = fc.uniqueArray(fc.tuple(fc.nat(NODES - 1), fc.nat(NODES - 1)), {
  maxLength: 24,
  selector: ([from, to]) => `${from} ${to}`,
});

function edgesOf(graph: readonly Edge[]): Set<number>[] {
  const edges = Array.from({ length: NODES }, () => new Set<number>());
  for (const [from, to] of graph) edges[from]!.add(to);
  return edges;
}

/** The plain truth: a node reaches itself. By Warshall's closure, not by the code under test. */
function hasCycle(graph: readonly Edge[]): boolean {
  const reach = Array.from({ length: NODES }, (_, a) =>
    Array.from({ length: NODES }, (_, b) => graph.some(([from, to]) => from === a && to === b)),
  );
  for (let via = 0; via < NODES; via++) {
    for (let a = 0; a < NODES; a++) {
      for (let b = 0; b < NODES; b++) reach[a]![b] ||= reach[a]![via]! && reach[via]![b]!;
    }
  }
  return reach.some((row, node) => row[node]);
}

/** A topology with a bolt per node, each fed by one spout and, by `subscribe`, by the graph's edges. */
function topologyOf(graph: readonly Edge[], names: readonly string[]): Untyped {
  const t = untyped('random');
  const spout = t.spout('spout', textSource());
  const bolts = names.map((name) => t.bolt(name, spout, idle));
  for (const [from, to] of graph) bolts[to].subscribe(bolts[from]);
  return t;
}

const NAMES = Array.from({ length: NODES }, (_, node) => `n${node}`);

describe('a random graph', () => {
  it('has an order with producers first exactly if it has no cycle', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const order = topologicalOrder(edgesOf(graph));
        expect(order === null).toBe(hasCycle(graph));
        if (order === null) return;
        expect([...order].sort()).toEqual(NAMES.map((_, node) => node));
        for (const [from, to] of graph) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
      }),
    );
  });

  it('has real cycles, without whose last edges there is none', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const cycles = findCycles(edgesOf(graph), Number.POSITIVE_INFINITY);
        expect(cycles.length > 0).toBe(hasCycle(graph));
        let left: readonly Edge[] = graph;
        for (const cycle of cycles) {
          expect(new Set(cycle).size).toBe(cycle.length);
          expect(cycle[0]).toBe(Math.min(...cycle));
          cycle.forEach((from, index) => {
            const to = cycle[(index + 1) % cycle.length]!;
            expect(left.some((edge) => edge[0] === from && edge[1] === to)).toBe(true);
          });
          left = left.filter(([from, to]) => !(from === cycle.at(-1) && to === cycle[0]));
        }
        expect(hasCycle(left)).toBe(false);
      }),
    );
  });

  it('without cycles is built in topological order, every edge wired once', () => {
    const acyclic = fc
      .tuple(anyGraph, fc.shuffledSubarray([...NAMES.keys()], { minLength: NODES }))
      .map(([graph, rank]) => graph.filter(([from, to]) => rank[from]! < rank[to]!));
    fc.assert(
      fc.property(acyclic, (graph) => {
        const { components } = build(topologyOf(graph, NAMES));
        const wired = components.flatMap((one) => one.inputs);
        for (const { producer, subscriber } of wired) expect(producer).toBeLessThan(subscriber);
        expect(components.map((one) => one.id)).toEqual(components.map((_, id) => id));
        const edges = wired.map((one) =>
          [components[one.producer]!.name, components[one.subscriber]!.name].join(' '),
        );
        const expected = [
          ...NAMES.map((name) => `spout ${name}`),
          ...graph.map(([from, to]) => `${NAMES[from]} ${NAMES[to]}`),
        ];
        expect(edges.sort()).toEqual(expected.sort());
        const outputs = components.flatMap((one) => one.outputs);
        expect(new Set(outputs)).toEqual(new Set(wired));
      }),
    );
  });

  it('with a cycle is refused, and the message shows a cycle that is there', () => {
    fc.assert(
      fc.property(anyGraph.filter(hasCycle), (graph) => {
        const issues = issuesOf(topologyOf(graph, NAMES));
        expect(issues.length).toBeGreaterThan(0);
        for (const { component, problem } of issues) {
          const path = /^it is in a cycle: (.+)$/
            .exec(problem)![1]!
            .split(' -> ')
            .map((name) => NAMES.indexOf(name));
          expect(path[0]).toBe(path.at(-1));
          expect(component).toBe(NAMES[path[0]!]);
          path.slice(1).forEach((to, index) => {
            expect(graph.some((edge) => edge[0] === path[index] && edge[1] === to)).toBe(true);
          });
        }
      }),
    );
  });

  it('may be as deep as a topology may be large', () => {
    const length = 1_000;
    const chain = Array.from({ length }, (_, node) => new Set(node + 1 < length ? [node + 1] : []));
    expect(topologicalOrder(chain)).toHaveLength(length);
    chain[length - 1]!.add(0);
    expect(topologicalOrder(chain)).toBeNull();
    expect(findCycles(chain, 10)).toEqual([Array.from({ length }, (_, node) => node)]);
  });
});
