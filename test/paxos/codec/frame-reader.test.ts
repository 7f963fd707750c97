// Owns: tests of the reader of a stream of frames: chunks of any size, damage, garbage, cut ends, and its memory.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../src/base/assert.ts';
import { ByteWriter } from '../../../src/paxos/codec/byte-writer.ts';
import { closeEnvelope, openEnvelope } from '../../../src/paxos/codec/envelope.ts';
import {
  encodeFrame,
  FRAME_MAGIC,
  type FrameResult,
  MAX_FRAME_BYTES,
} from '../../../src/paxos/codec/frame.ts';
import { FrameReader, messageFrames } from '../../../src/paxos/codec/frame-reader.ts';
import { command } from '../../../src/paxos/entry.ts';
import type { Message } from '../../../src/paxos/message.ts';
import { message } from './arbitraries.ts';

const CLUSTER = { high: 1, low: 2 };
const NOTHING_DROPPED = { checksum: 0, version: 0, 'other-cluster': 0, malformed: 0, 'too-long': 0 };

function joined(frames: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(frames.flatMap((frame) => [...frame]));
}

/** Pushes `stream` in chunks of the given sizes, over and over. */
function readAll(reader: FrameReader<Message>, stream: Uint8Array, sizes: readonly number[]): FrameResult[] {
  const results: FrameResult[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length]!;
    reader.push(stream.subarray(at, at + size));
    at += size;
    for (let result = reader.next(); result !== undefined; result = reader.next()) results.push(result);
  }
  return results;
}

function ping(sequence: number): Message {
  return { from: 1, to: 2, configuration: 1, incarnation: 9, body: { kind: 'ping', sequence, echo: 0 } };
}

function acceptOf(size: number): Message {
  const ballot = { configuration: 1, round: 1, replica: 1 };
  const entries = [command(new Uint8Array(size).fill(3))];
  return { ...ping(0), body: { kind: 'accept', ballot, from: 0, entries, decided: 0 } };
}

function laterVersion(): Uint8Array {
  const writer = new ByteWriter(0, 100);
  openEnvelope(writer, FRAME_MAGIC, 2);
  writer.raw(new Uint8Array(30).fill(1));
  return closeEnvelope(writer);
}

const chunkSizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 400 })), {
  minLength: 1,
  maxLength: 5,
});

describe('a stream', () => {
  it('gives the same messages, however it is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), chunkSizes, (messages, sizes) => {
        const stream = joined(messages.map((one) => encodeFrame(one, CLUSTER)));
        const reader = new FrameReader(messageFrames(CLUSTER));
        expect(readAll(reader, stream, sizes)).toEqual(messages.map((one) => ({ message: one })));
        expect([reader.broken, reader.heldBytes, reader.dropped]).toEqual([false, 0, NOTHING_DROPPED]);
      }),
    );
  });

  it('does not copy a frame that came in one chunk, and never lets two frames share what it copied', () => {
    const frame = encodeFrame(acceptOf(50), CLUSTER);
    const buffers: (ArrayBufferLike | undefined)[] = [frame, joined([frame, frame])].flatMap((stream, i) =>
      readAll(new FrameReader(messageFrames(CLUSTER)), stream, [i === 0 ? stream.length : 33]).map(
        (result) => {
          const body = 'message' in result ? result.message.body : undefined;
          return body?.kind === 'accept' ? body.entries[0]?.data.buffer : undefined;
        },
      ),
    );
    expect(buffers[0]).toBe(frame.buffer);
    expect(buffers.length).toBe(3);
    expect(new Set(buffers).size).toBe(3);
  });

  it('wants each chunk to be read to its end', () => {
    const reader = new FrameReader(messageFrames(CLUSTER));
    reader.push(encodeFrame(ping(1), CLUSTER));
    expect(() => reader.push(encodeFrame(ping(2), CLUSTER))).toThrow(AssertionError);
  });
});

describe('bad frames', () => {
  it('are passed over by their length, counted by reason, and the next one is read', () => {
    fc.assert(
      fc.property(chunkSizes, (sizes) => {
        const damaged = encodeFrame(acceptOf(80), CLUSTER);
        damaged[40]! ^= 1;
        const writer = new ByteWriter(0, 100);
        openEnvelope(writer, FRAME_MAGIC, 1);
        writer.raw(Uint8Array.of(0, 0, 0));
        const stream = joined([
          encodeFrame(ping(1), CLUSTER),
          damaged,
          laterVersion(),
          encodeFrame(ping(2), CLUSTER),
          encodeFrame(ping(3), { high: 9, low: 9 }),
          closeEnvelope(writer),
          encodeFrame(ping(4), CLUSTER),
        ]);
        const reader = new FrameReader(messageFrames(CLUSTER));
        expect(readAll(reader, stream, sizes)).toEqual([
          { message: ping(1) },
          { dropped: 'checksum' },
          { dropped: 'version' },
          { message: ping(2) },
          { dropped: 'other-cluster' },
          { dropped: 'malformed' },
          { message: ping(4) },
        ]);
        expect(reader.broken).toBe(false);
        expect(reader.dropped).toEqual({
          checksum: 1,
          version: 1,
          'other-cluster': 1,
          malformed: 1,
          'too-long': 0,
        });
      }),
      { numRuns: 30 },
    );
  });

  it('with a damaged head end the stream: nothing behind them is read or held', () => {
    fc.assert(
      fc.property(fc.nat(63), chunkSizes, (bit, sizes) => {
        const damaged = encodeFrame(ping(2), CLUSTER);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        const stream = joined([encodeFrame(ping(1), CLUSTER), damaged, encodeFrame(ping(3), CLUSTER)]);
        const reader = new FrameReader(messageFrames(CLUSTER));
        expect(readAll(reader, stream, sizes)).toEqual([{ message: ping(1) }, { dropped: 'malformed' }]);
        expect([reader.broken, reader.heldBytes]).toEqual([true, 0]);
        expect(reader.dropped).toEqual({ ...NOTHING_DROPPED, malformed: 1 });
      }),
    );
  });

  it('that are too long end the stream before they are read', () => {
    const writer = new ByteWriter(MAX_FRAME_BYTES + 64, 2 * MAX_FRAME_BYTES);
    openEnvelope(writer, FRAME_MAGIC, 1);
    writer.raw(new Uint8Array(MAX_FRAME_BYTES));
    const reader = new FrameReader(messageFrames(CLUSTER));
    expect(readAll(reader, closeEnvelope(writer).subarray(0, 40), [7])).toEqual([{ dropped: 'too-long' }]);
    expect([reader.broken, reader.heldBytes, reader.dropped['too-long']]).toEqual([true, 0, 1]);
  });

  it('never alter a message: after any flipped bit come the messages that were sent, or fewer', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        chunkSizes,
        (messages, at, sizes) => {
          const stream = joined(messages.map((one) => encodeFrame(one, CLUSTER)));
          const bit = at % (8 * stream.length);
          stream[bit >> 3]! ^= 1 << (bit & 7);
          const reader = new FrameReader(messageFrames(CLUSTER));
          const results = readAll(reader, stream, sizes);
          const dropped = results.filter((result) => 'dropped' in result);
          expect(dropped.length).toBe(1);
          const lost = results.indexOf(dropped[0]!);
          const rest = reader.broken ? [] : messages.slice(lost + 1);
          const expected = [...messages.slice(0, lost), ...rest].map((one) => ({ message: one }));
          expect(results.filter((result) => 'message' in result)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('garbage', () => {
  it('throws nothing, gives no message and holds nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 600 }), chunkSizes, (garbage, sizes) => {
        const reader = new FrameReader(messageFrames(CLUSTER));
        expect(readAll(reader, garbage, sizes)).toEqual([{ dropped: 'malformed' }]);
        expect([reader.broken, reader.heldBytes]).toEqual([true, 0]);
      }),
      { numRuns: 500 },
    );
  });

  it('a stream that ends in the middle of a frame holds the cut frame and no more', () => {
    fc.assert(
      fc.property(message, message, fc.nat(), chunkSizes, (first, second, cut, sizes) => {
        const frame = encodeFrame(second, CLUSTER);
        const kept = cut % frame.length;
        const reader = new FrameReader(messageFrames(CLUSTER));
        const stream = joined([encodeFrame(first, CLUSTER), frame.subarray(0, kept)]);
        expect(readAll(reader, stream, sizes)).toEqual([{ message: first }]);
        expect([reader.broken, reader.heldBytes]).toEqual([false, kept]);
      }),
    );
  });

  it('a length that nobody sends the bytes for costs no memory', () => {
    const writer = new ByteWriter(MAX_FRAME_BYTES, MAX_FRAME_BYTES);
    openEnvelope(writer, FRAME_MAGIC, 1);
    writer.raw(new Uint8Array(MAX_FRAME_BYTES - 12));
    const head = closeEnvelope(writer).slice(0, 20);
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 50 }, () => {
      const reader = new FrameReader(messageFrames(CLUSTER));
      readAll(reader, head, [7]);
      return reader;
    });
    expect(readers.every((reader) => reader.heldBytes === 20 && !reader.broken)).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MAX_FRAME_BYTES);
  });
});
