// Owns: the difference between a torn tail, which is cut, and damage, which is never.

import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Durability } from '../../src/log/record.ts';
import {
  codeOf,
  crash,
  errorOf,
  openLog,
  partitionFolder,
  readTexts,
  segmentFile,
  temporaryFolder,
} from './helpers.ts';

/** A folder as a killed process leaves it: `flushed` batches below the flushed mark and `written` ones behind it. */
async function killedLog(flushed: number, written: number, segmentBytes = 1_000_000): Promise<string> {
  const dataDir = temporaryFolder();
  const log = await openLog(dataDir);
  await log.createTopic('t', { segmentBytes });
  const writer = await log.writer('t');
  const append = (i: number, durability: Durability): Promise<unknown> =>
    writer.append(0, [{ key: `k${i}`, value: `value ${i}` }, { value: null }], { durability });
  for (let i = 0; i < flushed; i++) await append(i, 'flushed');
  for (let i = flushed; i < flushed + written; i++) await append(i, 'written');
  const copy = crash(dataDir);
  await log.close();
  return copy;
}

async function texts(dataDir: string): Promise<(string | null)[]> {
  const log = await openLog(dataDir);
  try {
    const writer = await log.writer('t');
    expect(writer.partitions).toBe(1);
    return await readTexts(await log.reader('t'));
  } finally {
    await log.close();
  }
}

function expected(batches: number): (string | null)[] {
  return Array.from({ length: batches }, (_, i) => [`value ${i}`, null]).flat();
}

function flipBit(path: string, at: number, bit = 0): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1 << bit;
  writeFileSync(path, bytes);
}

describe('the end of the last segment', () => {
  it('may be torn at any byte behind the flushed mark: whole batches stay', async () => {
    const copy = await killedLog(0, 4);
    const path = segmentFile(copy, 't');
    const whole = readFileSync(path);
    const batch = whole.length / 4;
    for (let size = 0; size <= whole.length; size += 9) {
      writeFileSync(path, whole.subarray(0, size));
      rmSync(join(copy, 'topics', 't', 'watermarks'));
      writeFileSync(join(copy, 'topics', 't', 'watermarks'), '');
      for (const name of readdirSync(partitionFolder(copy, 't'))) {
        if (!name.endsWith('.log')) rmSync(join(partitionFolder(copy, 't'), name));
      }
      expect(await texts(copy)).toEqual(expected(Math.floor(size / batch)));
      expect(statSync(path).size).toBe(Math.floor(size / batch) * batch);
    }
  });

  it('is not torn but damaged below the flushed mark', async () => {
    const copy = await killedLog(3, 0);
    const path = segmentFile(copy, 't');
    const size = statSync(path).size;
    truncateSync(path, size - 1);
    const error = await errorOf(texts(copy));
    expect(error.code).toBe('MR_DATA_DAMAGED');
    expect(error.message).toContain(`${path} is damaged at byte ${size - 1}`);
    expect(statSync(path).size).toBe(size - 1);
  });

  it('is damaged, not torn, if whole records follow the bad place', async () => {
    const copy = await killedLog(1, 4);
    const path = segmentFile(copy, 't');
    const size = statSync(path).size;
    flipBit(path, Math.floor(size * 0.5));
    const error = await errorOf(texts(copy));
    expect(error.code).toBe('MR_DATA_DAMAGED');
    expect(error.message).toMatch(
      /damaged at byte \d+: checksum mismatch, and whole records follow at byte \d+/,
    );
    expect(statSync(path).size).toBe(size);
  });

  it('is cut if it holds what looks like anything else', async () => {
    const copy = await killedLog(2, 0);
    const path = segmentFile(copy, 't');
    const size = statSync(path).size;
    // Zeros are what some file systems leave; the second tail is a batch from elsewhere, with another offset.
    for (const tail of [Buffer.alloc(500), readFileSync(path).subarray(0, 90), Buffer.from('garbage')]) {
      appendFileSync(path, tail);
      expect(await texts(copy)).toEqual(expected(2));
      expect(statSync(path).size).toBe(size);
    }
  });

  it('is not taken for damaged because a torn record carries a batch as its value', async () => {
    const dataDir = temporaryFolder();
    const log = await openLog(dataDir);
    await log.createTopic('t');
    const inner = readFileSync(segmentFile(await killedLog(3, 0), 't')).subarray(100);
    const writer = await log.writer('t');
    for (let i = 0; i < 300; i++) await writer.append(0, [{ value: `${i}` }], { durability: 'written' });
    const before = statSync(segmentFile(dataDir, 't')).size;
    await writer.append(0, [{ value: inner }, { value: 'x'.repeat(100) }], { durability: 'written' });
    const copy = crash(dataDir);
    await log.close();
    truncateSync(segmentFile(copy, 't'), statSync(segmentFile(copy, 't')).size - 10);
    expect((await texts(copy)).length).toBe(300);
    expect(statSync(segmentFile(copy, 't')).size).toBe(before);
  });
});

describe('a flipped bit', () => {
  it('anywhere in flushed records is found, and nothing wrong is ever read', async () => {
    const copy = await killedLog(6, 0, 1_024);
    const names = readdirSync(partitionFolder(copy, 't')).filter((name) => name.endsWith('.log'));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.nat(), fc.nat(7), async (name, at, bit) => {
        const path = join(partitionFolder(copy, 't'), name);
        const size = statSync(path).size;
        fc.pre(size > 0);
        const position = at % size;
        flipBit(path, position, bit);
        const error = await errorOf(texts(copy)).finally(() => flipBit(path, position, bit));
        expect(error.code).toBe('MR_DATA_DAMAGED');
        expect(error.message).toContain(name);
        expect(statSync(path).size).toBe(size);
      }),
      { numRuns: 120 },
    );
    expect(await texts(copy)).toEqual(expected(6));
  });

  it('anywhere in index, watermarks or producers costs nothing but time', async () => {
    const original = await killedLog(40, 0, 1_024);
    const log = await openLog(original);
    await (await log.writer('t')).close();
    await log.close();
    const folder = partitionFolder(original, 't');
    const hints = readdirSync(folder).filter((name) => !name.endsWith('.log'));
    const paths = [...hints.map((name) => join(folder, name)), join(original, 'topics', 't', 'watermarks')];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), fc.nat(7), async (path, at, bit) => {
        flipBit(path, at % statSync(path).size, bit);
        const log = await openLog(original);
        try {
          const reader = await log.reader('t');
          expect((await readTexts(reader, 0, 41)).slice(0, 2)).toEqual([null, 'value 21']);
        } finally {
          await log.close();
        }
      }),
      { numRuns: 60 },
    );
    expect(await texts(original)).toEqual(expected(40));
  });
});

describe('missing and foreign files', () => {
  it('name the file that is missing', async () => {
    const copy = await killedLog(40, 0, 1_024);
    const names = readdirSync(partitionFolder(copy, 't'))
      .filter((name) => name.endsWith('.log'))
      .sort();
    expect(names.length).toBeGreaterThan(2);
    rmSync(join(partitionFolder(copy, 't'), names[1]!));
    expect((await errorOf(texts(copy))).message).toContain(names[0]!);
    rmSync(join(partitionFolder(copy, 't'), names.at(-1)!));
    const error = await errorOf(texts(copy));
    expect([error.code, error.message]).toEqual(['MR_DATA_DAMAGED', expect.stringContaining(names.at(-1)!)]);
  });

  it('refuse another version', async () => {
    const copy = await killedLog(1, 0);
    const path = join(copy, 'topics', 't', 'topic.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"version": 1', '"version": 2'));
    expect(await codeOf(texts(copy))).toBe('MR_DATA_FORMAT');
    writeFileSync(path, text.slice(0, 20));
    expect(await codeOf(texts(copy))).toBe('MR_DATA_DAMAGED');
  });
});
