// Owns: an ordered table with many keys against a sorted array: splits, leaves that empty, ranges, hash.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderedTable } from '../../../src/store/machine/ordered-table.ts';
import { compareBytes } from './commands.ts';

const NAME = { app: 'a', lane: 0, table: 't' };
const key = fc.uint8Array({ minLength: 0, maxLength: 2 });
const batch = fc
  .uniqueArray(fc.record({ key, value: fc.option(fc.nat({ max: 255 }), { nil: undefined, freq: 4 }) }), {
    selector: (entry) => entry.key.join(),
    minLength: 50,
    maxLength: 400,
  })
  .map((list) =>
    list
      .sort((one, other) => compareBytes(one.key, other.key))
      .map((entry) => ({
        key: entry.key,
        value: entry.value === undefined ? undefined : new Uint8Array(entry.value).fill(entry.value),
      })),
  );

/** One text is compared faster than thousands of arrays. */
function textOf(entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]): string {
  return entries.map(({ key: at, value }) => `${at.join()}=${value.join()}`).join(';');
}

describe('an ordered table', () => {
  it('holds what was put, in order, whatever the batches', () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 4 }), key, key, (batches, from, until) => {
        const table = new OrderedTable(NAME, 0);
        const model = new Map<string, { key: Uint8Array; value: Uint8Array }>();
        for (const entries of batches) {
          table.update(entries);
          for (const { key: at, value } of entries) {
            if (value === undefined) model.delete(at.join());
            else model.set(at.join(), { key: at, value });
          }
        }
        const wanted = [...model.values()].sort((one, other) => compareBytes(one.key, other.key));
        expect(textOf([...table.scan()].flat())).toBe(textOf(wanted));
        expect(table.size).toBe(wanted.length);
        expect(table.bytes).toBe(
          wanted.reduce((sum, entry) => sum + entry.key.length + entry.value.length, 0),
        );
        const inside = wanted.filter(
          (one) => compareBytes(one.key, from) >= 0 && compareBytes(one.key, until) < 0,
        );
        expect(textOf([...table.scan({ from, until })].flat())).toBe(textOf(inside));
        for (const { key: at, value } of wanted.slice(0, 20)) expect(table.get(at)).toEqual(value);
        const again = new OrderedTable(NAME, 0);
        for (const entry of wanted.reverse()) again.update([entry]);
        expect(again.hash.toString()).toBe(table.hash.toString());
        table.update(wanted.reverse().map((entry) => ({ key: entry.key, value: undefined })));
        expect([table.size, table.hash.toString()]).toEqual([0, '0'.repeat(16)]);
      }),
      { numRuns: 15 },
    );
  });

  it('has another hash under another name, or with key and value cut elsewhere', () => {
    const hashOf = (name: typeof NAME, at: string, value: string) => {
      const table = new OrderedTable(name, 0);
      const encoder = new TextEncoder();
      table.update([{ key: encoder.encode(at), value: encoder.encode(value) }]);
      return table.hash.toString();
    };
    const hashes = [
      hashOf(NAME, 'ab', 'c'),
      hashOf(NAME, 'a', 'bc'),
      hashOf({ ...NAME, table: 'u' }, 'ab', 'c'),
      hashOf({ ...NAME, lane: 1 }, 'ab', 'c'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
