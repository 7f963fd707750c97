// Flushes in sectors: what a torn write leaves is never taken for a whole flush nor for damage, and a changed bit always is.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkFlush, FLUSH_HEADER_BYTES, writeFlushHeader } from '../../../src/store/disk/flush-format.ts';
import { bytesOnDisk, SECTOR_BYTES, writeSectors } from '../../../src/store/disk/sectors.ts';

const AT = 4_096;

function flushOf(body: Uint8Array, number: number, sequence: number): Buffer {
  const data = Buffer.alloc(FLUSH_HEADER_BYTES + body.length);
  data.set(body, FLUSH_HEADER_BYTES);
  writeFlushHeader(data, { sequence, hasPreamble: false, isClosing: false, records: 1 }, body.length);
  const sectors = Buffer.alloc(bytesOnDisk(data.length));
  expect(writeSectors(sectors, data, data.length, number, AT)).toBe(sectors.length);
  return sectors;
}

/** A segment file whose place holds, of each sector, the new one or what was there before. */
function segmentOf(before: Buffer, fresh: Buffer, isNew: (sector: number) => boolean): Buffer {
  const segment = Buffer.alloc(AT + Math.max(before.length, fresh.length));
  before.copy(segment, AT);
  for (let at = 0; at < fresh.length; at += SECTOR_BYTES) {
    if (isNew(at / SECTOR_BYTES)) fresh.copy(segment, AT + at, at, at + SECTOR_BYTES);
  }
  return segment;
}

const bodies = fc.uint8Array({ minLength: 0, maxLength: 12_000 });

it('a whole flush is read as it was written, over zeros and over an old segment', () => {
  fc.assert(
    fc.property(bodies, bodies, fc.boolean(), (body, old, recycled) => {
      const before = recycled ? flushOf(old, 3, 50) : Buffer.alloc(0);
      const check = checkFlush(
        segmentOf(before, flushOf(body, 7, 90), () => true),
        AT,
        7,
      );
      expect(check.kind).toBe('whole');
      if (check.kind !== 'whole') return;
      expect(check.header.sequence).toBe(90);
      expect(Buffer.compare(check.data, body)).toBe(0);
    }),
  );
});

it('a torn flush is incomplete, whichever sectors are missing', () => {
  fc.assert(
    fc.property(
      bodies,
      bodies,
      fc.boolean(),
      fc.infiniteStream(fc.boolean()),
      fc.nat(),
      (body, old, recycled, coins, one) => {
        const fresh = flushOf(body, 7, 90);
        const missing = one % (fresh.length / SECTOR_BYTES);
        const kept = [...coins.take(fresh.length / SECTOR_BYTES)];
        const before = recycled ? flushOf(old, 3, 50) : Buffer.alloc(0);
        const segment = segmentOf(before, fresh, (sector) => sector !== missing && kept[sector] === true);
        expect(checkFlush(segment, AT, 7).kind).toBe('incomplete');
      },
    ),
  );
});

it('a changed bit in a complete flush is damage, wherever it is', () => {
  fc.assert(
    fc.property(bodies, fc.nat(), fc.integer({ min: 0, max: 7 }), (body, place, bit) => {
      const fresh = flushOf(body, 7, 90);
      fresh[place % fresh.length]! ^= 1 << bit;
      expect(
        checkFlush(
          segmentOf(Buffer.alloc(0), fresh, () => true),
          AT,
          7,
        ).kind,
      ).toBe('damaged');
    }),
  );
});

it('a flush of an earlier use of the file, or at another place, counts for nothing', () => {
  const old = segmentOf(Buffer.alloc(0), flushOf(new Uint8Array(900), 3, 50), () => true);
  expect(checkFlush(old, AT, 7).kind).toBe('incomplete');
  const moved = Buffer.concat([Buffer.alloc(AT), old]);
  expect(checkFlush(moved, 2 * AT, 3).kind).toBe('damaged');
});
