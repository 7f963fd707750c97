// Owns: reports: what the plan holds of them and which rows they choose.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topRows } from '../../src/topology/report.ts';
import { build } from '../../src/topology/validate.ts';
import { wordCount } from './sample.ts';

describe('a report', () => {
  it('names its component by id and keeps the order of declaration', () => {
    const { t, counts } = wordCount();
    const rows = () => [];
    t.report('first', counts, { state: 'counts', columns: ['word'], rows });
    t.report('second', counts, { state: 'counts', columns: ['word', 'count'], top: 2, by: (count) => count });
    const [first, second] = build(t).reports;
    expect(first).toEqual({ title: 'first', component: 2, state: 'counts', columns: ['word'], rows });
    const entries = [
      ['a', 1],
      ['b', 3],
      ['c', 2],
    ] as const;
    expect(second!.rows(entries)).toEqual([
      ['b', 3],
      ['c', 2],
    ]);
  });

  it('shows rows of its own if it says so', () => {
    const { t, counts } = wordCount();
    const row = (key: unknown, count: number) => [count, key, count * 2];
    t.report('own', counts, {
      state: 'counts',
      columns: ['n', 'word', 'twice'],
      top: 1,
      by: (count) => -count,
      row,
    });
    expect(
      build(t).reports[0]!.rows([
        ['a', 5],
        ['b', 3],
      ]),
    ).toEqual([[3, 'b', 6]]);
  });
});

describe('topRows', () => {
  it('chooses as a stable sort of everything would', () => {
    const entries = fc.array(fc.tuple(fc.string(), fc.integer({ min: -3, max: 3 })));
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 8 }), (all, top) => {
        const chosen = topRows(
          all,
          top,
          (value) => value as number,
          (key, value) => [key, value],
        );
        expect(chosen).toEqual([...all].sort((a, b) => b[1] - a[1]).slice(0, top));
      }),
    );
  });

  it('leaves out what has no rank', () => {
    const rows = topRows(
      [
        ['a', Number.NaN],
        ['b', 1],
      ],
      5,
      (value) => value as number,
      (key) => [key],
    );
    expect(rows).toEqual([['b']]);
  });
});
