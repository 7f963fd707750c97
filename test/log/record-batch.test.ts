// Owns: the record batch codec: what goes in comes out, and the bytes are Kafka's.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/base/crc32c.ts';
import type { AppendRecord } from '../../src/log/record.ts';
import { BatchHeader } from '../../src/log/record-batch-format.ts';
import { RecordBatchWriter } from '../../src/log/record-batch-writer.ts';
import { RecordChunk } from '../../src/log/record-chunk.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from '../../src/log/varint.ts';

function encode(records: readonly AppendRecord[], baseOffset = 0, capacity = 64): Buffer {
  const writer = new RecordBatchWriter(capacity, 1_000_000);
  writer.begin(baseOffset, null);
  writer.add(records, 1_700_000_000_000);
  writer.end();
  return writer.buffer.subarray(0, writer.length);
}

function decode(bytes: Buffer, count: number, skip = 0, offset = 0): RecordChunk {
  return new RecordChunk(
    bytes,
    { batch: 0, record: 0, left: 0 },
    skip,
    offset,
    count - skip,
    (position, why) => {
      throw new Error(`${why} at ${position}`);
    },
  );
}

function bytesOf(value: Uint8Array | string | null | undefined): number[] | null {
  if (value === null || value === undefined) return null;
  return [...(typeof value === 'string' ? Buffer.from(value) : value)];
}

const payload = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
);
const record: fc.Arbitrary<AppendRecord> = fc.record({
  key: payload,
  value: payload,
  headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 5 }), value: payload }), {
    maxLength: 3,
  }),
  timestamp: fc.oneof(
    fc.integer({ min: 1_699_999_000_000, max: 1_700_001_000_000 }),
    fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
  ),
});

describe('record batches', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), fc.nat(29), (records, at) => {
        const skip = Math.min(at, records.length - 1);
        const baseOffset = 2 ** 40;
        const chunk = decode(encode(records, baseOffset), records.length, skip, baseOffset + skip);
        const expected = records.slice(skip).map((each, i) => ({
          offset: baseOffset + skip + i,
          timestamp: each.timestamp,
          key: bytesOf(each.key),
          value: bytesOf(each.value),
          headers: each.headers!.map(({ key, value }) => [Buffer.from(key).toString(), bytesOf(value)]),
        }));
        const got = chunk.records().map((each) => ({
          offset: each.offset,
          timestamp: each.timestamp,
          key: bytesOf(each.key),
          value: bytesOf(each.value),
          headers: each.headers.map(({ key, value }) => [key, bytesOf(value)]),
        }));
        expect(got).toEqual(expected);
        const texts = records.slice(skip).map(({ value }) => {
          const bytes = bytesOf(value);
          return bytes === null ? null : Buffer.from(bytes).toString();
        });
        expect(chunk.valueTexts()).toEqual(texts);
      }),
    );
  });

  it('have the bytes that Kafka documents', () => {
    const bytes = encode(
      [{ key: 'k', value: 'v', headers: [{ key: 'h', value: null }] }, { value: null }],
      5,
    );
    const records =
      '16' + // length 11
      '00' + // attributes
      '00' + // timestamp delta 0
      '00' + // offset delta 0
      '026b' + // key, 1 byte
      '0276' + // value, 1 byte
      '02' + // one header
      '0268' + // its key
      '01' + // its value: null
      '0c000002010100'; // the second record: length 6, offset delta 1, no key, no value, no headers
    expect(bytes.subarray(61).toString('hex')).toBe(records);
    expect(bytes.readBigInt64BE(0)).toBe(5n);
    expect(bytes.readInt32BE(8)).toBe(bytes.length - 12);
    expect([bytes.readInt32BE(12), bytes.readInt8(16), bytes.readInt16BE(21), bytes.readInt32BE(23)]).toEqual(
      [0, 2, 0, 1],
    );
    expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes, 21));
    expect([bytes.readBigInt64BE(27), bytes.readBigInt64BE(35)]).toEqual([
      1_700_000_000_000n,
      1_700_000_000_000n,
    ]);
    expect([bytes.readBigInt64BE(43), bytes.readInt16BE(51), bytes.readInt32BE(53)]).toEqual([-1n, -1, -1]);
    expect(bytes.readInt32BE(57)).toBe(2);
  });

  it('refuse a record over the limit and keep what was there before', () => {
    const writer = new RecordBatchWriter(64, 10);
    writer.begin(0, null);
    writer.add([{ value: 'x'.repeat(10) }], 1);
    const before = writer.length;
    expect(() => writer.add([{ value: 'ok' }, { key: 'x', value: 'ä'.repeat(5) }], 2)).toThrow(
      'larger than its topic allows',
    );
    expect(writer.length).toBe(before);
    writer.end();
    expect(new BatchHeader().read(writer.buffer, 0)).toMatchObject({ count: 1, maxTimestamp: 1 });
  });
});

describe('varints', () => {
  it('are zigzag and as long as said', () => {
    const bytes = new Uint8Array(10);
    const hex = (end: number): string => Buffer.from(bytes.subarray(0, end)).toString('hex');
    expect([0, -1, 1, -2, 63, 64, -65].map((each) => hex(writeVarint(bytes, 0, each)))).toEqual([
      '00',
      '01',
      '02',
      '03',
      '7e',
      '8001',
      '8101',
    ]);
    expect(hex(writeVarint(bytes, 0, 2 ** 31 - 1))).toBe('feffffff0f');
    expect(hex(writeVarlong(bytes, 0, -(2 ** 40)))).toBe('ffffffffff3f');
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(writeVarlong(bytes, 0, value)).toBe(varlongSize(value));
        expect(writeVarint(bytes, 0, value | 0)).toBe(varintSize(value | 0));
      }),
    );
  });
});
