// The checkpoint journal when the disk is well, full, failing or damaged, and while it compacts.

import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { JOURNAL_LIMITS, openCheckpointJournal } from '../../src/store/checkpoint-journal.ts';
import { readCheckpoint } from '../../src/store/journal-recovery.ts';
import { FakeDisk, systemError } from './fake-disk.ts';
import { applied, FOLDER, JOURNAL_0, type Model, modelOf, numbered, openOn } from './journal-harness.ts';

function upTo(last: number): Model {
  let model: Model = {};
  for (let n = 1; n <= last; n++) model = applied(model, numbered(n));
  return model;
}

async function found(disk: FakeDisk): Promise<Model> {
  return modelOf(await readCheckpoint(disk, FOLDER));
}

/** A disk with a journal of `count` records, and where each ends. */
async function written(count: number): Promise<{ disk: FakeDisk; ends: number[] }> {
  const disk = new FakeDisk();
  const journal = await openOn(disk);
  const ends = [disk.content(JOURNAL_0).length];
  for (let n = 1; n <= count; n++) {
    await journal.commit(numbered(n));
    ends.push(disk.content(JOURNAL_0).length);
  }
  await journal.close();
  return { disk, ends };
}

describe('a checkpoint journal', () => {
  it('starts with nothing, numbers its commits and finds them again', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    expect(await journal.load()).toMatchObject({ sequence: 0 });
    await journal.commit(numbered(1));
    await journal.commit({ meta: new Map([['version', '7']]) });
    await journal.commit({});
    await journal.close();
    const again = await openOn(disk);
    const checkpoint = await again.load();
    expect(checkpoint.sequence).toBe(2);
    expect(checkpoint.meta).toEqual(new Map([['version', '7']]));
    expect(checkpoint.positions).toEqual(new Map([['lines', new Map([[0, 1]])]]));
    await again.close();
  });

  it('has one flush in flight, and makes one record of the commits that wait', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    const opening = disk.operations.length;
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4, 5].map((n) => journal.commit(numbered(n)).then(() => order.push(n))));
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect((await journal.load()).sequence).toBe(2);
    const names = disk.operations.slice(opening).map((operation) => operation.split(' ')[0]);
    expect(names).toEqual(['write', 'datasync', 'write', 'datasync']);
    expect(await found(disk)).toEqual(upTo(5));
    await journal.close();
  });

  it('answers only after the flush', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    let flushed = false;
    disk.fault = (operation) => {
      if (operation === 'datasync') flushed = true;
    };
    await journal.commit(numbered(1));
    expect(flushed).toBe(true);
    await journal.close();
  });

  it('lets queued commits finish when it is closed, and takes none after', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    const answers = [1, 2, 3].map((n) => journal.commit(numbered(n)));
    await journal.close();
    await Promise.all(answers);
    expect(await found(disk)).toEqual(upTo(3));
    expect(() => journal.commit(numbered(4))).toThrow(/nothing is committed to a journal that is closed/);
  });

  it('refuses a folder that is locked, touches nothing, and frees the lock at the end and after an error', async () => {
    const disk = new FakeDisk();
    const options = { folder: FOLDER, fs: disk, logger: silentLogger() };
    const locked = new MillraceError('MR_DATA_LOCKED', 'taken');
    await expect(openCheckpointJournal({ ...options, lock: () => Promise.reject(locked) })).rejects.toBe(
      locked,
    );
    expect(disk.files()).toEqual([]);
    let held = 0;
    const lock = async () => {
      held++;
      return { release: async () => void held-- };
    };
    const journal = await openCheckpointJournal({ ...options, lock });
    expect(held).toBe(1);
    await Promise.all([journal.close(), journal.close()]);
    expect(held).toBe(0);
    disk.put(JOURNAL_0, Buffer.from('nonsense'));
    await expect(openCheckpointJournal({ ...options, lock })).rejects.toThrow(MillraceError);
    expect(held).toBe(0);
  });

  it('stops the whole use of a checkpoint whose state is read after the next commit', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    await journal.commit(numbered(1));
    const pieces = (await journal.load()).state[Symbol.iterator]();
    expect(pieces.next().done).toBe(false);
    await journal.commit(numbered(2));
    expect(() => pieces.next()).toThrow(/used up before the next commit/);
    await journal.close();
  });
});

describe('a checkpoint journal on a bad disk', () => {
  it('refuses everything after a failed flush', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    await journal.commit(numbered(1));
    disk.fault = (operation) => {
      if (operation === 'datasync') throw systemError('EIO');
    };
    const both = [journal.commit(numbered(2)), journal.commit(numbered(3))];
    const answers = await Promise.allSettled(both);
    disk.fault = () => {};
    answers.push(...(await Promise.allSettled([journal.commit(numbered(4)), journal.commit({})])));
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'MR_IO' } });
    }
    await journal.close();
    expect([upTo(1), upTo(2)]).toContainEqual(await found(disk.restarted()));
  });

  it('cuts what did not fit, keeps it in memory and writes it with the next commit, in order', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    await journal.commit(numbered(1));
    const before = disk.content(JOURNAL_0);
    disk.capacity = disk.used() + 30;
    await expect(journal.commit(numbered(2))).rejects.toMatchObject({ code: 'MR_DISK_FULL' });
    await expect(journal.commit({})).rejects.toMatchObject({ code: 'MR_DISK_FULL' });
    await expect(journal.commit(numbered(3))).rejects.toMatchObject({ code: 'MR_DISK_FULL' });
    expect(disk.content(JOURNAL_0)).toEqual(before);
    disk.capacity = Number.POSITIVE_INFINITY;
    await journal.commit({});
    expect(await found(disk)).toEqual(upTo(3));
    await journal.commit(numbered(4));
    await journal.close();
    expect(await found(disk)).toEqual(upTo(4));
  });

  it('gives up when a full disk holds back too many commits', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    disk.capacity = disk.used();
    const many = Array.from({ length: JOURNAL_LIMITS.heldBackCommits + 2 }, (_, n) =>
      journal.commit(numbered(n)),
    );
    const [first, ...others] = await Promise.allSettled(many);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'MR_DISK_FULL' } });
    // Not the code of a full disk, which callers wait out: from here on waiting is in vain.
    for (const answer of others) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'MR_IO' } });
    }
    disk.capacity = Number.POSITIVE_INFINITY;
    await expect(journal.commit({})).rejects.toMatchObject({ code: 'MR_IO' });
    await journal.close();
    expect(await found(disk)).toEqual({});
  });

  it('calls a flipped bit damage and names file and place, except in the last record, which it may cut', async () => {
    const { disk, ends } = await written(3);
    const whole = disk.content(JOURNAL_0);
    const [start, , second] = ends as [number, number, number];
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      const bad = new FakeDisk();
      bad.put(JOURNAL_0, bytes);
      if (at >= second) {
        expect(await found(bad), `byte ${at}`).toEqual(upTo(2));
        continue;
      }
      const error: unknown = await openOn(bad).catch((thrown: unknown) => thrown);
      const isVersion = at >= 8 && at < 12;
      expect(error, `byte ${at}`).toMatchObject({
        code: isVersion ? 'MR_DATA_FORMAT' : 'MR_DATA_DAMAGED',
        message: expect.stringContaining(JOURNAL_0),
      });
      if (at >= start) expect((error as Error).message).toMatch(/at byte \d+/);
      expect(bad.content(JOURNAL_0), 'nothing is changed').toEqual(bytes);
    }
  });

  it('calls a removed or shortened journal damage', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk, { compactionMinBytes: 1 });
    for (let n = 1; n <= 20; n++) await journal.commit(numbered(n));
    await journal.close();
    const journals = disk.files().filter((name) => name.includes('journal-') && !name.endsWith('.tmp'));
    const last = journals.at(-1) as string;
    expect(last).not.toBe(JOURNAL_0);
    await disk.unlink(last);
    await expect(openOn(disk)).rejects.toMatchObject({ code: 'MR_DATA_DAMAGED' });
  });

  it('refuses another version and what is no checkpoint', async () => {
    const { disk } = await written(1);
    const bytes = Buffer.from(disk.content(JOURNAL_0));
    bytes.writeUInt32LE(2, 8);
    disk.put(JOURNAL_0, bytes);
    await expect(openOn(disk)).rejects.toMatchObject({
      code: 'MR_DATA_FORMAT',
      expected: 'format 1',
      got: 'format 2',
    });
    disk.put(JOURNAL_0, Buffer.from('{"sequence": 4}'));
    await expect(openOn(disk)).rejects.toMatchObject({ code: 'MR_DATA_DAMAGED' });
  });
});

describe('compaction of a checkpoint journal', () => {
  it('leaves one snapshot and one journal, which together are the state', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk, { compactionMinBytes: 300 });
    for (let n = 1; n <= 200; n++) await journal.commit(numbered(n));
    await journal.close();
    await (await openOn(disk)).close();
    const kinds = disk.files().map((name) => /(\w+)-\d{16}\.ckpt$/.exec(name)?.[1]);
    expect(kinds).toEqual(['journal', 'snapshot']);
    expect(disk.used()).toBeLessThan(5_000);
    expect(await found(disk)).toEqual(upTo(200));
  });

  it('does not hold commits up, and its snapshot may hold newer values', async () => {
    const disk = new FakeDisk();
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    disk.fault = (operation, path) => (operation === 'write' && path.includes('snapshot') ? gate : undefined);
    const journal = await openOn(disk, { compactionMinBytes: 100 });
    for (let n = 1; n <= 30; n++) await journal.commit(numbered(n));
    expect(disk.files().some((name) => name.endsWith('snapshot.ckpt'))).toBe(false);
    release();
    for (let n = 31; n <= 60; n++) await journal.commit(numbered(n));
    await journal.close();
    expect(disk.operations.some((operation) => operation.startsWith('rename snapshot'))).toBe(true);
    expect(await found(disk)).toEqual(upTo(60));
  });

  it('insists on every record whose effects the snapshot may hold', async () => {
    const disk = new FakeDisk();
    let commitMore: () => Promise<void> = async () => {};
    disk.fault = async (operation, path) => {
      if (operation === 'write' && path.includes('snapshot')) await commitMore();
    };
    const journal = await openOn(disk, { compactionMinBytes: 120 });
    let base = 0;
    commitMore = async () => {
      commitMore = async () => {};
      base = (await journal.load()).sequence;
      await journal.commit(numbered(3));
    };
    await journal.commit(numbered(1));
    await journal.commit(numbered(2));
    while (!disk.operations.some((operation) => operation.startsWith('unlink'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await journal.close();
    expect(await found(disk)).toEqual(upTo(3));
    const path = `${FOLDER}/journal-${String(base).padStart(16, '0')}.ckpt`;
    disk.put(path, disk.content(path).subarray(0, 24));
    await expect(openOn(disk)).rejects.toMatchObject({ code: 'MR_DATA_DAMAGED' });
  });

  it('calls every flipped bit in a snapshot damage', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk, { compactionMinBytes: 200 });
    for (let n = 1; n <= 20; n++) await journal.commit(numbered(n));
    await journal.close();
    const path = disk.files().find((name) => /snapshot-\d+\.ckpt$/.test(name)) as string;
    const whole = disk.content(path);
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      disk.put(path, bytes);
      const error: unknown = await openOn(disk).catch((thrown: unknown) => thrown);
      expect(error, `byte ${at}`).toMatchObject({
        code: at >= 8 && at < 12 ? 'MR_DATA_FORMAT' : 'MR_DATA_DAMAGED',
      });
    }
    disk.put(path, Buffer.concat([whole, Buffer.from('more')]));
    await expect(openOn(disk)).rejects.toMatchObject({ code: 'MR_DATA_DAMAGED' });
  });

  it('is put off by a full disk, which commits may not even notice', async () => {
    const disk = new FakeDisk();
    const warnings: string[] = [];
    const logger = { ...silentLogger(), warn: (_: unknown, message: string) => void warnings.push(message) };
    disk.fault = (operation, path) => {
      if (operation === 'write' && path.includes('snapshot')) throw systemError('ENOSPC');
    };
    const journal = await openOn(disk, { compactionMinBytes: 300, logger });
    for (let n = 1; n <= 60; n++) await journal.commit(numbered(n));
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length, 'not at every commit').toBeLessThan(10);
    disk.fault = () => {};
    for (let n = 61; n <= 200; n++) await journal.commit(numbered(n));
    await journal.close();
    expect(disk.files().some((name) => /snapshot-\d+\.ckpt$/.test(name))).toBe(true);
    expect(await found(disk)).toEqual(upTo(200));
  });

  it('ends the journal when the disk fails in it', async () => {
    const disk = new FakeDisk();
    disk.fault = (operation, path) => {
      if (operation === 'datasync' && path.includes('snapshot')) throw systemError('EIO');
    };
    const journal = await openOn(disk, { compactionMinBytes: 300 });
    const answers: PromiseSettledResult<void>[] = [];
    for (let n = 1; n <= 60; n++) answers.push(...(await Promise.allSettled([journal.commit(numbered(n))])));
    await journal.close();
    expect(answers.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'MR_IO' } });
    const acknowledged = answers.filter(({ status }) => status === 'fulfilled').length;
    expect(await found(disk.restarted())).toEqual(upTo(acknowledged));
  });
});

describe('a reader beside the owner', () => {
  it('tries again when a file goes away under its hands, but not for ever', async () => {
    const { disk } = await written(2);
    let failures = 2;
    disk.fault = (operation) => {
      if (operation === 'open' && failures-- > 0) throw systemError('ENOENT');
    };
    expect(await found(disk)).toEqual(upTo(2));
    failures = Number.POSITIVE_INFINITY;
    await expect(found(disk)).rejects.toMatchObject({ code: 'MR_IO' });
  });

  it('changes nothing, not even a torn tail', async () => {
    const { disk, ends } = await written(2);
    const torn = disk.content(JOURNAL_0).subarray(0, (ends[2] as number) - 1);
    disk.put(JOURNAL_0, torn);
    disk.operations.length = 0;
    expect(await found(disk)).toEqual(upTo(1));
    expect(disk.content(JOURNAL_0)).toEqual(torn);
    expect(new Set(disk.operations.map((operation) => operation.split(' ')[0]))).toEqual(
      new Set(['list', 'open', 'size', 'read', 'close']),
    );
  });

  it('reports damage that stays', async () => {
    const { disk, ends } = await written(3);
    const bytes = Buffer.from(disk.content(JOURNAL_0));
    bytes[ends[0] as number] = 255;
    disk.put(JOURNAL_0, bytes);
    await expect(found(disk)).rejects.toMatchObject({ code: 'MR_DATA_DAMAGED' });
  });
});
