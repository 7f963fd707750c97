// Owns: idempotent appends (KIP-98): repeated, missing and fenced batches, also after a restart.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOG_LIMITS } from '../../src/log/limits.ts';
import { ProducerTable } from '../../src/log/producer-state.ts';
import type { AppendResult } from '../../src/log/record.ts';
import type { TopicWriter } from '../../src/log/topic-writer.ts';
import { codeOf, crash, openLog, partitionFolder, readTexts, temporaryFolder } from './helpers.ts';

function send(
  writer: TopicWriter,
  epoch: number,
  sequence: number,
  count = 1,
  producerId = 9,
): Promise<AppendResult> {
  const records = Array.from({ length: count }, (_, i) => ({ value: `${epoch}/${sequence + i}` }));
  return writer.append(0, records, { producer: { producerId, epoch, sequence } });
}

describe('idempotent append', () => {
  it('knows repeated batches, gaps and old epochs', async () => {
    const log = await openLog(temporaryFolder());
    await log.createTopic('t');
    const writer = await log.writer('t');
    expect(await codeOf(send(writer, 0, 5))).toBe('MR_SEQUENCE_GAP');
    expect(await send(writer, 0, 0, 2)).toEqual({ baseOffset: 0, lastOffset: 1, duplicate: false });
    // Repeated while the first is still on its way.
    const [first, repeated] = await Promise.all([send(writer, 0, 2, 3), send(writer, 0, 2, 3)]);
    expect([first, repeated]).toEqual([
      { baseOffset: 2, lastOffset: 4, duplicate: false },
      { baseOffset: 2, lastOffset: 4, duplicate: true },
    ]);
    expect(await send(writer, 0, 0, 2)).toEqual({ baseOffset: 0, lastOffset: 1, duplicate: true });
    expect(await codeOf(send(writer, 0, 6))).toBe('MR_SEQUENCE_GAP');
    expect(await codeOf(send(writer, 0, 2, 2))).toBe('MR_SEQUENCE_GAP');
    expect(await codeOf(send(writer, 1, 5))).toBe('MR_SEQUENCE_GAP');
    await send(writer, 1, 0);
    expect(await codeOf(send(writer, 0, 5))).toBe('MR_PRODUCER_FENCED');
    await send(writer, 0, 0, 1, 10);
    expect(await readTexts(await log.reader('t'))).toEqual(['0/0', '0/1', '0/2', '0/3', '0/4', '1/0', '0/0']);
    await log.close();
  });

  it.each(['closed', 'killed', 'killed, and the snapshot lost'])(
    'remembers when the log was %s',
    async (how) => {
      const dataDir = temporaryFolder();
      const log = await openLog(dataDir);
      await log.createTopic('t', { segmentBytes: 1_024 });
      const writer = await log.writer('t');
      for (let i = 0; i < 60; i++) await send(writer, 3, i);
      if (how === 'closed') await log.close();
      const folder = how === 'closed' ? dataDir : crash(dataDir);
      await log.close();
      if (how.endsWith('lost')) rmSync(join(partitionFolder(folder, 't'), 'producers'));

      const reopened = await openLog(folder);
      const again = await reopened.writer('t');
      for (let i = 60 - LOG_LIMITS.producerBatches; i < 60; i++) {
        expect(await send(again, 3, i)).toEqual({ baseOffset: i, lastOffset: i, duplicate: true });
      }
      expect(await codeOf(send(again, 3, 59 - LOG_LIMITS.producerBatches))).toBe('MR_SEQUENCE_GAP');
      expect(await codeOf(send(again, 2, 60))).toBe('MR_PRODUCER_FENCED');
      expect((await send(again, 3, 60)).baseOffset).toBe(60);
      await reopened.close();
    },
  );
});

describe('the producer table', () => {
  it('begins again at 0 after the largest sequence', () => {
    const table = new ProducerTable();
    const stamp = { producerId: 1, epoch: 0, sequence: 0 };
    table.add({ ...stamp, sequence: 2 ** 31 - 2 }, 3, 0);
    expect(table.check({ ...stamp, sequence: 1 }, 1)).toBeNull();
    expect(table.check({ ...stamp, sequence: 2 ** 31 - 2 }, 3)).toMatchObject({
      baseOffset: 0,
      lastOffset: 2,
    });
  });

  it('forgets the producer that was silent longest when there are too many', () => {
    const table = new ProducerTable();
    for (let id = 0; id <= LOG_LIMITS.maxProducers; id++) {
      table.add({ producerId: id, epoch: 0, sequence: 0 }, 1, id);
      table.trim({ producerId: id, epoch: 0, sequence: 0 }, id + 1);
    }
    expect(() => table.check({ producerId: 0, epoch: 0, sequence: 1 }, 1)).toThrow('out of order');
    expect(table.check({ producerId: 1, epoch: 0, sequence: 1 }, 1)).toBeNull();
  });

  it('takes back what never got into the log, the epoch included', () => {
    const table = new ProducerTable();
    table.add({ producerId: 1, epoch: 0, sequence: 0 }, 2, 0);
    table.add({ producerId: 1, epoch: 1, sequence: 0 }, 2, 2);
    table.rollBack(2);
    expect(table.check({ producerId: 1, epoch: 0, sequence: 2 }, 1)).toBeNull();
  });
});
