// Owns: order and cycles of a directed graph of components. Nodes are numbers 0 to n - 1 in the order of declaration.
// Invariants: the order is stable (declaration order wherever the edges allow it); a cycle that is found is real.

/** Edges by node: `edges[a]` holds the nodes that `a` sends to, each once. */
export type Edges = readonly ReadonlySet<number>[];

/** Producers first, or null if there is a cycle. Kahn's algorithm. */
export function topologicalOrder(edges: Edges): readonly number[] | null {
  const waiting = new Array<number>(edges.length).fill(0);
  for (const targets of edges) for (const target of targets) waiting[target]!++;
  const ready: number[] = [];
  for (let node = 0; node < edges.length; node++) if (waiting[node] === 0) ready.push(node);
  const order: number[] = [];
  while (ready.length > 0) {
    const node = takeSmallest(ready);
    order.push(node);
    for (const target of edges[node]!) if (--waiting[target]! === 0) ready.push(target);
  }
  return order.length === edges.length ? order : null;
}

function takeSmallest(nodes: number[]): number {
  let at = 0;
  for (let i = 1; i < nodes.length; i++) if (nodes[i]! < nodes[at]!) at = i;
  const [smallest] = nodes.splice(at, 1);
  return smallest!;
}

/**
 * Cycles such that the graph without their last edges has none. Each is a path of nodes in the direction of the
 * data, starting at the node declared first and not repeating it. At most `limit`.
 */
export function findCycles(edges: Edges, limit: number): readonly (readonly number[])[] {
  const open = edges.map((targets) => new Set(targets));
  const cycles: (readonly number[])[] = [];
  while (cycles.length < limit) {
    const cycle = findCycle(open);
    if (cycle === null) break;
    cycles.push(cycle);
    open[cycle.at(-1)!]!.delete(cycle[0]!);
  }
  return cycles;
}

/** Depth first, with a stack of its own: a path of a thousand components must not end the call stack. */
function findCycle(edges: Edges): readonly number[] | null {
  const done = new Set<number>();
  for (let start = 0; start < edges.length; start++) {
    if (done.has(start)) continue;
    const path = [start];
    const onPath = new Set(path);
    const pending = [edges[start]!.values()];
    while (path.length > 0) {
      const step = pending.at(-1)!.next();
      if (step.done === true) {
        const node = path.pop()!;
        pending.pop();
        onPath.delete(node);
        done.add(node);
      } else if (onPath.has(step.value)) {
        return fromFirstDeclared(path.slice(path.indexOf(step.value)));
      } else if (!done.has(step.value)) {
        path.push(step.value);
        onPath.add(step.value);
        pending.push(edges[step.value]!.values());
      }
    }
  }
  return null;
}

function fromFirstDeclared(cycle: readonly number[]): readonly number[] {
  const at = cycle.indexOf(Math.min(...cycle));
  return [...cycle.slice(at), ...cycle.slice(0, at)];
}
