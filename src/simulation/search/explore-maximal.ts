// Owns: search through the states of a system in which some states can do all that others can. Not here: plain breadth-first search
// (explore.ts), which finds shortest traces.
// Invariant: every state that can be reached is covered by one that was checked and expanded, unless the search ended early.
//
// If a covers b, whatever can follow b can follow a, up to covering, and a is bad if b is. So b need not be looked at
// (a simulation order, used as in "Well-structured transition systems everywhere!", Finkel and Schnoebelen, 2001, and in antichain
// algorithms). States that are likely to cover others go first, those with the highest `weight`.

import type { Exploration, System } from './explore.ts';
import { StateWriter } from './state-hash.ts';

export interface OrderedSystem<S> extends System<S> {
  /** Writes what two states must share for one to cover the other. */
  writeGroup(state: S, writer: StateWriter): void;
  /** Whether `a`, of the same group as `b`, can do all that `b` can. Every state covers itself. */
  covers(a: S, b: S): boolean;
  /** If `a` covers `b`, its weight is not less. An integer from 0 up. */
  weight(state: S): number;
}

interface Node<S> {
  readonly state: S;
  readonly parent: Node<S> | undefined;
  readonly action: string;
  readonly depth: number;
  /** False when a state that covers this one was found. */
  needed: boolean;
}

/** `states` counts those that were not covered when they were found; `depth` is that of the deepest of them. Groups are told apart exactly. */
export function exploreMaximal<S>(
  system: OrderedSystem<S>,
  options: { readonly maxStates: number },
): Exploration {
  return new MaximalSearch(system, options.maxStates).run();
}

class MaximalSearch<S> {
  private readonly system: OrderedSystem<S>;
  private readonly maxStates: number;
  private readonly writer = new StateWriter();
  private readonly groups = new Map<string, Node<S>[]>();
  /** Nodes to expand, by weight. */
  private readonly waiting: Node<S>[][] = [];
  private states = 0;
  private transitions = 0;
  private depth = 0;

  constructor(system: OrderedSystem<S>, maxStates: number) {
    this.system = system;
    this.maxStates = maxStates;
  }

  run(): Exploration {
    for (const state of this.system.initial()) {
      const end = this.visit({ state, parent: undefined, action: '', depth: 0, needed: true });
      if (end !== undefined) return end;
    }
    for (let node = this.heaviest(); node !== undefined; node = this.heaviest()) {
      if (!node.needed) continue;
      for (const { action, state } of this.system.next(node.state)) {
        this.transitions++;
        const end = this.visit({ state, parent: node, action, depth: node.depth + 1, needed: true });
        if (end !== undefined) return end;
      }
    }
    return this.result('complete', undefined);
  }

  private visit(node: Node<S>): Exploration | undefined {
    const { system } = this;
    const group = this.groupOf(node.state);
    for (const { state } of group) if (system.covers(state, node.state)) return undefined;
    let kept = 0;
    for (const other of group) {
      if (system.covers(node.state, other.state)) other.needed = false;
      else group[kept++] = other;
    }
    group.length = kept;
    group.push(node);
    this.states++;
    this.depth = Math.max(this.depth, node.depth);
    const reason = system.check(node.state);
    if (reason !== undefined) return this.result('violation', { reason, trace: traceTo(node) });
    const weight = system.weight(node.state);
    while (this.waiting.length <= weight) this.waiting.push([]);
    this.waiting[weight]!.push(node);
    return this.states >= this.maxStates ? this.result('limit', undefined) : undefined;
  }

  private heaviest(): Node<S> | undefined {
    while (this.waiting.length > 0) {
      const node = this.waiting.at(-1)!.pop();
      if (node !== undefined) return node;
      this.waiting.pop();
    }
    return undefined;
  }

  private groupOf(state: S): Node<S>[] {
    this.writer.begin();
    this.system.writeGroup(state, this.writer);
    const key = this.writer.exact();
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    const group: Node<S>[] = [];
    this.groups.set(key, group);
    return group;
  }

  private result(outcome: Exploration['outcome'], violation: Exploration['violation']): Exploration {
    const { states, transitions, depth } = this;
    return { outcome, states, transitions, depth, violation, collisionOdds: 0 };
  }
}

function traceTo<S>(node: Node<S>): string[] {
  const trace: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) trace.push(at.action);
  return trace.reverse();
}
