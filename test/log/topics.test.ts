// Owns: topics as users meet them: names, creation, deletion, limits, closing, partitions.

import { describe, expect, it } from 'vitest';
import { codeOf, errorOf, openLog, readTexts, temporaryFolder } from './helpers.ts';

describe('topics', () => {
  it('are created, listed, described and deleted', async () => {
    const dataDir = temporaryFolder();
    const log = await openLog(dataDir);
    expect(await log.topics()).toEqual([]);
    await log.createTopic('b.topic_1-x', { partitions: 3, retentionMs: 1_000 });
    await log.createTopic('a');
    expect((await log.topics()).map((topic) => [topic.name, topic.partitions.length])).toEqual([
      ['a', 1],
      ['b.topic_1-x', 3],
    ]);
    const writer = await log.writer('a');
    await writer.append(0, [{ value: '1' }, { value: '2' }]);
    expect((await log.describeTopic('a')).partitions).toEqual([{ partition: 0, earliest: 0, latest: 2 }]);
    expect(await codeOf(log.createTopic('a'))).toBe('MR_TOPIC_EXISTS');
    expect(await codeOf(log.deleteTopic('a'))).toBe('MR_DATA_LOCKED');
    await writer.close();
    await log.deleteTopic('a');
    expect(await codeOf(log.describeTopic('a'))).toBe('MR_TOPIC_NOT_FOUND');
    await log.createTopic('a');
    expect(await readTexts(await log.reader('a'))).toEqual([]);
    await log.close();
  });

  it.each(['', '.', '..', 'a b', 'ä', 'a/b', 'x'.repeat(250)])('cannot be called %j', async (name) => {
    const log = await openLog(temporaryFolder());
    expect(await codeOf(log.createTopic(name))).toBe('MR_TOPIC_INVALID');
    expect(await codeOf(log.reader(name))).toBe('MR_TOPIC_INVALID');
    await log.close();
  });

  it.each([
    { partitions: 0 },
    { partitions: 1.5 },
    { segmentBytes: 10 },
    { retentionMs: -1 },
    { maxRecordBytes: 1e12 },
    { durability: 'sometimes' as never },
  ])('cannot have %j', async (options) => {
    const log = await openLog(temporaryFolder());
    expect(await codeOf(log.createTopic('t', options))).toBe('MR_TOPIC_INVALID');
    await log.close();
  });

  it('have one writer, also within a process', async () => {
    const dataDir = temporaryFolder();
    const [one, two] = [await openLog(dataDir), await openLog(dataDir)];
    await one.createTopic('t');
    const writer = await one.writer('t');
    expect(await codeOf(one.writer('t'))).toBe('MR_DATA_LOCKED');
    expect(await codeOf(two.writer('t'))).toBe('MR_DATA_LOCKED');
    await writer.close();
    await two.writer('t');
    await one.close();
    await two.close();
  });
});

describe('wrong use', () => {
  it('gets an error with its code', async () => {
    const log = await openLog(temporaryFolder());
    await log.createTopic('t', { partitions: 2, maxRecordBytes: 100 });
    const writer = await log.writer('t');
    const reader = await log.reader('t');
    expect(await codeOf(writer.append(2, [{ value: 'x' }]))).toBe('MR_PARTITION_UNKNOWN');
    expect(await codeOf(reader.read(-1, 0, 1, 1))).toBe('MR_PARTITION_UNKNOWN');
    expect(await codeOf(writer.append(0, []))).toBe('MR_USAGE');
    expect(await codeOf(writer.append(0, [{ value: 'x', timestamp: 0.5 }]))).toBe('MR_USAGE');
    expect(await codeOf(writer.append(0, [{ value: 'ok' }, { value: 'x'.repeat(101) }]))).toBe(
      'MR_RECORD_TOO_LARGE',
    );
    await writer.append(0, [{ value: 'x'.repeat(100) }]);
    expect(await reader.latest(0)).toBe(1);
    for (const offset of [-1, 2, Number.NaN]) {
      const error = await errorOf(reader.read(0, offset, 1, 1));
      expect(error.code).toBe('MR_OFFSET_OUT_OF_RANGE');
      expect(error.describe()).toMatch(/partition 0 of topic t.*\n.*from 0 \(earliest\) to 1 \(latest\)/);
    }
    await log.close();
    expect(await codeOf(writer.append(0, [{ value: 'x' }]))).toBe('MR_LOG_CLOSED');
    expect(await codeOf(reader.read(0, 0, 1, 1))).toBe('MR_LOG_CLOSED');
    expect(await codeOf(log.reader('t'))).toBe('MR_LOG_CLOSED');
  });
});

describe('partitions', () => {
  it('are chosen as Kafka does for keys, in turn without', async () => {
    const log = await openLog(temporaryFolder());
    await log.createTopic('t', { partitions: 5 });
    const writer = await log.writer('t');
    expect([1, 2, 3, 4, 5, 6].map(() => writer.partitionFor(null))).toEqual([0, 1, 2, 3, 4, 0]);
    expect(writer.partitionFor('foobar')).toBe((-790332482 & 0x7fffffff) % 5);
    expect(writer.partitionFor(Buffer.from('foobar'))).toBe(writer.partitionFor('foobar'));
    await log.close();
  });
});

describe('large records', () => {
  it('of several MiB come back whole, also through small reads', async () => {
    const log = await openLog(temporaryFolder());
    await log.createTopic('t', { maxRecordBytes: 16_000_000, segmentBytes: 8_000_000 });
    const writer = await log.writer('t');
    const reader = await log.reader('t');
    const values = [1, 5_000_000, 10, 7_000_000, 0].map((size, i) => Buffer.alloc(size, `${i}`));
    for (const value of values)
      await writer.append(0, [{ value, headers: [{ key: 'size', value: `${value.length}` }] }]);
    for (const [offset, value] of values.entries()) {
      const [record] = (await reader.read(0, offset, 1, 10)).records();
      expect(value.equals(record!.value!)).toBe(true);
      expect(record!.headers).toEqual([{ key: 'size', value: Buffer.from(`${value.length}`) }]);
    }
    await log.close();
  });
});

describe('an append', () => {
  it('has a largest size, and leaves nothing behind when it is over it', async () => {
    const log = await openLog(temporaryFolder());
    await log.createTopic('t', { maxRecordBytes: 10_000_000 });
    const writer = await log.writer('t');
    const records = Array.from({ length: 8 }, () => ({ value: Buffer.alloc(9_000_000) }));
    expect(await codeOf(writer.append(0, records))).toBe('MR_RECORD_TOO_LARGE');
    expect((await writer.append(0, [{ value: 'x' }])).baseOffset).toBe(0);
    await log.close();
  });
});

describe('listeners', () => {
  it('hear of a record at once in the same process, and no more after they stopped', async () => {
    const log = await openLog(temporaryFolder());
    await log.createTopic('t');
    const reader = await log.reader('t');
    const writer = await log.writer('t');
    let heard = 0;
    const stop = reader.onData(() => heard++);
    await writer.append(0, [{ value: 'x' }]);
    expect(heard).toBe(1);
    stop();
    await writer.append(0, [{ value: 'x' }]);
    expect(heard).toBe(1);
    await log.close();
  });
});
