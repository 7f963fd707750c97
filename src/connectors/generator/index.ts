// Owns: `generator(...)`: a direct source whose records are computed from their offset. For benchmarks and tests.

import { MillraceError } from '../../base/errors.ts';
import type { Chunk, DirectReader, DirectSource } from '../../topology/source.ts';

export interface GeneratorOptions {
  /** Records per partition; without it there is no end. */
  readonly count?: number;
  readonly partitions?: number;
}

/**
 * `make(offset, partition)` gives the record at an offset, the same each time it is asked. Throws MR_SETTING_INVALID for a
 * count or a number of partitions that is none.
 */
export function generator<T>(
  make: (offset: number, partition: number) => T,
  options: GeneratorOptions = {},
): DirectSource<T> {
  const { count = Number.POSITIVE_INFINITY, partitions = 1 } = options;
  check('count', count, 0);
  check('partitions', partitions, 1);
  const reader: DirectReader<T> = {
    partitions: Array.from({ length: partitions }, (_, partition) => partition),
    bounded: Number.isFinite(count),
    earliest: () => Promise.resolve(0),
    latest: () => Promise.resolve(Number.isFinite(count) ? count : Number.MAX_SAFE_INTEGER),
    read: (partition, from, maxRecords): Chunk<T> => {
      const nextOffset = Math.min(from + maxRecords, count);
      const values: T[] = [];
      for (let offset = from; offset < nextOffset; offset++) values.push(make(offset, partition));
      return { values, firstOffset: from, nextOffset: Math.max(from, nextOffset) };
    },
    onData: () => () => {},
    close: () => Promise.resolve(),
  };
  return { kind: 'direct', description: 'generator', open: () => Promise.resolve(reader) };
}

function check(name: string, value: number, least: number): void {
  if ((Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY) && value >= least) return;
  throw new MillraceError('MR_SETTING_INVALID', `The ${name} of a generator is wrong.`, {
    expected: `a whole number from ${least} on`,
    got: String(value),
    next: 'Correct it.',
  });
}
