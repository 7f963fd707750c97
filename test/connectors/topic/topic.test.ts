// Owns: topics of the embedded log as sources and sinks of a real run, on the disk.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Guarantee } from '../../../src/delivery/guarantee.ts';
import { build, type Out, type TopicRecord, topic, topology } from '../../../src/index.ts';
import { Log } from '../../../src/log/index.ts';
import { createRun } from '../../../src/runtime/run.ts';

const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-topic-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

function runOf(t: unknown, guarantee: Guarantee = 'at-least-once') {
  return createRun({
    plan: build(t),
    guarantee,
    dataDir,
    untilEnd: true,
    logger: silentLogger(),
    clock,
  }).start();
}

interface Stored {
  readonly key: string | null;
  readonly value: string | null;
}

/** Everything in a topic, by partition. */
async function contentOf(name: string): Promise<Stored[][]> {
  const log = await Log.open({ dataDir, clock, logger: silentLogger() });
  const reader = await log.reader(name);
  const content: Stored[][] = [];
  for (let partition = 0; partition < reader.partitions; partition++) {
    const chunk = await reader.read(partition, 0, 10_000, 1 << 24);
    content.push(
      chunk.records().map(({ key, value }) => ({
        key: key === null ? null : Buffer.from(key).toString(),
        value: value === null ? null : Buffer.from(value).toString(),
      })),
    );
  }
  await reader.close();
  await log.close();
  return content;
}

it.each(['at-least-once', 'at-most-once'] as const)(
  'carries records from topic to topic, once each, %s',
  async (guarantee) => {
    const t = topology('copy');
    const seed = {
      records: () => Array.from({ length: 500 }, (_, n) => `line ${n}`),
      topic: { partitions: 3 },
    };
    const lines = t.spout('lines', topic('lines', { seed }));
    const upper = t.map('upper', lines, (line) => line.toUpperCase());
    t.sink('out', upper, topic('copied', { key: (line) => line }));
    expect(await runOf(t, guarantee)).toMatchObject({ status: 'completed', records: 500, error: null });
    const copied = (await contentOf('copied')).flat();
    expect(copied.map(({ value }) => value).sort()).toEqual(
      Array.from({ length: 500 }, (_, n) => `LINE ${n}`).sort(),
    );
    expect(copied.every(({ key, value }) => key === value)).toBe(true);
    // A second run goes on where the first one stopped, and the seed is not written again.
    expect(await runOf(t, guarantee)).toMatchObject({ status: 'completed', records: 0 });
  },
);

it('a topic that is missing is named with what makes it', async () => {
  const t = topology('missing');
  t.sink('out', t.spout('lines', topic('nowhere')), () => {});
  await expect(runOf(t)).rejects.toMatchObject({
    code: 'MR_TOPIC_NOT_FOUND',
    next: expect.stringContaining('millrace topics create nowhere'),
  });
});

it('decodes json and by function, and sends what cannot be decoded to the dead letters with its bytes', async () => {
  const t = topology('decode');
  const seed = { records: () => ['{"n":1}', '{broken', '{"n":2}'], topic: { partitions: 1 } };
  const seen: number[] = [];
  const items = t.spout('items', topic<{ n: number }>('items', { decode: 'json', seed }));
  t.bolt('see', items, ({ n }, _out: Out<never>) => {
    seen.push(n);
  });
  const shapes: string[] = [];
  const raw = t.spout(
    'raw',
    topic('items-again', {
      seed,
      decode: (record: TopicRecord) => {
        if (record.text().length < 5) throw new Error('short');
        return `${record.partition}/${record.offset}/${record.keyText()}/${record.text().length}`;
      },
    }),
  );
  t.bolt('shape', raw, (shape, _out: Out<never>) => {
    shapes.push(shape);
  });
  expect(await runOf(t)).toMatchObject({ status: 'completed', records: 6, deadLettered: 1 });
  expect(seen).toEqual([1, 2]);
  expect(shapes).toEqual(['0/0/null/7', '0/1/null/7', '0/2/null/7']);
  const [[letter]] = (await contentOf('decode.dead-letters')) as [[Stored]];
  expect(letter.key).toBe('items/0/1');
  expect(JSON.parse(letter.value!)).toMatchObject({
    spout: 'items',
    offset: 1,
    reason: 'undecodable',
    error: { code: 'MR_RECORD_UNDECODABLE' },
    valueBase64: Buffer.from('{broken').toString('base64'),
  });
});

it('a value that cannot be encoded fails its own tuple only', async () => {
  const t = topology('encode', { maxAttempts: 1 });
  const seed = { records: () => ['1', '2', '3'], topic: { partitions: 1 } };
  const values = t.map('make', t.spout('lines', topic('lines', { seed })), (line): unknown =>
    line === '2' ? 2n : { line },
  );
  t.sink('out', values, topic('out', { create: { partitions: 1 } }));
  expect(await runOf(t)).toMatchObject({ status: 'completed', acked: 2, deadLettered: 1 });
  const [written] = await contentOf('out');
  expect(written!.map(({ value }) => value)).toEqual(['{"line":"1"}', '{"line":"3"}']);
});

it('a run that cannot open its last source closes everything: the next run starts', async () => {
  const closed: string[] = [];
  const t = topology('half-open');
  const seed = { records: () => ['a'], topic: { partitions: 1 } };
  const lines = t.spout('lines', topic('lines', { seed }));
  const missing = t.spout('missing', topic('nowhere'));
  t.bolt('work', [lines, missing], {
    execute() {},
    close() {
      closed.push('work');
    },
  });
  await expect(runOf(t)).rejects.toMatchObject({ code: 'MR_TOPIC_NOT_FOUND' });
  expect(closed).toEqual(['work']);
  await expect(runOf(t)).rejects.toMatchObject({ code: 'MR_TOPIC_NOT_FOUND' });
});
