// Owns: retention by size and time, and finding offsets by timestamp.

import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, ManualClock, openLog, partitionFolder, readTexts, temporaryFolder } from './helpers.ts';

const VALUE = 'x'.repeat(200);

describe('retention', () => {
  it('by size removes whole segments from the old end, and readers below learn where the log begins', async () => {
    const dataDir = temporaryFolder();
    const log = await openLog(dataDir);
    await log.createTopic('t', { segmentBytes: 1_100, retentionBytes: 3_000 });
    const writer = await log.writer('t');
    const reader = await log.reader('t');
    for (let i = 0; i < 40; i++) await writer.append(0, [{ key: `${i}`, value: VALUE }]);
    await writer.enforceRetention();
    const earliest = await reader.earliest(0);
    expect(earliest).toBe(28);
    expect(readdirSync(partitionFolder(dataDir, 't')).filter((name) => name.endsWith('.log')).length).toBe(3);
    expect(await codeOf(reader.read(0, earliest - 1, 1, 1))).toBe('MR_OFFSET_OUT_OF_RANGE');
    expect((await readTexts(reader, 0, earliest)).length).toBe(12);
    await log.close();
    const reopened = await openLog(dataDir);
    expect((await reopened.describeTopic('t')).partitions).toEqual([
      { partition: 0, earliest: 28, latest: 40 },
    ]);
    await reopened.close();
  });

  it('by time removes what is too old, the segment being written too', async () => {
    const clock = new ManualClock();
    const log = await openLog(temporaryFolder(), undefined, clock);
    await log.createTopic('t', { segmentBytes: 1_100, retentionMs: 1_000 });
    const writer = await log.writer('t');
    const reader = await log.reader('t');
    for (let i = 0; i < 10; i++) {
      await writer.append(0, [{ value: VALUE }]);
      clock.now += 100;
    }
    await writer.enforceRetention();
    expect(await reader.earliest(0)).toBe(0);
    clock.now += 500;
    await writer.enforceRetention();
    expect(await reader.earliest(0)).toBe(4);
    clock.now += 5_000;
    await writer.enforceRetention();
    expect([await reader.earliest(0), await reader.latest(0)]).toEqual([10, 10]);
    expect((await writer.append(0, [{ value: 'new' }])).baseOffset).toBe(10);
    expect(await readTexts(reader, 0, 10)).toEqual(['new']);
    await log.close();
  });

  it('takes segments away from under a reader with an error that says so', async () => {
    const dataDir = temporaryFolder();
    const log = await openLog(dataDir);
    await log.createTopic('t', { segmentBytes: 1_100, retentionBytes: 1_000 });
    const elsewhere = await openLog(dataDir);
    const writer = await log.writer('t');
    for (let i = 0; i < 4; i++) await writer.append(0, [{ value: VALUE }]);
    const reader = await elsewhere.reader('t');
    for (let i = 0; i < 20; i++) await writer.append(0, [{ value: VALUE }]);
    await writer.enforceRetention();
    expect(await codeOf(reader.read(0, 0, 1, 1))).toBe('MR_OFFSET_OUT_OF_RANGE');
    expect(await codeOf(reader.read(0, 2, 1, 1))).toBe('MR_OFFSET_OUT_OF_RANGE');
    await log.close();
    await elsewhere.close();
  });
});

describe('offsetForTimestamp', () => {
  it('is the first record at or after the time, for any order of timestamps', async () => {
    const run = async (steps: readonly number[], wanted: number, reopen: boolean): Promise<void> => {
      const dataDir = temporaryFolder();
      let log = await openLog(dataDir);
      await log.createTopic('t', { segmentBytes: 2_000 });
      const writer = await log.writer('t');
      let now = 1_000;
      const timestamps = steps.map((step) => {
        now += step;
        return now;
      });
      for (let i = 0; i < timestamps.length; i += 3) {
        await writer.append(
          0,
          timestamps.slice(i, i + 3).map((timestamp) => ({ value: VALUE, timestamp })),
        );
      }
      if (reopen) {
        await log.close();
        log = await openLog(dataDir);
      }
      const reader = await log.reader('t');
      for (const time of [wanted, timestamps[0]!, timestamps.at(-1)!, now + 1_000]) {
        const first = timestamps.findIndex((timestamp) => timestamp >= time);
        expect(await reader.offsetForTimestamp(0, time)).toBe(first < 0 ? timestamps.length : first);
      }
      await log.close();
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -20, max: 100 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 900, max: 4_000 }),
        fc.boolean(),
        run,
      ),
      { numRuns: 25 },
    );
  });
});
