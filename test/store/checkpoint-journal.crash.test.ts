// Crashes of the checkpoint journal: whatever happens, what is found again is the result of a prefix of the commits
// that contains every acknowledged one.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckpointDelta } from '../../src/store/checkpoint.ts';
import { readCheckpoint } from '../../src/store/journal-recovery.ts';
import { FakeDisk } from './fake-disk.ts';
import {
  applied,
  delta,
  FOLDER,
  JOURNAL_0,
  type Model,
  modelOf,
  numbered,
  openOn,
} from './journal-harness.ts';

/** Low enough that a handful of commits starts a compaction. */
const COMPACT_OFTEN = 250;

interface Life {
  /** The models after each commit that was handed over, the one found at the start first. */
  readonly models: Model[];
  /** Commits that were acknowledged. */
  acknowledged: number;
}

/** Opens, commits (waiting only where told), closes. */
async function live(
  disk: FakeDisk,
  life: Life,
  commits: readonly { delta: CheckpointDelta; wait: boolean }[],
) {
  const journal = await openOn(disk, { compactionMinBytes: COMPACT_OFTEN });
  life.models[0] = modelOf(await journal.load());
  const answers: Promise<void>[] = [];
  for (const { delta: change, wait } of commits) {
    life.models.push(applied(life.models.at(-1) as Model, change));
    const number = life.models.length - 1;
    const answer = journal.commit(change).then(() => {
      life.acknowledged = Math.max(life.acknowledged, number);
    });
    answers.push(answer);
    if (wait) await answer;
  }
  await Promise.all(answers);
  await journal.close();
}

/** Fails unless `found` is the result of a prefix with every acknowledged commit. */
function expectPrefix(found: Model, { models, acknowledged }: Life): void {
  const allowed = models.slice(acknowledged);
  if (models.length > 0) expect(allowed).toContainEqual(found);
  else expect(found).toEqual({});
}

describe('a checkpoint journal that crashes', () => {
  it('keeps every acknowledged commit and no part of any other, life after life', async () => {
    const commits = fc.array(fc.record({ delta, wait: fc.boolean() }), { maxLength: 12 });
    const lives = fc.array(fc.record({ commits, crashAfter: fc.nat({ max: 150 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(lives, fc.integer(), async (plan, seed) => {
        let disk = new FakeDisk(seed);
        let found: Model = {};
        for (const { commits: todo, crashAfter } of plan) {
          const life: Life = { models: [], acknowledged: 0 };
          disk.crashAfter = crashAfter;
          if (await disk.untilCrash(() => live(disk, life, todo))) crashes++;
          if (life.models.length > 0) expect(life.models[0]).toEqual(found);
          else life.models.push(found); // it crashed while opening
          disk = disk.restarted();
          found = modelOf(await readCheckpoint(disk, FOLDER));
          expectPrefix(found, life);
        }
      }),
      { numRuns: 300 },
    );
    expect(crashes).toBeGreaterThan(100);
  });

  it('survives a crash at every single operation of two compactions', async () => {
    const work = Array.from({ length: 30 }, (_, n) => ({ delta: numbered(n), wait: true }));
    const run = new FakeDisk();
    await live(run, { models: [], acknowledged: 0 }, work);
    const renames = run.operations.filter((operation) => operation.startsWith('rename snapshot'));
    expect(renames.length).toBeGreaterThanOrEqual(2);
    for (let crashAfter = 0; crashAfter <= run.operations.length; crashAfter++) {
      for (let seed = 0; seed < 3; seed++) {
        const disk = new FakeDisk(seed);
        disk.crashAfter = crashAfter;
        const life: Life = { models: [], acknowledged: 0 };
        await disk.untilCrash(() => live(disk, life, work));
        const next = disk.restarted();
        const journal = await openOn(next);
        const found = modelOf(await journal.load());
        expectPrefix(found, life);
        await journal.commit(numbered(99));
        expect(modelOf(await readCheckpoint(next, FOLDER))).toEqual(applied(found, numbered(99)));
        await journal.close();
      }
    }
  });

  it('cuts a last record that is torn at any byte, and goes on behind the one before', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    await journal.commit(numbered(1));
    await journal.commit(numbered(2));
    const before = disk.content(JOURNAL_0).length;
    await journal.commit(numbered(3));
    await journal.close();
    const whole = disk.content(JOURNAL_0);
    for (let cut = before; cut < whole.length; cut++) {
      const torn = new FakeDisk();
      torn.put(JOURNAL_0, whole.subarray(0, cut));
      const next = await openOn(torn);
      const two = applied(applied({}, numbered(1)), numbered(2));
      expect(modelOf(await next.load())).toEqual(two);
      expect(torn.content(JOURNAL_0)).toHaveLength(before);
      await next.commit(numbered(4));
      await next.close();
      expect(modelOf(await readCheckpoint(torn, FOLDER))).toEqual(applied(two, numbered(4)));
    }
  });

  it('makes durable what it found before it builds on it', async () => {
    const disk = new FakeDisk();
    const journal = await openOn(disk);
    await journal.commit(numbered(1));
    await journal.close();
    disk.operations.length = 0;
    await (await openOn(disk)).close();
    expect(disk.operations).toContain('datasync journal-0000000000000000.ckpt');
  });
});
