// Group commit: one flush in flight, many records in each; a failed flush ends it, a full disk only halts it.

import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Author, EMPTY, FOLDER, format, hardOf, isState, open, until } from './harness.ts';
import { MemoryFiles, systemError } from './memory-files.ts';

async function formatted(seed = 1): Promise<MemoryFiles> {
  const files = new MemoryFiles(seed);
  await format(files);
  return files;
}

function one(number: number) {
  const data = new Uint8Array(64).fill(number);
  return {
    number,
    hard: undefined,
    snapshot: 0,
    from: number - 1,
    entries: [{ data, configuration: undefined }],
    decided: 0,
  };
}

describe('group commit', () => {
  it.each([1, 8, 64])('with %i in flight one flush carries as many', async (inFlight) => {
    const files = await formatted();
    let number = 0;
    const waiting: { number: number; resolve(): void }[] = [];
    const driver = await open(files, {
      limits: { segmentBytes: 512 * 1024 },
      events: {
        onPersisted: (upTo) => {
          while (waiting.length > 0 && waiting[0]!.number <= upTo) waiting.shift()!.resolve();
        },
        onFull: () => {},
        onFailure: () => {},
      },
    });
    const commit = () =>
      new Promise<void>((resolve) => {
        waiting.push({ number: ++number, resolve });
        driver.disk.append(one(number));
      });
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        for (let round = 0; round < 20; round++) await commit();
      }),
    );
    const { flushes, records } = driver.disk.figures;
    expect(records).toBe(inFlight * 20);
    expect(records / flushes).toBeGreaterThanOrEqual(0.9 * inFlight);
    await driver.disk.close();
  });

  it('has one flush of the log in flight, and acknowledges nothing before it ends', async () => {
    const files = await formatted();
    const driver = await open(files);
    let inFlight = 0;
    let most = 0;
    let release = () => {};
    let held = new Promise<void>((resolve) => {
      release = resolve;
    });
    // Segments keep the name under which they were opened.
    files.fault = async (operation, path) => {
      if (operation !== 'flush' || !path.includes('0000000000000001')) return;
      most = Math.max(most, ++inFlight);
      await held;
      inFlight--;
    };
    for (let number = 1; number <= 5; number++) driver.disk.append(one(number));
    await until(() => inFlight === 1);
    for (let number = 6; number <= 9; number++) driver.disk.append(one(number));
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect(driver.acked()).toBe(0);
    expect(driver.disk.figures.bytesWaiting).toBeGreaterThan(4 * 64);
    held = Promise.resolve();
    release();
    await until(() => driver.acked() === 9);
    expect(most).toBe(1);
    expect(driver.disk.figures).toMatchObject({ flushes: 2, records: 9 });
    await driver.disk.close();
  });

  it('a failed flush is reported once and never tried again; nothing is acknowledged after it', async () => {
    const files = await formatted();
    const driver = await open(files);
    const author = new Author(1, EMPTY);
    driver.disk.append(author.next());
    await until(() => driver.acked() === 1);
    files.fault = (operation, path) => {
      if (operation === 'flush' && path.includes('0000000000000001')) throw systemError('EIO');
    };
    driver.disk.append(author.next());
    await until(() => driver.failures.length > 0);
    expect(driver.failures).toMatchObject([{ code: 'MR_IO' }]);
    files.fault = () => {};
    const operations = files.operations.length;
    driver.disk.append(author.next());
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect(driver.acked()).toBe(1);
    expect(files.operations.slice(operations).filter((name) => name.startsWith('write'))).toEqual([]);
    await driver.disk.close();
    expect(driver.failures).toHaveLength(1);

    // The pages look clean and are not on the disk: the next life writes them again before it builds on them.
    const next = files.afterKill();
    const second = await open(next);
    const { recovered } = second.disk;
    const last = next.afterPowerLoss();
    const third = await open(last);
    expect(third.disk.recovered).toMatchObject({ entries: recovered.entries, damaged: false });
    expect(author.states.slice(1).some((state) => isState(recovered, state))).toBe(true);
  });

  it('a full disk refuses, keeps what it has, and goes on when there is room', async () => {
    const files = await formatted();
    const driver = await open(files);
    const author = new Author(3, EMPTY);
    files.capacity = 150_000;
    let number = 0;
    while (!driver.disk.figures.isFull) {
      driver.disk.append(author.next());
      number++;
      await nextTurn();
      expect(number).toBeLessThan(2_000);
    }
    expect(driver.full).toEqual([true]);
    for (let more = 0; more < 60; more++) driver.disk.append(author.next());
    for (let turn = 0; turn < 300; turn++) await nextTurn();
    await wait(20);
    const acked = driver.acked();
    expect(acked).toBeLessThan(number + 60);

    const crashed = await open(files.afterKill());
    const kept = author.states.slice(acked).find((state) => isState(crashed.disk.recovered, state));
    expect(kept, 'what was acknowledged is there').toBeDefined();
  });

  it('says when there is room again', async () => {
    const files = await formatted();
    const driver = await open(files);
    const author = new Author(4, EMPTY);
    files.capacity = 150_000;
    let number = 0;
    for (; number < 400 && !driver.disk.figures.isFull; number++) {
      driver.disk.append(author.next());
      await nextTurn();
    }
    for (; number < 450; number++) driver.disk.append(author.next());
    await wait(10);
    files.capacity = Number.POSITIVE_INFINITY;
    while (driver.acked() < number) await wait(1);
    await until(() => !driver.disk.figures.isFull);
    expect(driver.full[0]).toBe(true);
    expect(driver.full.at(-1)).toBe(false);
    await driver.disk.close();
    expect(driver.failures).toEqual([]);
    const next = await open(files);
    expect(isState(next.disk.recovered, author.state)).toBe(true);
  });

  it('too much that waits ends it', async () => {
    const files = await formatted();
    const driver = await open(files, { limits: { segmentBytes: 32 * 1024, waitingBytes: 500 } });
    for (let number = 1; number <= 9; number++) driver.disk.append(one(number));
    expect(driver.failures).toMatchObject([{ code: 'MR_DISK_FULL' }]);
  });

  it('a record larger than a segment gets one of its own', async () => {
    const files = await formatted();
    const driver = await open(files);
    const data = new Uint8Array(40_000).fill(3);
    const entries = [{ data, configuration: undefined }];
    driver.disk.append({ number: 1, hard: undefined, snapshot: 0, from: 0, entries, decided: 0 });
    driver.disk.append({ number: 2, hard: hardOf(4), snapshot: 0, from: 1, entries, decided: 1 });
    await until(() => driver.acked() === 2);
    await driver.disk.close();
    const next = await open(files);
    expect(next.disk.recovered).toMatchObject({
      entries: [...entries, ...entries],
      decided: 1,
      hard: hardOf(4),
    });
  });

  it('many restarts without work leave nothing behind', async () => {
    let files = await formatted();
    for (let life = 0; life < 12; life++) {
      const driver = await open(files);
      if (life % 2 === 0) await driver.disk.close();
      else await until(() => files.files().filter((name) => name.includes('wal-')).length > 1);
      files = files.afterKill();
    }
    expect(files.files().filter((name) => name.startsWith(`${FOLDER}/wal-`)).length).toBeLessThanOrEqual(3);
  });
});
