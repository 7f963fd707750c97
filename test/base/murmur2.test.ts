// Owns: Kafka's key hash against the vectors of Kafka's own UtilsTest.

import { describe, expect, it } from 'vitest';
import { murmur2, partitionForKey } from '../../src/base/murmur2.ts';

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('%s', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
    expect(partitionForKey(Buffer.from(text), 12)).toBe((hash & 0x7fffffff) % 12);
  });

  it('reads bytes above 127 as unsigned', () => {
    const long = Uint8Array.of(0xff, 0xfe, 0x80, 0x81, 0xf0, 0x9f, 0x90);
    expect(partitionForKey(long, 7)).toBeGreaterThanOrEqual(0);
    expect(murmur2(Uint8Array.of(0xff))).not.toBe(murmur2(Uint8Array.of(0x7f)));
  });
});
