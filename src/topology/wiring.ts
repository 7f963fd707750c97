// Owns: the rules that concern the graph as a whole: cycles, and who may use direct grouping.

import { findCycles, topologicalOrder } from './graph.ts';
import type { Issues } from './issues.ts';
import type { ReadInput } from './read-inputs.ts';
import type { Form } from './records.ts';
import { listed } from './shown.ts';
import { DEFAULT_STREAM } from './types.ts';

/** Feedback edges named in one error; more are found once these are gone. */
const MAX_CYCLES = 10;

/** A component as far as the wiring is concerned, in the order of declaration. */
export interface Node {
  readonly where: string;
  readonly form: Form;
  readonly parallelism: number;
  readonly inputs: readonly ReadInput[];
}

/** Checks the wiring. Returns the nodes with producers first, or null if there are cycles (with issues). */
export function checkWiring(nodes: readonly Node[], issues: Issues): readonly number[] | null {
  checkDirect(nodes, issues);
  const edges = nodes.map(() => new Set<number>());
  nodes.forEach((node, subscriber) => {
    for (const input of node.inputs) edges[input.producer]!.add(subscriber);
  });
  const order = topologicalOrder(edges);
  if (order !== null) return order;
  for (const cycle of findCycles(edges, MAX_CYCLES)) {
    const path = [...cycle, cycle[0]!].map((node) => nodes[node]!.where);
    const first = path[0]!;
    issues.add(
      first,
      `it is in a cycle: ${path.join(' -> ')}`,
      `Take '${path.at(-2)}' from the inputs of '${first}'; to feed records back, write them to a topic that a spout reads.`,
    );
  }
  return null;
}

/** `emitDirect` names a task of the subscriber: there must be one to name, and no other way to read the stream. */
function checkDirect(nodes: readonly Node[], issues: Issues): void {
  const byStream = new Map<string, { node: Node; input: ReadInput }[]>();
  for (const node of nodes) {
    for (const input of node.inputs) {
      const stream = `${input.producer} ${input.stream}`;
      byStream.set(stream, [...(byStream.get(stream) ?? []), { node, input }]);
    }
  }
  for (const readers of byStream.values()) {
    const direct = readers.filter(({ input }) => input.grouping.kind === 'direct');
    if (direct.length === 0) continue;
    const producer = nodes[direct[0]!.input.producer]!;
    for (const { node, input } of direct) checkProducer(node, input, producer, issues);
    const others = readers.filter(({ input }) => input.grouping.kind !== 'direct');
    if (others.length > 0) {
      issues.add(
        producer.where,
        `its stream is read with direct grouping by ${listed(direct.map(({ node }) => node.where))} and without by ${listed(others.map(({ node }) => node.where))}`,
        'Use direct() for all of them or for none.',
      );
    }
    if (new Set(direct.map(({ node }) => node.parallelism)).size > 1) {
      issues.add(
        producer.where,
        `its direct subscribers ${listed(direct.map(({ node }) => node.where))} differ in parallelism`,
        'Give them the same parallelism: emitDirect names one task for all.',
      );
    }
  }
}

function checkProducer(node: Node, input: ReadInput, producer: Node, issues: Issues): void {
  if (producer.form !== 'bolt') {
    issues.add(
      node.where,
      `it reads '${producer.where}' with direct grouping, but a ${producer.form} cannot name tasks`,
      'Use another grouping, or a bolt that calls out.emitDirect.',
    );
  } else if (input.stream !== DEFAULT_STREAM) {
    issues.add(
      node.where,
      `it reads the named stream '${input.stream}' of '${producer.where}' with direct grouping`,
      'Use another grouping: out.emitDirect writes to the default stream.',
    );
  }
}
