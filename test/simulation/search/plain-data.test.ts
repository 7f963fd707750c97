// Copies share nothing that changes, and texts tell what differs.

import { describe, expect, test } from 'vitest';
import { copyOf, type PlainDataRules, textOf } from '../../../src/simulation/search/plain-data.ts';

const RULES: PlainDataRules = {
  shared: new Set(['shared']),
  reset: new Map([['reset', 0]]),
  skipped: new Set(['skipped']),
  rewritten: new Map([['list', (field) => (field as readonly unknown[]).length]]),
  bags: new Set(['bag']),
};

class Account {
  balance = 1;
  readonly history = [1, 2];
  readonly tags = new Map([['a', new Set([1])]]);
}

describe('a copy', () => {
  test('has the class and the values of its original and none of its parts', () => {
    const original = new Account();
    const copy = copyOf(original, RULES);
    expect(copy).toBeInstanceOf(Account);
    expect(copy).toEqual(original);
    copy.balance = 2;
    copy.history.push(3);
    copy.tags.get('a')!.add(9);
    expect(original).toEqual(new Account());
  });

  test('keeps two ways to one object together', () => {
    const part = { value: 1 };
    const copy = copyOf({ first: part, second: part }, RULES);
    copy.first.value = 2;
    expect(copy.second.value).toBe(2);
    expect(part.value).toBe(1);
  });

  test('shares and resets what it is told to', () => {
    const original = { shared: { value: 1 }, reset: 7 };
    const copy = copyOf(original, RULES);
    expect(copy.shared).toBe(original.shared);
    expect(copy.reset).toBe(0);
  });
});

describe('a text', () => {
  const differ = [
    [1, '1'],
    [undefined, null],
    [
      [1, [2]],
      [[1], 2],
    ],
    [{ a: 1 }, { b: 1 }],
    [new Uint8Array([1, 2]), new Uint8Array([12])],
    [new Map([[1, 2]]), new Map([[1, 3]])],
    [['a,b'], ['a', 'b']],
    [{ list: [1] }, { list: [1, 2] }],
  ] as const;
  test.each(differ)('tells %j from %j', (one, other) => {
    expect(textOf(one, RULES)).not.toBe(textOf(other, RULES));
  });

  test('does not tell order where there is none, nor what is left out', () => {
    const one = { map: new Map([['a', 1], ['b', 2]]), bag: [1, 2, 2], skipped: 1, list: [5] }; // biome-ignore format: one line
    const other = { map: new Map([['b', 2], ['a', 1]]), bag: [2, 1], skipped: 2, list: [6] }; // biome-ignore format: one line
    expect(textOf(one, RULES)).toBe(textOf(other, RULES));
  });
});
