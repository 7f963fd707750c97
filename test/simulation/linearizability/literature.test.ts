// Histories that are known to be good or bad: from Herlihy and Wing (1990), Wing and Gong (1993), and what Jepsen found.
// Registers hold 0 at first.

import { describe, expect, test } from 'vitest';
import { checkLinearizability } from '../../../src/simulation/linearizability/checker.ts';
import { UNKNOWN } from '../../../src/simulation/linearizability/model.ts';
import { registerModel } from '../../../src/simulation/linearizability/register-model.ts';
import { compareAndSet, type RegisterOperation, read, unknownWrite, write } from './histories.ts';

const MODEL = registerModel(0);

const GOOD: readonly (readonly [string, readonly RegisterOperation[]])[] = [
  ['nothing happened', []],
  ['a read of the first value', [read(1, [0, 1], 0)]],
  ['a read after a write', [write(1, [0, 1], 5), read(2, [2, 3], 5)]],
  ['a read beside a write may see it', [write(1, [0, 10], 5), read(2, [2, 3], 5)]],
  ['a read beside a write may miss it', [write(1, [0, 10], 5), read(2, [2, 3], 0)]],
  [
    'two reads beside a write, the old value first',
    [write(1, [0, 10], 5), read(2, [1, 2], 0), read(2, [3, 4], 5)],
  ],
  [
    'two reads beside a write and each other, in either order',
    [write(1, [0, 10], 5), read(2, [1, 5], 5), read(3, [2, 4], 0)],
  ],
  [
    'H2 of Herlihy and Wing for a register: writes beside each other end in either order',
    [write(1, [0, 5], 1), write(2, [1, 4], 2), read(1, [6, 7], 1), read(2, [8, 9], 1)],
  ],
  [
    'a long write takes effect between two short ones',
    [write(1, [0, 20], 1), write(2, [1, 2], 2), read(2, [3, 4], 1), write(2, [5, 6], 3), read(3, [7, 8], 3)],
  ],
  ['an event at the very time of a return is beside it', [write(1, [0, 5], 1), read(2, [5, 6], 0)]],
  [
    'of two compare-and-sets from one value one fails',
    [compareAndSet(1, [0, 5], [0, 1], true), compareAndSet(2, [1, 4], [0, 2], false), read(3, [6, 7], 1)],
  ],
  [
    'compare-and-sets make a chain against the order of invocation',
    [
      compareAndSet(1, [0, 9], [2, 3], true),
      compareAndSet(2, [1, 8], [1, 2], true),
      compareAndSet(3, [2, 7], [0, 1], true),
    ],
  ],
  ['an unknown write that is never seen', [unknownWrite(1, 0, 5), read(2, [1, 2], 0), read(2, [9, 10], 0)]],
  ['an unknown write that is seen', [unknownWrite(1, 0, 5), read(2, [1, 2], 5), read(3, [3, 4], 5)]],
  [
    'an unknown write takes effect late, after other writes',
    [
      unknownWrite(1, 0, 5),
      write(2, [1, 2], 6),
      read(2, [3, 4], 6),
      read(3, [50, 51], 5),
      read(3, [60, 61], 5),
    ],
  ],
  [
    'an unknown compare-and-set has set',
    [compareAndSet(1, [0, 0], [0, 4], UNKNOWN), read(2, [1, 2], 4), compareAndSet(2, [3, 4], [4, 5], true)],
  ],
  [
    'an unknown compare-and-set has not set',
    [compareAndSet(1, [0, 0], [0, 4], UNKNOWN), write(2, [1, 2], 3), read(2, [3, 4], 3)],
  ],
  [
    'keys do not influence each other',
    [write(1, [0, 1], 5, 'x'), read(2, [2, 3], 0, 'y'), read(2, [4, 5], 5, 'x')],
  ],
];

const BAD: readonly (readonly [string, readonly RegisterOperation[]])[] = [
  ['a value from nowhere', [write(1, [0, 1], 5), read(2, [2, 3], 6)]],
  ['a value before it was written', [read(2, [0, 1], 5), write(1, [2, 3], 5)]],
  ['a stale read after a write has returned', [write(1, [0, 1], 5), read(2, [2, 3], 0)]],
  ['a stale read of an earlier write', [write(1, [0, 1], 1), write(1, [2, 3], 2), read(2, [4, 5], 1)]],
  [
    'reads that are not monotonic beside one write',
    [write(1, [0, 10], 5), read(2, [1, 2], 5), read(3, [3, 4], 0)],
  ],
  [
    'two readers see two writes in opposite order',
    [write(1, [0, 20], 1), write(2, [0, 20], 2), read(3, [1, 2], 1), read(4, [3, 4], 2), read(3, [5, 6], 1)],
  ],
  [
    'a lost update: both compare-and-sets from one value have set',
    [compareAndSet(1, [0, 5], [0, 1], true), compareAndSet(2, [1, 4], [0, 2], true)],
  ],
  [
    'a compare-and-set fails though the value is the expected one',
    [compareAndSet(1, [0, 1], [0, 1], false), read(1, [2, 3], 0)],
  ],
  [
    'a compare-and-set that failed has set all the same',
    [write(1, [0, 1], 3), compareAndSet(1, [2, 3], [0, 7], false), read(2, [4, 5], 7)],
  ],
  ['a compare-and-set that has set is lost', [compareAndSet(1, [0, 1], [0, 7], true), read(2, [2, 3], 0)]],
  ['a lost write', [write(1, [0, 1], 1), write(2, [2, 3], 2), read(1, [4, 5], 1), read(1, [6, 7], 1)]],
  [
    'an unknown write is seen, then not, then again',
    [unknownWrite(1, 0, 5), read(2, [1, 2], 5), read(2, [3, 4], 0), read(2, [5, 6], 5)],
  ],
  [
    'an unknown write takes effect twice',
    [unknownWrite(1, 0, 5), read(2, [1, 2], 5), write(2, [3, 4], 6), read(3, [5, 6], 6), read(3, [7, 8], 5)],
  ],
  ['an unknown write is seen before it was invoked', [read(2, [0, 1], 5), unknownWrite(1, 2, 5)]],
  [
    'an unknown compare-and-set sets from a value that never was',
    [compareAndSet(1, [0, 0], [9, 4], UNKNOWN), read(2, [1, 2], 4)],
  ],
  [
    'one bad key among good ones',
    [write(1, [0, 1], 5, 'x'), read(2, [2, 3], 5, 'x'), write(1, [4, 5], 1, 'y'), read(2, [6, 7], 0, 'y')],
  ],
];

describe('known to be linearizable', () => {
  test.each(GOOD)('%s', (_, operations) => {
    expect(checkLinearizability(MODEL, operations).outcome).toBe('linearizable');
    expect(checkLinearizability(MODEL, operations.toReversed()).outcome).toBe('linearizable');
  });
});

describe('known not to be linearizable', () => {
  test.each(BAD)('%s', (_, operations) => {
    expect(checkLinearizability(MODEL, operations).outcome).toBe('violation');
    expect(checkLinearizability(MODEL, operations.toReversed()).outcome).toBe('violation');
  });
});
