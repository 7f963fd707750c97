// Owns: every request and response survives its bytes, and no bytes make a reader throw, hang or hold much memory.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JuteReader } from '../../../../src/store/zookeeper/protocol/jute-reader.ts';
import { JuteWriter } from '../../../../src/store/zookeeper/protocol/jute-writer.ts';
import { OP_CODES, type OpName } from '../../../../src/store/zookeeper/protocol/op-codes.ts';
import { readRequest, writeRequest } from '../../../../src/store/zookeeper/protocol/request-codec.ts';
import {
  type AnsweredOp,
  readResponse,
  writeResponse,
} from '../../../../src/store/zookeeper/protocol/response-codec.ts';
import { requests, responses } from './arbitraries.ts';

const HEADER_BYTES = 8;

describe('requests', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 0, max: 40 }), (request, lead) => {
        const writer = new JuteWriter(64);
        writer.raw(new Uint8Array(lead));
        writer.take();
        writeRequest(writer, 1, request);
        const bytes = writer.take();
        const reader = new JuteReader(bytes, HEADER_BYTES);
        expect(readRequest(reader, OP_CODES[request.op])).toEqual(request);
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('are refused when anything is missing at the end', () => {
    fc.assert(
      fc.property(requests, fc.nat(), (request, cut) => {
        const writer = new JuteWriter();
        writeRequest(writer, 1, request);
        const bytes = writer.take();
        fc.pre(bytes.length > HEADER_BYTES);
        const end = HEADER_BYTES + (cut % (bytes.length - HEADER_BYTES));
        const reader = new JuteReader(bytes, HEADER_BYTES, end);
        expect(readRequest(reader, OP_CODES[request.op])).toBeUndefined();
        expect(reader.failed).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('responses', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(responses, (response) => {
        const writer = new JuteWriter(64);
        writeResponse(writer, response);
        const reader = new JuteReader(writer.take());
        expect(readResponse(reader, response.op)).toEqual(response);
        expect(reader.failed).toBe(false);
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('bytes that nobody vouches for', () => {
  const ops = Object.keys(OP_CODES) as OpName[];
  const answered = ops.filter((op): op is AnsweredOp => op !== 'repeat' && op !== 'reconfig');

  it('are read as something or refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ops),
        fc.constantFrom(...answered),
        fc.uint8Array({ maxLength: 200 }),
        (op, answer, bytes) => {
          const reader = new JuteReader(bytes);
          const request = readRequest(reader, OP_CODES[op]);
          expect(request === undefined).toBe(reader.failed);
          reader.reset(bytes);
          readResponse(reader, answer);
          expect(reader.remaining).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('cannot make a reader believe in more elements than can follow', () => {
    const reader = new JuteReader(new Uint8Array([0, 3, 0xff, 0xff, 0, 0, 0, 0]));
    expect(reader.strings()).toEqual([]);
    expect(reader.failed).toBe(true);
  });

  it('with an op that is none are no request, and no failure', () => {
    const reader = new JuteReader(new Uint8Array(4));
    expect(readRequest(reader, 4711)).toBeUndefined();
    expect(reader.failed).toBe(false);
  });

  it('a repeat repeats writes only', () => {
    const writer = new JuteWriter();
    writer.int(OP_CODES.getData);
    writer.string('/a');
    writer.bool(false);
    expect(readRequest(new JuteReader(writer.take()), OP_CODES.repeat)).toBeUndefined();
  });
});

describe('longs', () => {
  it('outside of the safe integers are refused as numbers and kept as bigints', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const writer = new JuteWriter();
        writer.long(value);
        const bytes = writer.take();
        expect(new JuteReader(bytes).bigLong()).toBe(value);
        const reader = new JuteReader(bytes);
        const number = reader.long();
        const safe = Number.isSafeInteger(Number(value));
        expect(reader.failed).toBe(!safe);
        expect(number).toBe(safe ? Number(value) : 0);
      }),
    );
  });

  it('numbers are written as bigints are', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const writer = new JuteWriter();
        writer.long(value);
        writer.long(BigInt(value));
        const bytes = writer.take();
        expect(bytes.subarray(0, 8)).toEqual(bytes.subarray(8));
        expect(new JuteReader(bytes).long()).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe('the writer', () => {
  it('keeps what it handed out, however much follows', () => {
    const writer = new JuteWriter(16);
    const taken: Uint8Array[] = [];
    for (let i = 0; i < 100; i++) {
      const mark = writer.openFrame();
      writer.string(`${i}`.repeat(i));
      expect(writer.closeFrame(mark)).toBe(4 + `${i}`.repeat(i).length);
      if (i % 3 === 0) taken.push(writer.take());
    }
    const bytes = Buffer.concat(taken);
    let at = 0;
    for (let i = 0; i < 100; i++) {
      const size = bytes.readInt32BE(at);
      expect(bytes.subarray(at + 8, at + 4 + size).toString()).toBe(`${i}`.repeat(i));
      at += 4 + size;
    }
  });

  it('undoes a frame', () => {
    const writer = new JuteWriter();
    writer.int(1);
    const mark = writer.openFrame();
    writer.string('too long');
    writer.truncate(mark);
    expect([...writer.take()]).toEqual([0, 0, 0, 1]);
  });
});
