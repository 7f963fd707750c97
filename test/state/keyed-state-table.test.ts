// One keyed state against a plain Map: what is read, what is told as changed, what comes back after a restore.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedStateTable } from '../../src/state/keyed-state-table.ts';
import { encodeKey } from '../../src/state/state-key.ts';
import type { StateKey, ValueCodec } from '../../src/topology/state-types.ts';

const ADDRESS = { component: 'count', task: 2, state: 'totals' };

function table<V>(initial: V, codec?: ValueCodec<V>): KeyedStateTable<V> {
  return new KeyedStateTable(ADDRESS, initial, codec);
}

/** Few keys, so that they meet; of all types, with looks in common. */
const key: fc.Arbitrary<StateKey> = fc.constantFrom('', '1', 'a', 1, 0, -0, 1n, true, false, '\ud800');

type Step =
  | { readonly do: 'set'; readonly key: StateKey; readonly value: number }
  | { readonly do: 'add'; readonly key: StateKey; readonly value: number }
  | { readonly do: 'delete'; readonly key: StateKey }
  | { readonly do: 'collect' }
  | { readonly do: 'crash' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('set' as const), key, value: fc.integer() }),
  fc.record({ do: fc.constant('add' as const), key, value: fc.integer({ min: -9, max: 9 }) }),
  fc.record({ do: fc.constant('delete' as const), key }),
  fc.record({ do: fc.constant('collect' as const) }),
  fc.record({ do: fc.constant('crash' as const) }),
);

/** What a store would hold. Fails on a key that is told twice in one collect. */
function store(disk: Map<string, string>, from: KeyedStateTable<number>): void {
  const changes = from.collect();
  expect(new Set(changes?.keys).size).toBe(changes?.keys.length ?? 0);
  changes?.keys.forEach((encoded, index) => {
    const value = changes.values[index] ?? null;
    if (value === null) expect(disk.delete(encoded), 'a deletion of what was stored').toBe(true);
    else disk.set(encoded, value);
  });
}

describe('KeyedStateTable', () => {
  it('does what a Map does, and a restore brings back the last collect', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let real = table(0);
        let model = new Map<StateKey, number>();
        let stored = new Map<StateKey, number>();
        const disk = new Map<string, string>();
        for (const s of steps) {
          if (s.do === 'set') {
            real.set(s.key, s.value);
            model.set(s.key, s.value);
          } else if (s.do === 'add') {
            const sum = (model.get(s.key) ?? 0) + s.value;
            expect(real.update(s.key, (n) => n + s.value)).toBe(sum);
            model.set(s.key, sum);
          } else if (s.do === 'delete') {
            expect(real.delete(s.key)).toBe(model.delete(s.key));
          } else if (s.do === 'collect') {
            store(disk, real);
            stored = new Map(model);
            expect(real.collect()).toBeNull();
          } else {
            real = table(0);
            for (const [encoded, value] of disk) real.restore(encoded, value);
            model = new Map(stored);
            expect(real.collect()).toBeNull();
          }
          expect(new Map(real.entries())).toEqual(model);
          expect(real.size).toBe(model.size);
          expect(new Set(real.keys())).toEqual(new Set(model.keys()));
          expect([...real.values()]).toEqual([...real.keys()].map((k) => model.get(k)));
        }
        store(disk, real);
        expect(disk).toEqual(new Map([...model].map(([k, v]) => [encodeKey(k), JSON.stringify(v)])));
      }),
      { numRuns: 500 },
    );
  });

  it('tells only what changed since the last collect', () => {
    const counts = table(0);
    for (const word of ['a', 'b', 'c']) counts.set(word, 1);
    expect(counts.collect()).toEqual({ ...ADDRESS, keys: ['sa', 'sb', 'sc'], values: ['1', '1', '1'] });
    counts.update('b', (n) => n + 1);
    counts.update('b', (n) => n + 1);
    counts.delete('c');
    expect(counts.changes).toBe(2);
    expect(counts.collect()).toEqual({ ...ADDRESS, keys: ['sb', 'sc'], values: ['3', null] });
  });

  it('lists a key once, however often it is deleted and made again', () => {
    const counts = table(0);
    for (let round = 0; round < 1_000; round++) {
      counts.set('a', round);
      counts.delete('a');
    }
    expect(counts.changes).toBe(1);
    expect(counts.collect(), 'it never was stored').toBeNull();
    counts.set('a', 7);
    expect(counts.collect()?.values).toEqual(['7']);
  });

  it('lets `change` touch its own key', () => {
    const counts = table(0);
    counts.set('a', 1);
    counts.collect();
    counts.update('a', (n) => {
      counts.delete('a');
      return n + 1;
    });
    counts.update('b', (n) => {
      counts.set('b', 100);
      return n + 1;
    });
    expect([...counts.entries()]).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(counts.collect()).toMatchObject({ keys: ['sa', 'sb'], values: ['2', '1'] });
  });

  it('leaves everything as it was when `change` throws', () => {
    const counts = table(0);
    counts.set('a', 1);
    counts.collect();
    for (const name of ['a', 'new']) {
      expect(() =>
        counts.update(name, () => {
          throw new Error('no');
        }),
      ).toThrow('no');
    }
    expect([...counts.entries()]).toEqual([['a', 1]]);
    expect(counts.collect()).toBeNull();
  });

  it('starts every key from an initial value of its own, and stores none that is only read', () => {
    const lists = table<{ seen: string[] }>({ seen: [] });
    lists.update('a', (list) => {
      list.seen.push('x');
      return list;
    });
    lists.get('b').seen.push('y');
    expect(lists.get('b')).toEqual({ seen: [] });
    expect(lists.get('a')).toEqual({ seen: ['x'] });
    expect(lists.size).toBe(1);
    expect(lists.collect()?.values).toEqual(['{"seen":["x"]}']);
  });

  it('can start from values that only their successors make storable', () => {
    const largest = table(Number.NEGATIVE_INFINITY);
    expect(largest.update('a', (n) => Math.max(n, 3))).toBe(3);
    const last = table<{ at: number } | undefined>(undefined);
    expect(last.get('a')).toBeUndefined();
    last.set('a', { at: 4 });
    expect(last.collect()?.values).toEqual(['{"at":4}']);
  });

  it.each([[Number.NaN], [null], [undefined], [{}], [Symbol('s')], [() => 1]])(
    'refuses the key %s',
    (bad) => {
      const counts = table(0);
      const wrong = bad as unknown as StateKey;
      for (const use of [
        () => counts.get(wrong),
        () => counts.set(wrong, 1),
        () => counts.update(wrong, (n) => n),
        () => counts.has(wrong),
        () => counts.delete(wrong),
      ]) {
        expect(use).toThrow(expect.objectContaining({ code: 'MR_STATE_KEY' }));
      }
      expect(counts.size).toBe(0);
    },
  );

  it('names component, state and key of a value that cannot be stored, and hands nothing over', () => {
    const anything = table<unknown>(0);
    anything.set('good', 1);
    anything.set('bad', { at: [new Map()] });
    expect(() => anything.collect()).toThrow(
      expect.objectContaining({
        code: 'MR_STATE_VALUE',
        message: `State 'totals' of component 'count' cannot store the value of key "bad".`,
        got: 'an instance of Map at .at[0]',
        next: expect.stringContaining('keyed(initial, { codec })'),
      }),
    );
    anything.set('bad', 2);
    expect(anything.collect()).toMatchObject({ keys: ['sgood', 'sbad'], values: ['1', '2'] });
  });

  it.each([[new Map()], [new Date(0)], [{ f: () => 1 }], [10n], [Symbol('s')]])(
    'refuses an initial value that can never be stored: %s',
    (initial) => {
      expect(() => table<unknown>(initial)).toThrow(expect.objectContaining({ code: 'MR_STATE_VALUE' }));
    },
  );

  it('uses the codec of the state for values, initial values and restores', () => {
    class Money {
      readonly cents: bigint;
      constructor(cents: bigint) {
        this.cents = cents;
      }
    }
    const codec: ValueCodec<Money> = {
      name: 'money',
      encode: (money) => String(money.cents),
      decode: (text) => new Money(BigInt(text)),
    };
    const sums = table(new Money(0n), codec);
    expect(sums.get('a')).toBeInstanceOf(Money);
    sums.update('a', (money) => new Money(money.cents + 5n));
    expect(sums.collect()?.values).toEqual(['5']);
    sums.restore('sb', '70');
    expect(sums.get('b')).toEqual(new Money(70n));
    expect(() => sums.restore('sc', 'seventy')).toThrow(
      expect.objectContaining({ code: 'MR_STATE_VALUE', got: expect.stringContaining('key "c"') }),
    );
    expect(() => sums.restore('?', '1')).toThrow(expect.objectContaining({ code: 'MR_STATE_VALUE' }));
  });

  it.each([[7 as unknown as string], ['\udfff']])('refuses a codec that makes no text: %j', (text) => {
    const odd = table('x', { name: 'odd', encode: () => text, decode: () => 'x' });
    odd.set('a', 'y');
    expect(() => odd.collect()).toThrow(expect.objectContaining({ code: 'MR_STATE_VALUE' }));
  });
});
