// Owns: the sequential behaviour of registers with read, write and compare-and-set, one per key.

import { type Model, UNKNOWN, type Unknown } from './model.ts';

export type RegisterOp =
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'write'; readonly key: string; readonly value: number }
  | {
      readonly kind: 'compare-and-set';
      readonly key: string;
      readonly expected: number;
      readonly value: number;
    };

/** A read answers the value, a write true, a compare-and-set whether it has set. */
export type RegisterResult = number | boolean;

/** Registers that hold `initial` at first. */
export function registerModel(initial: number): Model<number, RegisterOp, RegisterResult> {
  return { initial, step, key: (op) => op.key, stateKey: String, describe };
}

function step(state: number, op: RegisterOp, result: RegisterResult | Unknown): readonly number[] {
  if (op.kind === 'read') return result === UNKNOWN || result === state ? [state] : [];
  if (op.kind === 'write') return result === UNKNOWN || result === true ? [op.value] : [];
  const sets = state === op.expected;
  if (result !== UNKNOWN && result !== sets) return [];
  return [sets ? op.value : state];
}

function describe(op: RegisterOp, result: RegisterResult | Unknown): string {
  const call = `${op.kind}(${[op.key, ...numbersOf(op)].join(', ')})`;
  return result === UNKNOWN ? call : `${call} -> ${result}`;
}

function numbersOf(op: RegisterOp): readonly number[] {
  if (op.kind === 'read') return [];
  return op.kind === 'write' ? [op.value] : [op.expected, op.value];
}
