// Owns: reading a partition ahead: order, gaps in offsets, the agreed end, wake-ups, errors.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MillraceError } from '../../src/base/errors.ts';
import { PartitionFeed } from '../../src/runtime/partition-feed.ts';
import type { Chunk, DirectReader } from '../../src/topology/source.ts';

/** A partition with records at these offsets and a high watermark; answers with at most `chunk` offsets at once. */
function reader(offsets: readonly number[], high: number, chunk: number): DirectReader<unknown> {
  return {
    partitions: [0],
    bounded: false,
    earliest: () => Promise.resolve(0),
    latest: () => Promise.resolve(high),
    read(_partition, from): Chunk<unknown> {
      const nextOffset = Math.max(from, Math.min(from + chunk, high));
      const inside = offsets.filter((offset) => offset >= from && offset < nextOffset);
      const values = inside.map((offset) => `v${offset}`);
      return { values, firstOffset: inside[0] ?? from, nextOffset, offsets: inside };
    },
    onData: () => () => {},
    close: () => Promise.resolve(),
  };
}

function feedOver(source: DirectReader<unknown>, position = 0, end = Number.POSITIVE_INFINITY) {
  const errors: MillraceError[] = [];
  let woken = 0;
  const owner = { wake: () => void woken++, fatal: (error: MillraceError) => void errors.push(error) };
  const feed = new PartitionFeed(owner, source, { id: 0, component: 'spout', partition: 0, position, end });
  return { feed, errors, woken: () => woken };
}

it('gives every record once, in order, up to the end, whatever the gaps and the sizes of the answers', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 40 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 7 }), fc.nat(6), fc.nat(160), (steps, chunk, tail, cut) => {
      const offsets: number[] = [];
      let offset = 0;
      for (const step of steps) {
        offsets.push(offset);
        offset += step;
      }
      const high = offset + tail;
      const end = Math.min(cut, high);
      const { feed } = feedOver(reader(offsets, high, chunk), 0, end);
      const got: number[] = [];
      for (let turn = 0; turn < 1_000 && !feed.exhausted; turn++) {
        feed.fill();
        if (feed.available === 0) continue;
        expect(feed.countBefore(end)).toBe(feed.available);
        expect(feed.value).toBe(`v${feed.offset}`);
        got.push(feed.offset);
        const { nextOffset } = feed;
        expect(nextOffset).toBeGreaterThan(feed.offset);
        feed.take();
        expect(feed.position).toBe(nextOffset);
      }
      expect(feed.exhausted).toBe(true);
      expect(got).toEqual(offsets.filter((one) => one < end));
      expect(feed.position).toBe(end);
    }),
  );
});

it('a gap at the end of what can be read is passed over, also while records before it are still being emitted', () => {
  const { feed } = feedOver(reader([0, 1], 10, 2), 0, 10);
  for (let turn = 0; turn < 10; turn++) feed.fill();
  expect(feed.available).toBe(2);
  feed.take();
  feed.take();
  for (let turn = 0; turn < 10; turn++) feed.fill();
  expect(feed.exhausted).toBe(true);
});

it('asks again after an empty answer only when there may be more, also if that was told while it was reading', async () => {
  let reads = 0;
  let high = 0;
  let answer: (chunk: Chunk<unknown>) => void = () => {};
  const source: DirectReader<unknown> = {
    ...reader([], 0, 1),
    read: () => {
      reads++;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  };
  const empty = () => ({ values: [], firstOffset: high, nextOffset: high });
  const { feed, woken } = feedOver(source);
  feed.fill();
  feed.fill();
  expect(reads).toBe(1);
  expect(feed.waitsForReader).toBe(true);
  answer(empty());
  await Promise.resolve();
  feed.fill();
  expect(reads).toBe(1);
  feed.stir();
  expect(woken()).toBeGreaterThan(0);
  feed.fill();
  expect(reads).toBe(2);
  feed.stir();
  answer(empty());
  await Promise.resolve();
  feed.fill();
  expect(reads).toBe(3);
  high = 1;
  answer({ values: ['a'], firstOffset: 0, nextOffset: 1 });
  await Promise.resolve();
  feed.fill();
  expect([feed.available, feed.offset, feed.value, feed.known]).toEqual([1, 0, 'a', 1]);
});

it('shows refused records in their places', () => {
  const error = new Error('bad');
  const source: DirectReader<unknown> = {
    ...reader([], 0, 1),
    read: (_partition, from) =>
      from > 0
        ? { values: [], firstOffset: 3, nextOffset: 3 }
        : {
            values: ['a', undefined, 'c'],
            firstOffset: 0,
            nextOffset: 3,
            rejected: [{ index: 1, raw: Uint8Array.of(1), error }],
          },
  };
  const { feed } = feedOver(source);
  feed.fill();
  const seen: unknown[] = [];
  while (feed.available > 0) {
    seen.push(feed.rejected?.error ?? feed.value);
    feed.take();
  }
  expect(seen).toEqual(['a', error, 'c']);
});

it('an error of the reader ends the run with the offset it was at; after close nobody hears of it', async () => {
  const failing: DirectReader<unknown> = {
    ...reader([], 0, 1),
    read: () => Promise.reject(new Error('gone')),
  };
  const first = feedOver(failing, 7);
  first.feed.fill();
  await new Promise((resolve) => setImmediate(resolve));
  expect(first.errors).toMatchObject([
    { code: 'MR_SPOUT_FAILED', expected: 'records from offset 7 on', got: 'gone' },
  ]);
  const second = feedOver(failing);
  second.feed.fill();
  second.feed.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(second.errors).toEqual([]);
});
