// Bits flip and files are cut between two lives: what was acknowledged is given back, or its loss is reported with a place.
// Never is anything else given back, and never do promises go back.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../src/base/errors.ts';
import {
  Author,
  chunksOf,
  describeRecovered,
  EMPTY,
  FOLDER,
  format,
  isState,
  open,
  type State,
  snapshotText,
  textOfSnapshot,
  textsOf,
  until,
} from './harness.ts';
import { MemoryFiles } from './memory-files.ts';

/** A disk with some history, and what it has acknowledged. */
async function history(
  seed: number,
  orderly: boolean,
): Promise<{ files: MemoryFiles; states: State[]; acked: number }> {
  const files = new MemoryFiles(seed);
  await format(files);
  const author = new Author(seed, EMPTY);
  const driver = await open(files);
  for (let step = 0; step < 40; step++) {
    driver.disk.append(author.next());
    if (author.chance(0.5)) await nextTurn();
    const { entries, decided } = author.state;
    const { index, configuration } = driver.disk.snapshot!;
    if (!author.chance(0.1) || decided <= index) continue;
    const stateHash = Uint8Array.of(9);
    await driver.disk.writeSnapshot({
      index: decided,
      configuration,
      stateHash,
      chunks: chunksOf(entries, decided),
    });
  }
  if (orderly) {
    await driver.disk.close();
    return { files: files.afterKill(), states: author.states, acked: author.states.length - 1 };
  }
  files.diesAfter = files.operations.length + author.below(10);
  await files.untilDeath(() => until(() => driver.acked() === author.states.length - 1));
  const acked = driver.acked();
  return {
    files: author.chance(0.5) ? files.afterPowerLoss() : files.afterKill(),
    states: author.states,
    acked,
  };
}

/** Opens, and judges what comes of it: the state after some acknowledged record, or damage with entries that were written. */
async function judge(
  files: MemoryFiles,
  states: readonly State[],
  acked: number,
): Promise<'whole' | 'damaged' | 'refused'> {
  let driver: Awaited<ReturnType<typeof open>>;
  try {
    driver = await open(files);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    expect(error.code).toBe('MR_DATA_DAMAGED');
    expect(error.message).toMatch(/\/replica.* at byte \d+: /);
    return 'refused';
  }
  const { recovered, damage } = driver.disk;
  await driver.disk.close();
  const about = `${JSON.stringify(damage)} ${describeRecovered(recovered)}`;
  const candidates = states.slice(acked);
  if (!recovered.damaged) {
    const found = candidates.find((state) => isState(recovered, state));
    expect(found, about).toBeDefined();
    const text = recovered.offset === 0 ? '' : snapshotText(found!.entries, recovered.offset);
    expect(await textOfSnapshot(driver.disk)).toBe(text);
    return 'whole';
  }
  expect(damage?.file, about).toContain(FOLDER);
  const hard = JSON.stringify({ ...recovered.hard, damaged: false });
  expect(
    candidates.some((state) => JSON.stringify(state.hard) === hard),
    about,
  ).toBe(true);
  const { offset } = recovered;
  const texts = textsOf(recovered.entries);
  const isPrefix = ({ entries }: State) =>
    entries.length >= offset + texts.length && texts.every((text, index) => entries[offset + index] === text);
  expect(states.some(isPrefix) || texts.length === 0, about).toBe(true);
  return 'damaged';
}

function flipSomewhere(files: MemoryFiles, author: Author): string {
  const names = files.files();
  const path = names[author.below(names.length)]!;
  const byte = author.below(files.content(path).length);
  files.flipBit(path, byte, author.below(8));
  return `${path}:${byte}`;
}

describe('damage between two lives', () => {
  it.each([false, true])(
    'one flipped bit anywhere (after an orderly end: %s)',
    async (orderly) => {
      const seen = { whole: 0, damaged: 0, refused: 0 };
      for (let seed = 1; seed <= 25; seed++) {
        const { files, states, acked } = await history(seed, orderly);
        for (let attempt = 0; attempt < 5; attempt++) {
          const copy = files.afterKill();
          const where = flipSomewhere(copy, new Author(seed * 100 + attempt, EMPTY));
          try {
            seen[await judge(copy, states, acked)]++;
          } catch (error) {
            throw new Error(`seed ${seed}, ${where}`, { cause: error });
          }
        }
      }
      expect(seen.whole).toBeGreaterThan(5);
      expect(seen.damaged).toBeGreaterThan(5);
    },
    60_000,
  );

  it('every flush of an acknowledged log, one flipped bit each: always reported, never cut in silence', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const files = new MemoryFiles(seed);
      await format(files);
      const author = new Author(seed, EMPTY);
      const driver = await open(files);
      const places: { path: string; byte: number }[] = [];
      for (let step = 0; step < 20; step++) {
        driver.disk.append(author.next(100));
        await until(() => driver.acked() === step + 1);
      }
      // Killed: nothing comes after the last flush.
      const after = files.afterKill();
      for (const path of after.files().filter((name) => name.includes('/wal-'))) {
        const bytes = after.content(path);
        for (let at = 4_096; at < bytes.length; at += 4_096) {
          if (bytes.readUInt32LE(at + 504) !== 0) places.push({ path, byte: at + author.below(4_096) });
        }
      }
      expect(places.length).toBeGreaterThan(20);
      for (const { path, byte } of places) {
        const copy = after.afterKill();
        copy.flipBit(path, byte, byte % 8);
        expect(await judge(copy, author.states, 20), `${seed} ${path}:${byte}`).toBe('damaged');
      }
    }
  }, 60_000);

  it('a file cut anywhere, or gone', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { files, states, acked } = await history(seed, seed % 2 === 0);
      const author = new Author(seed, EMPTY);
      for (const path of files.files()) {
        const copy = files.afterKill();
        const content = copy.content(path);
        if (author.chance(0.3)) copy.drop(path);
        else copy.put(path, Buffer.from(content.subarray(0, author.below(content.length))));
        try {
          await judge(copy, states, acked);
        } catch (error) {
          throw new Error(`seed ${seed}, ${path}`, { cause: error });
        }
      }
    }
  }, 60_000);

  it('several flipped bits: reported or harmless, never wrong', async () => {
    for (let seed = 200; seed < 220; seed++) {
      const { files, states, acked } = await history(seed, false);
      const author = new Author(seed, EMPTY);
      const where = Array.from({ length: 4 }, () => flipSomewhere(files, author));
      try {
        await judge(files, states, acked);
      } catch (error) {
        throw new Error(`seed ${seed}, ${where.join(' ')}`, { cause: error });
      }
    }
  }, 60_000);

  it('a damaged log is told of until it is repaired, and its damage does not come back after that', async () => {
    const files = new MemoryFiles(5);
    await format(files);
    const author = new Author(5, EMPTY);
    const first = await open(files);
    for (let step = 0; step < 12; step++) {
      first.disk.append(author.next(50));
      await until(() => first.acked() === step + 1);
    }
    await first.disk.close();
    files.flipBit(`${FOLDER}/wal-0000000000000001.log`, 6 * 4_096 + 100, 1);
    const alone = open(files, { onDamage: 'refuse' });
    await expect(alone).rejects.toMatchObject({ code: 'MR_DATA_DAMAGED' });
    await expect(alone).rejects.toThrow('wal-0000000000000001.log is damaged at byte 24576');

    const second = await open(files);
    const { recovered } = second.disk;
    expect(recovered).toMatchObject({ damaged: true, hard: { damaged: true } });
    const length = recovered.entries.length;
    await second.disk.close();

    const third = await open(files);
    expect(third.disk.recovered).toMatchObject({ damaged: false, hard: { damaged: true } });
    expect(third.disk.recovered.entries).toHaveLength(length);
    const repair = {
      number: 1,
      hard: author.state.hard,
      snapshot: 0,
      from: length,
      entries: [],
      decided: length,
    };
    third.disk.append(repair);
    await until(() => third.acked() === 1);
    await third.disk.close();
    const fourth = await open(files, { onDamage: 'refuse' });
    expect(fourth.disk.recovered).toMatchObject({
      damaged: false,
      hard: { damaged: false },
      decided: length,
    });
    await fourth.disk.close();
  });
});
