// The checker against the definition: all orders of all subsets are tried. Only for tiny histories.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkLinearizability } from '../../../src/simulation/linearizability/checker.ts';
import { type Model, UNKNOWN } from '../../../src/simulation/linearizability/model.ts';
import { registerModel } from '../../../src/simulation/linearizability/register-model.ts';
import { operation, type RegisterOperation } from './histories.ts';

const MODEL = registerModel(0);

/** Herlihy and Wing's definition, word for word: some order of all known and any of the unknown operations is legal. */
function isLinearizable(operations: readonly RegisterOperation[]): boolean {
  const extend = (state: number, left: readonly RegisterOperation[]): boolean => {
    if (left.every(({ result }) => result === UNKNOWN)) return true;
    return left.some((next) => {
      const others = left.filter((other) => other !== next);
      if (others.some((other) => other.returned < next.invoked)) return false;
      return MODEL.step(state, next.op, next.result).some((following) => extend(following, others));
    });
  };
  return extend(0, operations);
}

const value = fc.integer({ min: 0, max: 2 });
const anyOperation = fc
  .record({
    client: fc.nat(4),
    invoked: fc.nat(12),
    length: fc.nat(8),
    kind: fc.constantFrom('read', 'write', 'compare-and-set'),
    value,
    expected: value,
    answer: value,
    success: fc.boolean(),
    unknown: fc.integer({ min: 0, max: 3 }).map((drawn) => drawn === 0),
  })
  .map((drawn) => {
    const { client, invoked, length, value, expected, answer, success, unknown } = drawn;
    const end = invoked + length;
    if (drawn.kind === 'read') {
      return operation(client, { kind: 'read', key: 'x' }, invoked, end, unknown ? UNKNOWN : answer);
    }
    if (drawn.kind === 'write') {
      return operation(client, { kind: 'write', key: 'x', value }, invoked, end, unknown ? UNKNOWN : true);
    }
    const op = { kind: 'compare-and-set', key: 'x', expected, value } as const;
    return operation(client, op, invoked, end, unknown ? UNKNOWN : success);
  });

test('agrees with all permutations on tiny histories, good and bad', () => {
  const seen = { linearizable: 0, violation: 0, undecided: 0 };
  fc.assert(
    fc.property(fc.array(anyOperation, { maxLength: 6 }), (operations) => {
      const { outcome } = checkLinearizability(MODEL, operations);
      seen[outcome]++;
      expect(outcome).toBe(isLinearizable(operations) ? 'linearizable' : 'violation');
    }),
    { numRuns: 3_000 },
  );
  expect(seen.linearizable).toBeGreaterThan(300);
  expect(seen.violation).toBeGreaterThan(300);
});

test('the prefix that it explains fails, and without its last return it does not', () => {
  fc.assert(
    fc.property(fc.array(anyOperation, { minLength: 2, maxLength: 6 }), (operations) => {
      const verdict = checkLinearizability(MODEL, operations);
      if (verdict.outcome !== 'violation') return;
      const { stuck, prefix, linearization } = verdict.explanation;
      expect(isLinearizable(prefix)).toBe(false);
      expect(linearization).not.toContain(stuck);
      const inTime = operations.filter(({ returned }) => returned < stuck.returned);
      expect(inTime.every((done) => linearization.includes(done))).toBe(true);
      let states: readonly number[] = [0];
      for (const { op, result } of linearization) {
        states = states.flatMap((state) => MODEL.step(state, op, result));
      }
      expect(states.length).toBeGreaterThan(0);
    }),
    { numRuns: 1_000 },
  );
});

/** A coin that lands on either side: several states may follow one operation. */
const COIN: Model<number, 'toss' | 'look', number> = {
  initial: 0,
  step: (state, op, result) => {
    if (op === 'toss') return [0, 1];
    return result === UNKNOWN || result === state ? [state] : [];
  },
  key: () => 'coin',
  stateKey: String,
  describe: (op, result) => `${op} -> ${String(result)}`,
};

test('a model that is not deterministic may go either way, but one way only', () => {
  const at = (op: 'toss' | 'look', time: number, result: number) =>
    ({ client: 1, op, invoked: time, returned: time, result, invokedAt: time, returnedAt: time }) as const;
  const good = [at('toss', 0, 0), at('look', 1, 1), at('look', 2, 1), at('toss', 3, 0), at('look', 4, 0)];
  const bad = [at('toss', 0, 0), at('look', 1, 1), at('look', 2, 0)];
  expect(checkLinearizability(COIN, good).outcome).toBe('linearizable');
  expect(checkLinearizability(COIN, bad).outcome).toBe('violation');
});
