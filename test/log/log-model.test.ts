// Owns: the log against a plain array, through any sequence of appends, reads, reopenings and crashes.

import { closeSync, ftruncateSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/files/file-system.ts';
import type { Log } from '../../src/log/index.ts';
import type { Durability } from '../../src/log/record.ts';
import { listSegments } from '../../src/log/segment-files.ts';
import type { TopicReader } from '../../src/log/topic-reader.ts';
import type { TopicWriter } from '../../src/log/topic-writer.ts';
import { crash, openLog, partitionFolder, readTexts, segmentFile, temporaryFolder } from './helpers.ts';

interface World {
  log: Log;
  writer: TopicWriter;
  reader: TopicReader;
  dataDir: string;
  readonly model: string[];
  /** How many of `model` a power failure may not take. */
  safe: number;
  /** Size of the last segment when `safe` was last raised, and which one that was. */
  safeBytes: number;
  safeSegment: number;
}

type Step =
  | { readonly do: 'append'; readonly sizes: readonly number[]; readonly durability: Durability }
  | { readonly do: 'read'; readonly from: number; readonly step: number }
  | { readonly do: 'reopen' }
  | { readonly do: 'kill'; readonly loseMarks: boolean }
  | { readonly do: 'powerFailure'; readonly keep: number; readonly loseMarks: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      sizes: fc.array(fc.nat(120), { minLength: 1, maxLength: 12 }),
      durability: fc.constantFrom<Durability>('flushed', 'written', 'interval'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      from: fc.nat(),
      step: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), loseMarks: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('powerFailure' as const),
      keep: fc.nat(),
      loseMarks: fc.boolean(),
    }),
  },
);

async function use(world: World, dataDir: string): Promise<void> {
  world.dataDir = dataDir;
  world.log = await openLog(dataDir);
  // The reader first: it must see the same whether a writer has recovered the partition or not.
  world.reader = await world.log.reader('t');
  const before = await readTexts(world.reader);
  world.writer = await world.log.writer('t');
  expect(await readTexts(world.reader)).toEqual(before);
}

async function lastSegment(world: World): Promise<{ base: number; path: string; size: number }> {
  const bases = await listSegments(nodeFileSystem(), partitionFolder(world.dataDir, 't'));
  const path = segmentFile(world.dataDir, 't', bases.at(-1)!);
  return { base: bases.at(-1)!, path, size: statSync(path).size };
}

async function markSafe(world: World): Promise<void> {
  const { base, size } = await lastSegment(world);
  Object.assign(world, { safe: world.model.length, safeBytes: size, safeSegment: base });
}

async function run(world: World, { ...todo }: Step): Promise<void> {
  if (todo.do === 'append') {
    const values = todo.sizes.map((size, i) => `${world.model.length + i}:${'x'.repeat(size)}`);
    const result = await world.writer.append(
      0,
      values.map((value) => ({ value })),
      { durability: todo.durability },
    );
    expect(result.baseOffset).toBe(world.model.length);
    world.model.push(...values);
    const { base } = await lastSegment(world);
    if (todo.durability === 'flushed') await markSafe(world);
    else if (base !== world.safeSegment) {
      // What lies before the last segment was flushed when that was begun.
      Object.assign(world, { safe: base, safeBytes: 0, safeSegment: base });
    }
  } else if (todo.do === 'read') {
    const from = todo.from % (world.model.length + 1);
    expect(await readTexts(world.reader, 0, from, todo.step)).toEqual(world.model.slice(from));
  } else if (todo.do === 'reopen') {
    await world.log.close();
    await use(world, world.dataDir);
    await markSafe(world);
  } else {
    const copy = crash(world.dataDir);
    await world.log.close();
    if (todo.loseMarks) rmSync(join(copy, 'topics', 't', 'watermarks'));
    if (todo.loseMarks) closeSync(openSync(join(copy, 'topics', 't', 'watermarks'), 'w'));
    world.dataDir = copy;
    if (todo.do === 'powerFailure') {
      const { path, size } = await lastSegment(world);
      const file = openSync(path, 'r+');
      ftruncateSync(file, world.safeBytes + (todo.keep % (size - world.safeBytes + 1)));
      closeSync(file);
    }
    await use(world, copy);
    const kept = await readTexts(world.reader);
    expect(kept).toEqual(world.model.slice(0, kept.length));
    expect(kept.length).toBeGreaterThanOrEqual(todo.do === 'kill' ? world.model.length : world.safe);
    world.model.length = kept.length;
    await markSafe(world);
  }
}

it('is an array that survives crashes up to what was acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const dataDir = temporaryFolder();
      const log = await openLog(dataDir);
      await log.createTopic('t', { segmentBytes: 1_500 });
      await log.close();
      const world = { dataDir, model: [], safe: 0, safeBytes: 0, safeSegment: 0 } as unknown as World;
      await use(world, dataDir);
      try {
        for (const each of steps) await run(world, each);
        expect(await readTexts(world.reader)).toEqual(world.model);
      } finally {
        await world.log.close();
      }
    }),
    { numRuns: 40 },
  );
});
