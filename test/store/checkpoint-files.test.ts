// The checkpoint journal on the real file system, large states, readers beside the owner, and the bytes of a file.

import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import type { TableEntries } from '../../src/store/checkpoint.ts';
import { checkpointFolder } from '../../src/store/checkpoint-folder.ts';
import { type CheckpointJournal, openCheckpointJournal } from '../../src/store/checkpoint-journal.ts';
import { nodeFileSystem } from '../../src/store/file-system.ts';
import { FRAME_TARGET_BYTES, MAX_TEXT_BYTES } from '../../src/store/frame-format.ts';
import { readCheckpoint } from '../../src/store/journal-recovery.ts';
import { modelOf, numbered } from './journal-harness.ts';

let dataDir: string;
let folder: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-checkpoint-'));
  folder = checkpointFolder(dataDir, 'word-count', 0);
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

function open(compactionMinBytes = 4_194_304): Promise<CheckpointJournal> {
  const lock = async () => ({ release: async () => {} });
  return openCheckpointJournal({
    folder,
    fs: nodeFileSystem,
    logger: silentLogger(),
    lock,
    compactionMinBytes,
  });
}

function manyKeys(count: number, value: string): TableEntries {
  const keys = Array.from({ length: count }, (_, n) => `skey-${n}`);
  return { component: 'count', task: 3, state: 'totals', keys, values: keys.map(() => value) };
}

function entriesIn(state: Iterable<TableEntries>): Map<string, string | null> {
  const all = new Map<string, string | null>();
  for (const { keys, values } of state)
    keys.forEach((key, index) => void all.set(key, values[index] ?? null));
  return all;
}

describe('a checkpoint journal on the real file system', () => {
  it('makes its folder, and finds its commits again', async () => {
    const journal = await open();
    await Promise.all([1, 2, 3].map((n) => journal.commit(numbered(n))));
    await journal.close();
    expect(await readdir(join(dataDir, 'apps', 'word-count', 'lane-0'))).toEqual([
      'journal-0000000000000000.ckpt',
    ]);
    const again = await open();
    expect(modelOf(await again.load())).toEqual({
      'position/lines/0': 3,
      'state/count/totals/0/s0': '3',
      'state/count/totals/0/s1': '1',
      'state/count/totals/0/s2': '2',
    });
    await again.close();
  });

  it('keeps a record of many frames whole: cut in the middle, none of it is there', async () => {
    const journal = await open();
    await journal.commit(numbered(1));
    await journal.commit({ state: [manyKeys(60_000, '"one"')] });
    const all = entriesIn((await readCheckpoint(nodeFileSystem, folder)).state);
    expect(all.size).toBe(60_001);
    expect(all.get('skey-59999')).toBe('"one"');
    await journal.close();
    await truncate(join(folder, 'journal-0000000000000000.ckpt'), 3 * FRAME_TARGET_BYTES);
    expect(modelOf(await readCheckpoint(nodeFileSystem, folder))).toEqual({
      'position/lines/0': 1,
      'state/count/totals/0/s1': '1',
    });
  });

  it('compacts a large state while commits go on and readers read', async () => {
    const journal = await open(2_000_000);
    for (let n = 1; n <= 8; n++) {
      await journal.commit({
        positions: new Map([['lines', new Map([[0, n]])]]),
        state: [manyKeys(30_000, String(n))],
      });
      const seen = await readCheckpoint(nodeFileSystem, folder);
      expect(seen.positions.get('lines')?.get(0)).toBe(n);
      expect(new Set(entriesIn(seen.state).values())).toEqual(new Set([String(n)]));
    }
    await journal.close();
    const names = await readdir(folder);
    expect(names.filter((name) => /^snapshot-\d+\.ckpt$/.test(name))).toHaveLength(1);
    expect(names).not.toContain('journal-0000000000000000.ckpt');
    const checkpoint = await readCheckpoint(nodeFileSystem, folder);
    expect(checkpoint.sequence).toBe(8);
    expect(entriesIn(checkpoint.state).size).toBe(30_000);
  });

  it('stores a value far larger than a frame, and refuses one past the limit by name', async () => {
    const journal = await open();
    const large = 'ä'.repeat(FRAME_TARGET_BYTES);
    await journal.commit({ meta: new Map([['large', large]]) });
    await expect(
      journal.commit({ meta: new Map([['huge', 'x'.repeat(MAX_TEXT_BYTES + 1)]]) }),
    ).rejects.toMatchObject({ code: 'MR_STATE_VALUE' });
    await journal.close();
    expect((await readCheckpoint(nodeFileSystem, folder)).meta).toEqual(new Map([['large', large]]));
  });

  it('makes a data folder whose parents are missing, too', async () => {
    folder = checkpointFolder(join(dataDir, 'a', 'b', 'c'), 'x', 1);
    await (await open()).close();
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('reads a folder that is not there as nothing', async () => {
    expect((await readCheckpoint(nodeFileSystem, join(dataDir, 'nowhere'))).sequence).toBe(0);
  });

  it('says so when the folder cannot be made', async () => {
    await writeFile(join(dataDir, 'apps'), 'a file');
    await expect(open()).rejects.toMatchObject({ code: 'MR_IO', expected: expect.stringContaining(folder) });
  });
});

describe('checkpointFolder', () => {
  it('stays inside the data folder whatever the name', () => {
    const names = ['a', '.', '..', '../x', 'a/b', 'ä', 'a*b', '.a'];
    const folders = names.map((name) => checkpointFolder('/d', name, 2));
    for (const path of folders) expect(path).toMatch(/^\/d\/apps\/[^/]+\/lane-2$/);
    expect(new Set(folders).size).toBe(names.length);
    expect(folders.some((path) => path.includes('/./') || path.includes('/../'))).toBe(false);
    expect(folders[0]).toBe('/d/apps/a/lane-2');
  });
});
