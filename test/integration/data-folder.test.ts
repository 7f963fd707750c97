// Owns: what the real command does with a data folder that is locked, of another version, damaged, or does not fit the topology
// any more: one clear error, nothing changed, and all is as it was once the cause is gone.

import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../../src/base/error-codes.ts';
import { checkpointFolder } from '../../src/store/checkpoint-folder.ts';
import { millrace, type Outcome, start } from '../cli/command-line.ts';
import {
  dataFolder,
  expectClear,
  fill,
  fixture,
  kill,
  resultOf,
  storedState,
  TopicWatch,
  valuesIn,
} from './harness.ts';

// Each test starts several processes, and the machine may have more to do.
vi.setConfig({ testTimeout: 90_000 });

const RECORDS = 200;
const IDS = Array.from({ length: RECORDS }, (_, id) => String(id + 1));

interface Place {
  readonly dataDir: string;
  readonly done: TopicWatch;
  run(...args: string[]): Promise<Outcome>;
}

async function place(): Promise<Place> {
  const dataDir = dataFolder();
  await fill(dataDir, 'ids', IDS);
  await fill(dataDir, 'done', []);
  return {
    dataDir,
    done: await TopicWatch.open(dataDir, 'done'),
    run: (...args) => millrace([...command(dataDir), '--until-end', ...args], { cwd: dataDir }),
  };
}

function command(dataDir: string): string[] {
  return ['run', fixture('copy'), '--data', dataDir, '--json', '--set', 'commitIntervalMs=20'];
}

function expectRefused(outcome: Outcome, code: ErrorCode, ...texts: readonly string[]): void {
  expect(outcome.code).toBe(ERROR_CODES[code]);
  expectClear(outcome, code);
  for (const text of texts) expect(outcome.stderr).toContain(text);
}

function expectCompleted(outcome: Outcome): void {
  expect(outcome.stderr).not.toContain('MR_');
  expect(resultOf(outcome)['status']).toBe('completed');
}

describe('one at a time', () => {
  it('a second run of the topology, and a second writer of its topic, are refused with the pid', async () => {
    const { dataDir, done, run } = await place();
    const running = start([...command(dataDir), '--set', 'pauseMs=20'], { cwd: dataDir });
    await done.reaches(5, running);
    expectRefused(await run(), 'MR_DATA_LOCKED', `process ${running.child.pid}`, 'copy');
    const produce = await millrace(['topics', 'produce', 'done', '--data', dataDir], { cwd: dataDir }, 'x\n');
    expectRefused(produce, 'MR_DATA_LOCKED', `process ${running.child.pid}`, 'Topic done');
    const remove = await millrace(['topics', 'delete', 'done', '--data', dataDir], { cwd: dataDir });
    expectRefused(remove, 'MR_DATA_LOCKED', `process ${running.child.pid}`);
    // A stopped process is not a dead one.
    running.child.kill('SIGSTOP');
    expectRefused(await run(), 'MR_DATA_LOCKED', `process ${running.child.pid}`);
    await kill(running);
    expectCompleted(await run());
    expect(new Set(await valuesIn(dataDir, 'done'))).toEqual(new Set(IDS));
  });
});

describe('a data folder of another version', () => {
  it('is refused and left alone, whichever part of it is', async () => {
    const { dataDir, run } = await place();
    expectCompleted(await run());
    const other = (text: string) => text.replace(/"(format|version)":\s*\d+/, '"$1":99');
    const parts: [path: string, change: (text: string) => string][] = [
      [join(dataDir, 'millrace.json'), other],
      [join(dataDir, 'millrace.json'), () => 'rubbish'],
      [join(dataDir, 'topics/ids/topic.json'), other],
      [journalOf(dataDir), (text) => `${text.slice(0, 8)}\u0063${text.slice(9)}`],
    ];
    for (const [path, change] of parts) {
      const before = readFileSync(path, 'latin1');
      const changed = change(before);
      expect(changed).not.toBe(before);
      writeFileSync(path, changed, 'latin1');
      expectRefused(await run(), 'MR_DATA_FORMAT', path);
      expect(readFileSync(path, 'latin1')).toBe(changed);
      writeFileSync(path, before, 'latin1');
    }
    expectCompleted(await run());
    expect(new Set(await valuesIn(dataDir, 'done'))).toEqual(new Set(IDS));
  });
});

function journalOf(dataDir: string): string {
  const lane = checkpointFolder(dataDir, 'copy', 0);
  return join(lane, readdirSync(lane).find((name) => name.startsWith('journal-'))!);
}

function flipByte(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = bytes[offset]! ^ 0xff;
  writeFileSync(path, bytes);
}

describe('a damaged file', () => {
  it('of the checkpoints is an error that names file and byte; a torn tail is none', async () => {
    const { dataDir, done, run } = await place();
    const running = start([...command(dataDir), '--set', 'pauseMs=20'], { cwd: dataDir });
    await done.reaches(60, running);
    await kill(running);
    const journal = journalOf(dataDir);
    flipByte(journal, 60);
    const refused = await run();
    expectRefused(refused, 'MR_DATA_DAMAGED', journal, 'at byte 24');
    flipByte(journal, 60);
    truncateSync(journal, readFileSync(journal).length - 3);
    expectCompleted(await run());
    expect(new Set(await valuesIn(dataDir, 'done'))).toEqual(new Set(IDS));
    for (const times of (await storedState(dataDir, 'copy', 'count')).values()) {
      expect(times).toBeGreaterThanOrEqual(1);
    }
  });

  it('of a topic is an error that names file and byte, and what came before it is kept', async () => {
    const { dataDir, run } = await place();
    const segment = join(dataDir, 'topics/ids/0/00000000000000000000.log');
    const middle = Math.floor(readFileSync(segment).length / 2);
    flipByte(segment, middle);
    const refused = await run();
    expectRefused(refused, 'MR_DATA_DAMAGED', segment);
    flipByte(segment, middle);
    expectCompleted(await run());
    expect(new Set(await valuesIn(dataDir, 'done'))).toEqual(new Set(IDS));
  });
});

describe('stored state that does not fit', () => {
  it('other parallelism, or another name, is refused; the old shape goes on', async () => {
    const { dataDir, run } = await place();
    expectCompleted(await run());
    expectRefused(
      await run('--set', 'count.parallelism=2'),
      'MR_STATE_PARALLELISM',
      '--set count.parallelism=1',
    );
    const renamed = join(dataDir, 'renamed.ts');
    writeFileSync(renamed, readFileSync(fixture('copy'), 'utf8').replaceAll("'count'", "'tally'"));
    const outcome = await millrace(['run', renamed, '--data', dataDir, '--until-end'], { cwd: dataDir });
    expectRefused(outcome, 'MR_STATE_UNKNOWN_COMPONENT', 'count.seen');
    await fill(dataDir, 'ids', ['1']);
    expectCompleted(await run());
    expect((await storedState(dataDir, 'copy', 'count')).get('1')).toBe(2);
  });
});

describe('a position that is gone', () => {
  it('below retention is an error, and so is one behind the end', async () => {
    const { dataDir } = await place();
    await fill(dataDir, 'short', [], { segmentBytes: 1_024, retentionBytes: 4_096 });
    const copy = join(dataDir, 'short.ts');
    writeFileSync(copy, readFileSync(fixture('copy'), 'utf8').replace("topic('ids'", "topic('short'"));
    const go = () => millrace(['run', copy, '--data', dataDir, '--until-end', '--json'], { cwd: dataDir });
    await fill(dataDir, 'short', IDS.slice(0, 10));
    expectCompleted(await go());
    for (let round = 0; round < 5; round++) await fill(dataDir, 'short', IDS);
    expectRefused(await go(), 'MR_OFFSET_OUT_OF_RANGE', 'the stored position 10', 'retention');

    const remove = await millrace(['topics', 'delete', 'short', '--data', dataDir], {
      cwd: dataDir,
    });
    expect(remove.code).toBe(0);
    await fill(dataDir, 'short', IDS.slice(0, 3));
    expectRefused(await go(), 'MR_OFFSET_OUT_OF_RANGE', 'the stored position 10', 'made anew');
  });
});
