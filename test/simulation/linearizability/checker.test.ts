// The checker at work: mistakes planted in a simulated register are found, good runs pass, limits are told, the explanation helps.

import { describe, expect, test } from 'vitest';
import { Sfc32 } from '../../../src/base/random.ts';
import { CHECK_LIMITS, checkLinearizability } from '../../../src/simulation/linearizability/checker.ts';
import { explanationTable } from '../../../src/simulation/linearizability/explanation.ts';
import { History } from '../../../src/simulation/linearizability/history.ts';
import { registerModel } from '../../../src/simulation/linearizability/register-model.ts';
import { type RegisterOperation, read, unknownWrite, write } from './histories.ts';
import { type ServicePlan, simulateRegister } from './simulated-register.ts';

const MODEL = registerModel(0);
const PLAN: ServicePlan = { operations: 300, keys: 3, clients: 5, lost: 0.05, mistake: 'none' };

function judge(plan: ServicePlan, seed: number) {
  return checkLinearizability(MODEL, simulateRegister(plan, new Sfc32(seed, 0, 1)));
}

describe('a simulated register', () => {
  test('without a mistake every run is linearizable', () => {
    for (let seed = 1; seed <= 100; seed++) expect(judge(PLAN, seed).outcome).toBe('linearizable');
  });

  test.each(['follower-reads', 'blind-set', 'repeated-request'] as const)(
    '%s is found within 10 seeds',
    (mistake) => {
      const outcomes = Array.from({ length: 10 }, (_, seed) => judge({ ...PLAN, mistake }, seed).outcome);
      expect(outcomes).toContain('violation');
      expect(outcomes).not.toContain('undecided');
    },
  );
});

describe('size', () => {
  test('10,000 operations over 10 keys with 5 clients need few configurations', () => {
    const plan = { ...PLAN, operations: 10_000, keys: 10, lost: 0 };
    const verdict = judge(plan, 1);
    expect(verdict.outcome).toBe('linearizable');
    expect(verdict.configurations).toBeLessThan(20_000);
  });

  test('a bad read at the end of them is found, though 500 results are unknown', () => {
    const good = simulateRegister({ ...PLAN, operations: 10_000, keys: 10 }, new Sfc32(7, 0, 1));
    const end = 2 * good.length + 10;
    const verdict = checkLinearizability(MODEL, [...good, read(999, [end, end + 1], -1, 'k0')]);
    expect(verdict).toMatchObject({
      outcome: 'violation',
      explanation: { key: 'k0', stuck: { client: 999 } },
    });
    expect(verdict.configurations).toBeLessThan(20_000);
  });

  test('30 unknown writes beside each other are 30 possible values, not 2^30 sets', () => {
    const writes = Array.from({ length: 30 }, (_, at) => unknownWrite(at, at, 100 + at));
    const verdict = checkLinearizability(MODEL, [...writes, read(99, [50, 51], 7)]);
    expect(verdict.outcome).toBe('violation');
    expect(verdict.configurations).toBeLessThan(100);
  });
});

describe('limits', () => {
  const fine = [write(1, [0, 1], 5, 'x'), read(2, [2, 3], 5, 'x')];
  const many = Array.from({ length: 12 }, (_, at) => write(at, [0, 10], at, 'y'));
  const stale = [write(1, [0, 1], 5, 'z'), read(2, [2, 3], 0, 'z')];

  test('too many operations of one key are undecided, not linearizable', () => {
    const verdict = checkLinearizability(MODEL, [...many, ...fine], {
      ...CHECK_LIMITS,
      operationsPerKey: 10,
    });
    expect(verdict).toMatchObject({ outcome: 'undecided', key: 'y', reason: '12 operations, more than 10' });
  });

  test('a search that is too long is undecided', () => {
    const hard = [...many, read(20, [11, 12], 99, 'y')];
    const verdict = checkLinearizability(MODEL, hard, { ...CHECK_LIMITS, configurationsPerKey: 50 });
    expect(verdict).toMatchObject({ outcome: 'undecided', key: 'y', reason: 'more than 50 configurations' });
  });

  test('a violation is told even if another key is undecided', () => {
    const operations = [...many, ...stale];
    const verdict = checkLinearizability(MODEL, operations, { ...CHECK_LIMITS, operationsPerKey: 10 });
    expect(verdict).toMatchObject({ outcome: 'violation', explanation: { key: 'z' } });
  });
});

describe('explanation', () => {
  function explain(operations: readonly RegisterOperation[]) {
    const verdict = checkLinearizability(MODEL, operations);
    if (verdict.outcome !== 'violation') throw new Error(`expected a violation, got ${verdict.outcome}`);
    return verdict.explanation;
  }

  test('ends at the first return that cannot be, with the order up to it', () => {
    const operations = [
      write(1, [0, 1], 1),
      write(1, [2, 9], 2),
      read(2, [3, 4], 2),
      read(3, [5, 6], 1),
      read(3, [10, 11], 7),
      write(1, [0, 1], 1, 'other'),
    ];
    const explanation = explain(operations);
    expect(explanation.stuck).toBe(operations[3]);
    expect(explanation.prefix).toEqual(operations.slice(0, 4));
    expect(explanation.linearization).toEqual(operations.slice(0, 3));
    expect(explanationTable(MODEL, explanation)).toBe(
      [
        'Not linearizable: key x, when read(x) -> 1 of client 3 returned at 6.',
        'operation            client  invoked  returned  place in the longest order found',
        'write(x, 1) -> true  1       0        1         1',
        'write(x, 2) -> true  1       2        9         2',
        'read(x) -> 2         2       3        4         3',
        'read(x) -> 1         3       5        6         none: stuck',
      ].join('\n'),
    );
  });

  test('a long prefix is shown from its last rows', () => {
    const writes = Array.from({ length: 100 }, (_, at) => write(1, [2 * at, 2 * at + 1], at));
    const table = explanationTable(
      MODEL,
      explain([...writes, unknownWrite(3, 0, 50), read(2, [300, 301], 12)]),
    );
    expect(table.split('\n')).toHaveLength(43);
    expect(table).toContain('(62 earlier operations are not shown)');
  });

  test('shows what is unknown', () => {
    const operations = [unknownWrite(1, 0, 5), read(2, [1, 2], 5), read(2, [3, 4], 0)];
    expect(explanationTable(MODEL, explain(operations))).toMatch(/write\(x, 5\) +1 +0 +unknown +1\n/);
  });
});

describe('recording', () => {
  test('events of one virtual time keep their order', () => {
    const history = new History();
    const first = history.invoke(1, 'a', 10);
    history.return(first, true, 10);
    history.invoke(1, 'b', 10);
    const [a, b] = history.operations();
    expect(a!.returned).toBeLessThan(b!.invoked);
    expect(b!.returned).toBe(Number.POSITIVE_INFINITY);
  });

  test('an operation that was refused is left out, and none returns twice', () => {
    const history = new History();
    const refused = history.invoke(1, 'a', 0);
    history.refuse(refused);
    expect(history.operations()).toEqual([]);
    expect(() => history.return(refused, true, 1)).toThrow('has not returned');
    const done = history.invoke(1, 'b', 2);
    history.return(done, true, 3);
    expect(() => history.return(done, true, 4)).toThrow('has not returned');
    expect(() => history.return(17, true, 4)).toThrow('has not returned');
  });
});
