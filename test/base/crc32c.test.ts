// Owns: CRC-32C against the vectors of RFC 3720 (B.4) and against a bit-by-bit reference.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, crc32cByTable } from '../../src/base/crc32c.ts';

/** The polynomial division as the definition has it. */
function reference(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  const readCommand = Buffer.from(
    '01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000',
    'hex',
  );

  it.each([
    ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 ascending bytes', ascending, 0x46dd794e],
    ['32 descending bytes', ascending.toReversed(), 0x113fdb5c],
    ['an iSCSI read command', readCommand, 0xd9963a56],
    ['nothing', new Uint8Array(0), 0],
    ['the usual check string', Buffer.from('123456789'), 0xe3069283],
  ])('%s', (_name, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('equals the reference for long inputs, folded and by the table', () => {
    const bytes = Uint8Array.from({ length: 80_003 }, (_, i) => (i * 31 + (i >> 7)) & 255);
    // Around the shortest that is folded, a step more or less, one, two and three pieces, and what is left of the last.
    const lengths = [
      2_047, 2_048, 2_049, 2_063, 2_064, 24_576, 25_411, 25_412, 25_413, 26_000, 49_988, 80_000,
    ];
    for (const length of lengths) {
      for (const start of [0, 3]) {
        const expected = reference(bytes.subarray(start, start + length));
        expect(crc32c(bytes, start, start + length)).toBe(expected);
        expect(crc32cByTable(bytes, start, start + length)).toBe(expected);
      }
    }
  });

  it('goes on from an earlier result, whichever of the parts is long', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(60_000), fc.nat(60_000), (step, a, b) => {
        const bytes = Uint8Array.from({ length: a + b }, (_, i) => (i * step + (i >> 8)) & 255);
        expect(crc32c(bytes, a, a + b, crc32c(bytes, 0, a))).toBe(crc32cByTable(bytes));
      }),
    );
  });

  it('equals the reference for any bytes and range, also in two parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
        const start = Math.min(a, b, bytes.length);
        const end = Math.min(Math.max(a, b), bytes.length);
        const whole = crc32c(bytes, start, end);
        expect(whole).toBe(reference(bytes.subarray(start, end)));
        const middle = (start + end) >> 1;
        expect(crc32c(bytes, middle, end, crc32c(bytes, start, middle))).toBe(whole);
      }),
    );
  });
});
