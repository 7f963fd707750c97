// Owns: the topic sink over a real log: order, records that the topic refuses, topics that are made, seeds.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { topic } from '../../src/connectors/topic/index.ts';
import { Log } from '../../src/log/index.ts';
import { SharedResources } from '../../src/runtime/shared-resources.ts';
import type { ConnectorContext } from '../../src/topology/source.ts';

const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-topic-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function contextIn(dataDir: string): { context: ConnectorContext; close(): Promise<void> } {
  const shared = new SharedResources();
  const context: ConnectorContext = {
    dataDir,
    app: 'test',
    component: 'out',
    clock,
    logger: silentLogger(),
    status: () => {},
    shared: (key, open) => shared.get(key, open),
  };
  return { context, close: () => shared.close() };
}

async function valuesIn(dataDir: string, name: string): Promise<string[]> {
  const log = await Log.open({ dataDir, clock });
  try {
    const reader = await log.reader(name);
    const chunk = await reader.read(0, 0, 10_000, 10_000_000);
    return chunk.valueTexts().map((text) => text ?? '');
  } finally {
    await log.close();
  }
}

it('keeps the order of batches when one of them has a record that is too large, or has a timestamp that is none', async () => {
  const dataDir = folder();
  const { context, close } = contextIn(dataDir);
  const out = topic<string>('out', {
    create: { maxRecordBytes: 30 },
    timestamp: (value) => (value === 'timeless' ? Number.NaN : 1),
  });
  const writer = await out.sink.open(context);
  // 'é' takes two bytes: 30 bytes fit, 32 do not.
  const fits = 'é'.repeat(15);
  const answers = await Promise.all([
    writer.write(['a', 'é'.repeat(16), 'b', 'timeless', fits]),
    writer.write(['c', 'd']),
  ]);
  await close();
  expect(answers[0]).toMatchObject([
    { index: 1, error: { code: 'MR_RECORD_TOO_LARGE' } },
    { index: 3, error: { code: 'MR_USAGE' } },
  ]);
  expect(answers[1]).toEqual([]);
  expect(await valuesIn(dataDir, 'out')).toEqual(['a', 'b', fits, 'c', 'd']);
});

it('writes a batch that is larger than one append may be, in order', async () => {
  const dataDir = folder();
  const { context, close } = contextIn(dataDir);
  const out = topic<string>('out', {
    create: { maxRecordBytes: 32 * 1_048_576 },
    durability: 'written',
    encode: (value) => (value === 'large' ? Buffer.alloc(25 * 1_048_576) : value),
  });
  const writer = await out.sink.open(context);
  const answers = await Promise.all([
    writer.write(['a', 'large', 'large', 'large', 'b']),
    writer.write(['c']),
  ]);
  await close();
  expect(answers).toEqual([[], []]);
  const log = await Log.open({ dataDir, clock });
  const reader = await log.reader('out');
  expect(await reader.latest(0)).toBe(6);
  await log.close();
});

it('two sinks of one run make a missing topic once and share its writer', async () => {
  const dataDir = folder();
  const { context, close } = contextIn(dataDir);
  const [one, other] = await Promise.all([
    topic<string>('out').sink.open(context),
    topic<string>('out').sink.open({ ...context, component: 'other' }),
  ]);
  await Promise.all([one.write(['a']), other.write(['b'])]);
  await close();
  expect((await valuesIn(dataDir, 'out')).sort()).toEqual(['a', 'b']);
});

it('a seed fills a topic that was deleted again, and leaves a topic of the user alone', async () => {
  const dataDir = folder();
  const seeded = (name: string) => topic(name, { seed: { records: () => ['example'] } });
  const open = async (name: string) => {
    const { context, close } = contextIn(dataDir);
    await (await seeded(name).source.open(context)).close();
    await close();
  };
  const log = await Log.open({ dataDir, clock });
  await log.createTopic('mine');
  await open('mine');
  expect(await valuesIn(dataDir, 'mine')).toEqual([]);
  await open('examples');
  await open('examples');
  expect(await valuesIn(dataDir, 'examples')).toEqual(['example']);
  await log.deleteTopic('examples');
  await open('examples');
  await log.close();
  expect(await valuesIn(dataDir, 'examples')).toEqual(['example']);
});
