// Owns: the generator source.

import { describe, expect, it } from 'vitest';
import { generator } from '../../src/index.ts';
import type { ConnectorContext } from '../../src/topology/source.ts';

const context = {} as ConnectorContext;

describe('generator', () => {
  it('gives the same record for the same offset, as often as it is asked', async () => {
    const reader = await generator((offset, partition) => `${partition}:${offset}`, {
      count: 10,
      partitions: 2,
    }).open(context);
    expect(reader.partitions).toEqual([0, 1]);
    expect(reader.bounded).toBe(true);
    expect([await reader.earliest(1), await reader.latest(1)]).toEqual([0, 10]);
    for (let time = 0; time < 2; time++) {
      expect(await reader.read(1, 8, 100, 100)).toMatchObject({
        values: ['1:8', '1:9'],
        firstOffset: 8,
        nextOffset: 10,
      });
    }
    expect(await reader.read(0, 10, 100, 100)).toMatchObject({ values: [], nextOffset: 10 });
  });

  it('without a count has no end', async () => {
    const reader = await generator((offset) => offset).open(context);
    expect(reader.bounded).toBe(false);
    expect((await reader.read(0, 1_000_000, 3, 100)).values).toEqual([1_000_000, 1_000_001, 1_000_002]);
  });

  it.each([{ count: -1 }, { count: 1.5 }, { count: Number.NaN }, { partitions: 0 }])(
    'refuses %o',
    (options) => {
      expect(() => generator((n) => n, options)).toThrow(
        expect.objectContaining({ code: 'MR_SETTING_INVALID' }),
      );
    },
  );
});
