// Owns: what happens when the disk fails: nothing acknowledged that is not safe, nothing visible that may be taken back.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  codeOf,
  crash,
  FaultyFileSystem,
  openLog,
  readTexts,
  segmentFile,
  temporaryFolder,
} from './helpers.ts';

async function setUp(segmentBytes = 1_000_000) {
  const dataDir = temporaryFolder();
  const disk = new FaultyFileSystem();
  const log = await openLog(dataDir, disk.port);
  await log.createTopic('t', { segmentBytes });
  const writer = await log.writer('t');
  const reader = await log.reader('t');
  return { dataDir, disk, log, writer, reader };
}

describe('a full disk', () => {
  it('refuses, cuts off the partial write, and goes on when there is room again', async () => {
    const { dataDir, disk, log, writer, reader } = await setUp();
    const stamp = { producerId: 7, epoch: 0, sequence: 0 };
    await writer.append(0, [{ value: 'first' }], { producer: stamp });
    const before = readFileSync(segmentFile(dataDir, 't'));
    disk.room = 50;
    const refused = [
      writer.append(0, [{ value: 'second' }], { producer: { ...stamp, sequence: 1 } }),
      writer.append(0, [{ value: 'third' }]),
    ];
    expect(await Promise.all(refused.map(codeOf))).toEqual(['MR_DISK_FULL', 'MR_DISK_FULL']);
    expect(readFileSync(segmentFile(dataDir, 't'))).toEqual(before);
    expect(await codeOf(writer.append(0, [{ value: 'x'.repeat(200) }]))).toBe('MR_DISK_FULL');

    disk.room = 10_000;
    const again = await writer.append(0, [{ value: 'second' }], { producer: { ...stamp, sequence: 1 } });
    expect(again).toEqual({ baseOffset: 1, lastOffset: 1, duplicate: false });
    expect(await readTexts(reader)).toEqual(['first', 'second']);
    await log.close();
  });
});

describe('a failed flush', () => {
  it('ends the writer for good, shows nothing of it to readers, and is never tried again', async () => {
    const { dataDir, disk, log, writer, reader } = await setUp();
    await writer.append(0, [{ value: 'safe' }]);
    disk.failFlush = true;
    const flushes = disk.flushes;
    expect(await codeOf(writer.append(0, [{ value: 'lost' }]))).toBe('MR_IO');
    disk.failFlush = false;
    expect(await codeOf(writer.append(0, [{ value: 'later' }]))).toBe('MR_IO');
    expect(await codeOf(writer.flush())).toBe('MR_IO');
    expect(disk.flushes).toBe(flushes + 1);
    expect(await readTexts(reader)).toEqual(['safe']);
    await log.close();

    const writes = disk.writes;
    const reopened = await openLog(dataDir, disk.port);
    await reopened.writer('t');
    // The unflushed tail may be in clean pages that never reached the disk: it is written again.
    expect(disk.writes).toBeGreaterThan(writes);
    expect(await readTexts(await reopened.reader('t'))).toEqual(['safe', 'lost']);
    await reopened.close();
  });

  it('after a torn write leaves what was acknowledged', async () => {
    const { dataDir, disk, log, writer } = await setUp();
    await writer.append(0, [{ value: 'safe' }]);
    disk.failWriteAfter = 40;
    expect(await codeOf(writer.append(0, [{ value: 'torn' }]))).toBe('MR_IO');
    const copy = crash(dataDir);
    await log.close();
    const reopened = await openLog(copy);
    expect(await readTexts(await reopened.reader('t'))).toEqual(['safe']);
    await reopened.writer('t');
    expect(await readTexts(await reopened.reader('t'))).toEqual(['safe']);
    await reopened.close();
  });
});

describe('group commit', () => {
  it('writes and flushes once for all that arrives meanwhile, and shows it only afterwards', async () => {
    const { disk, log, writer, reader } = await setUp();
    const gates: (() => void)[] = [];
    disk.beforeFlush = () => new Promise((resolve) => gates.push(resolve));
    const acknowledged: number[] = [];
    const append = (i: number): Promise<unknown> =>
      writer.append(0, [{ value: `${i}` }]).then(() => acknowledged.push(i));
    const first = append(0);
    while (gates.length === 0) await new Promise(setImmediate);
    const rest = [1, 2, 3, 4, 5].map(append);
    expect([acknowledged, await readTexts(reader)]).toEqual([[], []]);
    gates.shift()!();
    await first;
    while (gates.length === 0) await new Promise(setImmediate);
    expect([acknowledged, await readTexts(reader)]).toEqual([[0], ['0']]);
    gates.shift()!();
    await Promise.all(rest);
    expect([disk.writes, disk.flushes]).toEqual([2, 2]);
    expect(await readTexts(reader)).toEqual(['0', '1', '2', '3', '4', '5']);
    await log.close();
  });

  it('does not flush what asks for `written`, and flushes `interval` a little later', async () => {
    const { disk, log, writer, reader } = await setUp();
    await writer.append(0, [{ value: 'a' }], { durability: 'written' });
    expect([disk.flushes, await readTexts(reader)]).toEqual([0, ['a']]);
    await writer.append(0, [{ value: 'b' }], { durability: 'interval' });
    expect(disk.flushes).toBe(0);
    await expect.poll(() => disk.flushes).toBe(1);
    await writer.append(0, [{ value: 'c' }], { durability: 'written' });
    await writer.flush();
    expect(disk.flushes).toBe(2);
    await log.close();
  });

  it('keeps the order of calls when appends wait for room', async () => {
    const { disk, log, writer, reader } = await setUp(200_000_000);
    disk.beforeFlush = () => new Promise(setImmediate);
    const big = Buffer.alloc(900_000, 'x');
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        writer.append(0, [{ key: `${i}`, value: big }], {
          producer: { producerId: 1, epoch: 0, sequence: i },
        }),
      ),
    );
    expect(results.map((result) => result.baseOffset)).toEqual(results.map((_, i) => i));
    expect((await reader.read(0, 59, 1, 1)).records()[0]?.key?.toString()).toBe('59');
    await log.close();
  });
});
