// Snapshots: falling back to the one before, receiving one from another replica, room that runs out, what is kept.

import { describe, expect, it } from 'vitest';
import {
  Author,
  CONFIGURATION,
  chunksOf,
  type Driver,
  EMPTY,
  format,
  hardOf,
  isState,
  open,
  snapshotText,
  textOfSnapshot,
  until,
} from './harness.ts';
import { MemoryFiles } from './memory-files.ts';

const HASH = Uint8Array.of(1, 2, 3);

async function filled(
  seed: number,
  snapshots: number,
): Promise<{ files: MemoryFiles; author: Author; driver: Driver; indexes: number[] }> {
  const files = new MemoryFiles(seed);
  await format(files);
  const driver = await open(files);
  const author = new Author(seed, EMPTY);
  const indexes: number[] = [];
  let number = 0;
  while (indexes.length < snapshots) {
    for (let step = 0; step < 30; step++, number++) driver.disk.append(author.next());
    const index = author.state.decided;
    indexes.push(index);
    await snapshotOf(driver, author, index);
  }
  await until(() => driver.acked() === number);
  return { files, author, driver, indexes };
}

function snapshotOf({ disk }: Driver, author: Author, index: number) {
  const chunks = chunksOf(author.state.entries, index);
  return disk.writeSnapshot({ index, configuration: CONFIGURATION, stateHash: HASH, chunks });
}

const named = (files: MemoryFiles, part: string) => files.files().filter((name) => name.includes(part));

describe('snapshots', () => {
  it('two are kept, and no more of the log than the older one needs', async () => {
    const { files, author, driver, indexes } = await filled(1, 5);
    expect(named(files, '/snapshot-')).toHaveLength(2);
    const segments = named(files, '/wal-').length;
    expect(segments).toBeLessThan(10);
    expect(driver.disk.snapshot).toMatchObject({
      index: indexes[4],
      configuration: CONFIGURATION,
      stateHash: HASH,
    });
    await driver.disk.close();
    const next = await open(files);
    expect(isState(next.disk.recovered, author.state)).toBe(true);
    expect(next.disk.recovered.offset).toBe(indexes[4]);
    expect(next.disk.snapshot?.stateHash).toEqual(HASH);
  });

  it('a damaged one falls back to the one before, and nothing is lost', async () => {
    const { files, author, driver, indexes } = await filled(2, 4);
    const newest = driver.disk.snapshot!;
    await driver.disk.close();
    files.flipBit(newest.file, 4_096 + 40, 3);
    const next = await open(files, { onDamage: 'refuse' });
    expect(next.disk.recovered.offset).toBe(indexes[2]);
    expect(isState(next.disk.recovered, author.state)).toBe(true);
    expect(await textOfSnapshot(next.disk)).toBe(snapshotText(author.state.entries, indexes[2]!));
    expect(named(files, '.damaged')).toHaveLength(1);
    author.states.splice(0, author.states.length, author.state);
    for (let step = 0; step < 20; step++) next.disk.append(author.next());
    await snapshotOf(next, author, author.state.decided);
    expect(named(files, '.damaged')).toEqual([]);
    await next.disk.close();
  });

  it('a chunk that is damaged while it is served is noticed', async () => {
    const { files, driver } = await filled(3, 1);
    files.flipBit(driver.disk.snapshot!.file, 4_096 + 30, 1);
    await expect(textOfSnapshot(driver.disk)).rejects.toMatchObject({ code: 'MR_DATA_DAMAGED' });
    await driver.disk.close();
  });

  it('no room for one: nothing has changed, and the next try works', async () => {
    const { files, author, driver, indexes } = await filled(4, 2);
    for (let step = 0; step < 10; step++) driver.disk.append(author.next());
    const before = named(files, 'snapshot');
    files.capacity = 0;
    const index = author.state.decided;
    await expect(snapshotOf(driver, author, index)).rejects.toMatchObject({ code: 'MR_DISK_FULL' });
    expect(named(files, 'snapshot')).toEqual(before);
    expect(driver.disk.snapshot?.index).toBe(indexes[1]);
    files.capacity = Number.POSITIVE_INFINITY;
    await snapshotOf(driver, author, index);
    expect(driver.failures).toEqual([]);
    await driver.disk.close();
  });

  it.each([[false], [true]])(
    'is received in pieces from another replica, and comes into use with a record (restart between: %s)',
    async (restart) => {
      const leader = await filled(5, 3);
      const source = leader.driver.disk.snapshot!;
      let files = new MemoryFiles(6);
      await format(files);
      let driver = await open(files);
      let receiver = await driver.disk.receiveSnapshot(source.index);
      while (receiver.offset < source.bytes) {
        const bytes = await leader.driver.disk.readSnapshotFile(source, receiver.offset, 1_000);
        await receiver.write(bytes, receiver.offset);
        if (!restart || receiver.offset < source.bytes / 2 || driver.failures.length > 0) continue;
        await receiver.close();
        files = files.afterKill();
        driver = await open(files);
        receiver = await driver.disk.receiveSnapshot(source.index);
        expect(receiver.offset).toBeGreaterThan(0);
        if (receiver.offset >= source.bytes / 2) restart = false;
      }
      const staged = await receiver.finish();
      expect(staged).toMatchObject({ index: source.index, configuration: CONFIGURATION, stateHash: HASH });
      expect(driver.disk.recovered.offset, 'not in use yet').toBe(0);
      const { index } = source;
      const entries = [{ data: Uint8Array.of(7), configuration: undefined }];
      driver.disk.append({
        number: 1,
        hard: hardOf(3),
        snapshot: index,
        from: index,
        entries,
        decided: index,
      });
      await until(() => driver.acked() === 1);
      // Whether it was killed before or after the file got its new name: it is in use.
      for (const copy of [files.afterKill(), files.afterPowerLoss()]) {
        const next = await open(copy);
        expect(next.disk.recovered).toMatchObject({
          offset: index,
          entries,
          decided: index,
          damaged: false,
          hard: hardOf(3),
        });
        expect(await textOfSnapshot(next.disk)).toBe(snapshotText(leader.author.state.entries, index));
        await next.disk.close();
        const again = await open(copy);
        expect(again.disk.recovered).toMatchObject({ offset: index, entries, damaged: false });
      }
      await leader.driver.disk.close();
    },
  );

  it('one in use that is damaged before another was made is damage: the log before it was never here', async () => {
    const leader = await filled(7, 1);
    const source = leader.driver.disk.snapshot!;
    const files = new MemoryFiles(8);
    await format(files);
    const driver = await open(files);
    const receiver = await driver.disk.receiveSnapshot(source.index);
    await receiver.write(await leader.driver.disk.readSnapshotFile(source, 0, source.bytes), 0);
    await receiver.finish();
    const hard = hardOf(9);
    driver.disk.append({
      number: 1,
      hard,
      snapshot: source.index,
      from: source.index,
      entries: [],
      decided: source.index,
    });
    await until(() => driver.disk.snapshot?.index === source.index);
    await driver.disk.close();
    files.flipBit(named(files, `${source.index}.snap`)[0]!, 5_000, 0);
    const next = await open(files);
    expect(next.disk.recovered).toMatchObject({
      offset: 0,
      entries: [],
      damaged: true,
      hard: { promised: hard.promised },
    });
    expect(next.disk.damage?.file).toContain(`${source.index}.snap`);
  });

  it('what was received damaged is refused, and fetched again from the beginning', async () => {
    const files = new MemoryFiles(9);
    await format(files);
    const { disk } = await open(files);
    const receiver = await disk.receiveSnapshot(5);
    await receiver.write(new Uint8Array(6_000).fill(1), 0);
    await expect(receiver.finish()).rejects.toMatchObject({ code: 'MR_DATA_DAMAGED' });
    expect((await disk.receiveSnapshot(5)).offset).toBe(0);
  });
});
