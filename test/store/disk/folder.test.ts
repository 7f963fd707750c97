// Whose folder it is, and its check when it is stopped.

import { describe, expect, it } from 'vitest';
import { verifyReplicaFolder } from '../../../src/store/disk/verify.ts';
import { Author, CONFIGURATION, chunksOf, EMPTY, FOLDER, format, open, until } from './harness.ts';
import { MemoryFiles } from './memory-files.ts';

async function stopped(): Promise<{ files: MemoryFiles; author: Author }> {
  const files = new MemoryFiles(1);
  await format(files);
  const driver = await open(files);
  const author = new Author(1, EMPTY);
  for (let step = 1; step <= 60; step++) {
    driver.disk.append(author.next());
    await until(() => driver.acked() === step);
    if (step % 20 !== 0) continue;
    const { entries, decided } = author.state;
    const chunks = chunksOf(entries, decided);
    await driver.disk.writeSnapshot({
      index: decided,
      configuration: CONFIGURATION,
      stateHash: Uint8Array.of(1),
      chunks,
    });
  }
  await driver.disk.close();
  return { files, author };
}

describe('a replica’s folder', () => {
  it('of another cluster or replica is refused, and left as it was', async () => {
    const { files } = await stopped();
    const before = files.files().map((name) => files.content(name).toString('base64'));
    await expect(open(files, { cluster: 'other' })).rejects.toMatchObject({
      code: 'MR_STORE_FOLDER',
      got: 'cluster test',
    });
    await expect(open(files, { replica: 2 })).rejects.toMatchObject({
      code: 'MR_STORE_FOLDER',
      got: 'replica 1',
    });
    expect(files.files().map((name) => files.content(name).toString('base64'))).toEqual(before);
  });

  it('of another version is refused', async () => {
    const { crc32c } = await import('../../../src/base/crc32c.ts');
    for (const part of ['state-a', 'wal-', 'snapshot-']) {
      const { files } = await stopped();
      const header = files.content(files.files().find((name) => name.includes(part))!);
      header.writeUInt32LE(2, 8);
      header.writeUInt32LE(crc32c(header, 0, 128), 128);
      const newest = part === 'snapshot-' ? files.files().findLast((name) => name.includes(part))! : '';
      if (newest !== '') header.copy(files.content(newest), 0, 0, 132);
      await expect(open(files), part).rejects.toMatchObject({ code: 'MR_DATA_FORMAT', got: 'format 2' });
    }
  });

  it('is made once, in an empty folder', async () => {
    const files = new MemoryFiles(2);
    await expect(open(files)).rejects.toMatchObject({ code: 'MR_STORE_FOLDER' });
    await format(files);
    await expect(format(files)).rejects.toMatchObject({ code: 'MR_STORE_FOLDER' });
    const other = new MemoryFiles(3);
    other.put(`${FOLDER}/notes.txt`, Buffer.from('x'));
    await expect(format(other)).rejects.toMatchObject({
      code: 'MR_STORE_FOLDER',
      got: 'notes.txt and perhaps more',
    });
  });

  it('half made by a crash is made again', async () => {
    for (let operations = 1; operations < 60; operations++) {
      const files = new MemoryFiles(operations);
      files.diesAfter = operations;
      const died = await files.untilDeath(() => format(files));
      const next = operations % 2 === 0 ? files.afterKill() : files.afterPowerLoss();
      if (died) await format(next).catch((error) => expect(error).toMatchObject({ code: 'MR_STORE_FOLDER' }));
      const { disk } = await open(next);
      expect(disk.recovered).toMatchObject({ offset: 0, entries: [], damaged: false, hard: EMPTY.hard });
    }
  });

  it('with both state files and the log damaged is refused: promises may be gone', async () => {
    const { files } = await stopped();
    for (const name of ['state-a', 'state-b']) files.flipBit(`${FOLDER}/${name}`, 4_110, 2);
    files.flipBit(
      files
        .files()
        .findLast((name) => name.includes('/wal-') && files.content(name).readUInt32LE(4_600) > 0)!,
      4_100,
      1,
    );
    await expect(open(files)).rejects.toMatchObject({
      code: 'MR_DATA_DAMAGED',
      next: expect.stringContaining('must not vote'),
    });
  });

  it('is found whole by the check, and each kind of damage with file and offset', async () => {
    const { files, author } = await stopped();
    const whole = await verifyReplicaFolder(FOLDER, files);
    expect(whole).toMatchObject({ problems: [], cluster: 'test', replica: 1, snapshots: 2 });
    expect(whole.log?.length).toBe(author.state.entries.length);
    expect(whole.flushes).toBeGreaterThan(20);
    const snapshots = files.files().filter((name) => name.includes('/snapshot-'));
    for (const [file, offset, severity] of [
      [snapshots[0]!, 4_096, 'copy'],
      [snapshots[1]!, 4_096, 'copy'],
      [`${FOLDER}/state-a`, 4_096, 'copy'],
    ] as const) {
      const copy = files.afterKill();
      copy.flipBit(file, offset + 9, 1);
      const { problems } = await verifyReplicaFolder(FOLDER, copy);
      expect(problems, file).toContainEqual(expect.objectContaining({ file, offset, severity }));
    }
    const wal = files
      .files()
      .filter((name) => name.includes('/wal-'))
      .findLast((name) => files.content(name).readUInt32LE(8_192 + 504) > 0)!;
    const copy = files.afterKill();
    copy.flipBit(wal, 8_200, 1);
    expect((await verifyReplicaFolder(FOLDER, copy)).problems).toMatchObject([
      { file: wal, offset: 8_192, severity: 'lost' },
    ]);
  });
});
