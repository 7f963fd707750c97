// Owns: the verdict on a history: linearizable (Herlihy and Wing, 1990), or why not, or that it could not be decided in the limits.
// Invariant: 'linearizable' is said only if every partition was proved so; a violation anywhere is told before anything undecided.
//
// A history is linearizable if and only if its part of each key is, for objects that are a product of one object per key
// ("Faster linearizability checking via P-compositionality", Horn and Kroening, 2015). The parts are searched one by one.

import { assert } from '../../base/assert.ts';
import type { Explanation } from './explanation.ts';
import type { Operation } from './history.ts';
import { type Model, UNKNOWN } from './model.ts';
import { WingGong } from './wing-gong.ts';

export interface CheckLimits {
  /** Operations of one key. */
  readonly operationsPerKey: number;
  /** Configurations that are generated for one key; each costs some hundred bytes. */
  readonly configurationsPerKey: number;
}

export const CHECK_LIMITS: CheckLimits = { operationsPerKey: 100_000, configurationsPerKey: 1_000_000 };

export type Verdict<Op, Result> =
  | { readonly outcome: 'linearizable'; readonly configurations: number }
  | {
      readonly outcome: 'violation';
      readonly configurations: number;
      readonly explanation: Explanation<Op, Result>;
    }
  /** More than the limits allow. No proof: callers must treat it as a failure. */
  | {
      readonly outcome: 'undecided';
      readonly configurations: number;
      readonly key: string;
      readonly reason: string;
    };

/** Judges `operations`, given in any order. */
export function checkLinearizability<State, Op, Result>(
  model: Model<State, Op, Result>,
  operations: readonly Operation<Op, Result>[],
  limits: CheckLimits = CHECK_LIMITS,
): Verdict<Op, Result> {
  let configurations = 0;
  let undecided: { readonly key: string; readonly reason: string } | undefined;
  for (const [key, part] of partition(model, operations)) {
    if (part.length > limits.operationsPerKey) {
      undecided ??= { key, reason: `${part.length} operations, more than ${limits.operationsPerKey}` };
      continue;
    }
    const found = new WingGong(model, part, limits.configurationsPerKey).run();
    configurations += found.configurations;
    if (found.outcome === 'undecided') {
      undecided ??= { key, reason: `more than ${limits.configurationsPerKey} configurations` };
    }
    if (found.outcome !== 'violation') continue;
    const { stuck, longest } = found;
    assert(stuck !== undefined, 'a search that fails is stuck somewhere');
    const prefix = part
      .filter(({ invoked }) => invoked <= stuck.returned)
      .sort((a, b) => a.invoked - b.invoked);
    return {
      outcome: 'violation',
      configurations,
      explanation: { key, stuck, prefix, linearization: longest },
    };
  }
  return undecided === undefined
    ? { outcome: 'linearizable', configurations }
    : { outcome: 'undecided', configurations, ...undecided };
}

function partition<State, Op, Result>(
  model: Model<State, Op, Result>,
  operations: readonly Operation<Op, Result>[],
): Map<string, Operation<Op, Result>[]> {
  const parts = new Map<string, Operation<Op, Result>[]>();
  for (const operation of operations) {
    assert(
      operation.result === UNKNOWN
        ? operation.returned === Number.POSITIVE_INFINITY
        : operation.invoked <= operation.returned,
      'an operation returns after its invocation, or never with an unknown result',
    );
    const key = model.key(operation.op);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [operation]);
    else part.push(operation);
  }
  return parts;
}
