// Owns: tests of the byte writer and reader: every number comes back, only its one spelling is accepted, and nothing is
// read or written beyond the limits.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import { ByteReader } from '../../../src/paxos/codec/byte-reader.ts';
import { ByteWriter } from '../../../src/paxos/codec/byte-writer.ts';
import { count, signed } from './arbitraries.ts';

const LIMIT = 1_000;

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(0, LIMIT);
  write(writer);
  return writer.finish();
}

describe('numbers', () => {
  it('come back, in the fewest bytes', () => {
    fc.assert(
      fc.property(count, (value) => {
        const bytes = written((writer) => writer.varint(value));
        const bits = value === 0 ? 1 : value.toString(2).length;
        expect(bytes.length).toBe(Math.ceil(bits / 7));
        const reader = new ByteReader(bytes);
        expect(reader.varint()).toBe(value);
        expect(reader.complete).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('of either sign come back', () => {
    fc.assert(
      fc.property(signed, (value) => {
        const reader = new ByteReader(written((writer) => writer.signed(value)));
        expect(reader.signed()).toBe(value);
        expect(reader.complete).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('of fixed width come back, and can be overwritten', () => {
    const bytes = written((writer) => {
      writer.u32(0);
      writer.u16(0xabcd);
      writer.u8(0xef);
      writer.setU32(0, 0xfedc_ba98);
      writer.setU16(4, 0x1234);
    });
    expect([...bytes]).toEqual([0x98, 0xba, 0xdc, 0xfe, 0x34, 0x12, 0xef]);
    expect(new ByteReader(bytes).u32()).toBe(0xfedc_ba98);
  });

  it.each([-1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])(
    '%s is our own mistake as a varint',
    (value) => {
      expect(() => written((writer) => writer.varint(value))).toThrow(AssertionError);
    },
  );

  it.each([
    ['a byte', (writer: ByteWriter) => writer.u8(256)],
    ['a negative byte', (writer: ByteWriter) => writer.u8(-1)],
    ['16 bits', (writer: ByteWriter) => writer.u16(65_536)],
    ['32 bits', (writer: ByteWriter) => writer.u32(2 ** 32)],
    ['a signed number', (writer: ByteWriter) => writer.signed(2 ** 52)],
    ['an index', (writer: ByteWriter) => writer.indexOrNone(-2)],
    ['what was not written', (writer: ByteWriter) => writer.setU32(0, 1)],
  ])('%s out of range is our own mistake', (_, write) => {
    expect(() => written(write)).toThrow(AssertionError);
  });
});

describe('the reader', () => {
  it.each([
    ['no bytes', []],
    ['a cut varint', [0x80]],
    ['a longer spelling of 0', [0x80, 0x00]],
    ['a longer spelling of 5', [0x85, 0x80, 0x00]],
    ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['56 set bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ])('refuses %s as a varint', (_, bytes) => {
    const reader = new ByteReader(Uint8Array.from(bytes));
    expect(reader.varint()).toBe(0);
    expect(reader.failed).toBe(true);
  });

  it('refuses a flag that is neither 0 nor 1, a count over its limit, and one that cannot follow', () => {
    const flag = new ByteReader(Uint8Array.of(2, 1));
    flag.flag();
    expect(flag.failed).toBe(true);
    const many = new ByteReader(Uint8Array.of(3, 1, 1, 1));
    expect([many.count(2), many.failed]).toEqual([0, true]);
    const missing = new ByteReader(Uint8Array.of(3, 1, 1));
    expect([missing.count(9), missing.failed]).toEqual([0, true]);
  });

  it('stays failed, and gives nothing from there on', () => {
    const reader = new ByteReader(Uint8Array.of(7, 7, 7, 7, 7));
    expect(reader.raw(6).length).toBe(0);
    expect([reader.u8(), reader.u32(), reader.varint(), reader.remaining]).toEqual([0, 0, 0, 0]);
    expect([reader.failed, reader.complete]).toEqual([true, false]);
  });

  it('reads nothing outside of its range', () => {
    const reader = new ByteReader(Uint8Array.of(1, 0x82, 0x83, 4), 1, 3);
    expect([reader.varint(), reader.failed]).toEqual([0, true]);
  });
});

describe('the writer', () => {
  it('grows, and gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 16 }), (parts) => {
        const bytes = written((writer) => {
          for (const part of parts) writer.raw(part);
        });
        expect([...bytes]).toEqual(parts.flatMap((part) => [...part]));
      }),
    );
  });

  it('takes as many bytes as its limit, and no more', () => {
    const writer = new ByteWriter(0, 20);
    writer.raw(new Uint8Array(19));
    writer.varint(1);
    expect(writer.finish().length).toBe(20);
    writer.varint(1);
    expect(() => writer.finish()).toThrow(AssertionError);
    expect(() => new ByteWriter(0, 20).raw(new Uint8Array(29))).toThrow(AssertionError);
  });
});
