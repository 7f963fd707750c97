// Owns: the promise of each guarantee when the process is killed at random moments: computed from the records themselves.

import { describe, expect, it, vi } from 'vitest';
import type { Guarantee } from '../../src/delivery/guarantee.ts';
import { millrace, type Running, start } from '../cli/command-line.ts';
import {
  Chance,
  dataFolder,
  deadLettersIn,
  fill,
  fixture,
  kill,
  ownerOf,
  resultOf,
  storedState,
  TopicWatch,
  tell,
  until,
  valuesIn,
} from './harness.ts';

// Each test starts several processes, and the machine may have more to do.
vi.setConfig({ testTimeout: 90_000 });

const KILLS = 10;
const RECORDS = 5_000;
/** Few records fit into one read of the input, so that one reservation of at most once does not take them all. */
const PADDING = 'x'.repeat(6_000);

function inputs(count: number): string[] {
  return Array.from({ length: count }, (_, id) => `${id + 1} ${PADDING}`);
}

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, id) => String(id + 1));
}

interface Trial {
  readonly dataDir: string;
  readonly chance: Chance;
  readonly args: readonly string[];
  readonly watch: TopicWatch;
}

/** A filled topic and an empty one that the topology `copy` writes. */
async function trial(guarantee: Guarantee, records: number, ...args: string[]): Promise<Trial> {
  const dataDir = dataFolder();
  await fill(dataDir, 'ids', inputs(records));
  await fill(dataDir, 'done', []);
  const watch = await TopicWatch.open(dataDir, 'done');
  return {
    dataDir,
    chance: new Chance(),
    watch,
    args: [
      ...['run', fixture('copy'), '--data', dataDir, '--guarantee', guarantee, '--until-end', '--json'],
      ...['--set', 'commitIntervalMs=50', '--set', 'retryBackoffMs=1', ...args],
    ],
  };
}

function begin({ dataDir, args }: Trial): Running {
  return start(args, { cwd: dataDir });
}

async function finish({ dataDir, args }: Trial): Promise<void> {
  const outcome = await millrace(args, { cwd: dataDir });
  expect(outcome.stderr).not.toContain('MR_');
  expect(outcome.code).toBe(0);
  expect(resultOf(outcome)['status']).toBe('completed');
}

/** How often each id is in the output topic; ids that are not there count 0. */
async function timesDone(dataDir: string, records: number): Promise<Map<string, number>> {
  const times = new Map(ids(records).map((id) => [id, 0]));
  for (const id of await valuesIn(dataDir, 'done')) {
    expect(times.has(id)).toBe(true);
    times.set(id, times.get(id)! + 1);
  }
  return times;
}

function count(times: Iterable<number>, test: (times: number) => boolean): number {
  return [...times].filter(test).length;
}

/** Kills ten runs, each after some more outputs, and lets the eleventh end. */
async function killTenTimes(trial: Trial): Promise<void> {
  const { chance, watch } = trial;
  for (let round = 0; round < KILLS; round++) {
    const running = begin(trial);
    await watch.reaches((await watch.count()) + chance.between(1, 200), running);
    await kill(running);
  }
  await finish(trial);
}

interface Damage {
  readonly lost: number;
  readonly repeated: number;
  readonly stateMissed: number;
  readonly stateTwice: number;
}

async function damageOf(dataDir: string, records: number): Promise<Damage> {
  const done = await timesDone(dataDir, records);
  const state = await storedState(dataDir, 'copy', 'count');
  const counted = ids(records).map((id) => Number(state.get(id) ?? 0));
  return {
    lost: count(done.values(), (times) => times === 0),
    repeated: count(done.values(), (times) => times > 1),
    stateMissed: count(counted, (times) => times === 0),
    stateTwice: count(counted, (times) => times > 1),
  };
}

function report(guarantee: Guarantee, { chance }: Trial, damage: Damage): void {
  tell(
    `${guarantee}, ${RECORDS} records, ${KILLS} kills, seed ${chance.seed}: outputs ${damage.lost} lost, ${damage.repeated} repeated; ` +
      `state ${damage.stateMissed} missed, ${damage.stateTwice} counted again`,
  );
}

describe('ten kills at random moments', () => {
  it('lose nothing under at least once, and repeat something', async () => {
    const one = await trial('at-least-once', RECORDS);
    await killTenTimes(one);
    const damage = await damageOf(one.dataDir, RECORDS);
    report('at-least-once', one, damage);
    expect(damage).toMatchObject({ lost: 0, stateMissed: 0 });
    expect(damage.repeated).toBeGreaterThan(0);
  });

  it('repeat nothing under at most once, and lose something', async () => {
    const one = await trial('at-most-once', RECORDS);
    await killTenTimes(one);
    const damage = await damageOf(one.dataDir, RECORDS);
    report('at-most-once', one, damage);
    expect(damage).toMatchObject({ repeated: 0, stateTwice: 0 });
    expect(damage.lost).toBeGreaterThan(0);
  });
});

describe('a kill at a bad moment loses nothing under at least once', () => {
  const records = 400;

  it('during a drain', async () => {
    const one = await trial('at-least-once', records, '--set', 'pauseMs=40');
    const running = begin(one);
    await one.watch.reaches(20, running);
    running.child.kill('SIGTERM');
    await running.shown('finishing what is in flight');
    await kill(running);
    await finish({ ...one, args: [...one.args, '--set', 'pauseMs=1'] });
    const damage = await damageOf(one.dataDir, records);
    expect(damage).toMatchObject({ lost: 0, stateMissed: 0 });
  });

  it('during the start, again and again', async () => {
    const one = await trial('at-least-once', records);
    const first = begin(one);
    await one.watch.reaches(100, first);
    await kill(first);
    const before = await one.watch.count();
    for (let round = 0; round < 3; round++) {
      const running = begin(one);
      await until('the lock', running, () => ownerOf(one.dataDir, 'copy') === running.child.pid);
      await kill(running);
    }
    // Nothing or next to nothing was written: the kills came before the first batch of most of these runs.
    expect((await one.watch.count()) - before).toBeLessThan(records / 2);
    await finish(one);
    expect(await damageOf(one.dataDir, records)).toMatchObject({ lost: 0, stateMissed: 0 });
  });

  it('while dead letters are written', async () => {
    const one = await trial('at-least-once', records, '--set', 'refuse=2', '--set', 'maxAttempts=1');
    await fill(one.dataDir, 'copy.dead-letters', []);
    const letters = await TopicWatch.open(one.dataDir, 'copy.dead-letters');
    for (let round = 0; round < 3; round++) {
      const running = begin(one);
      await letters.reaches((await letters.count()) + one.chance.between(1, 30), running);
      await kill(running);
    }
    await finish(one);
    const done = new Set(await valuesIn(one.dataDir, 'done'));
    const dead = new Set((await deadLettersIn(one.dataDir, 'copy')).map(({ value }) => String(value)));
    const even = ids(records).filter((id) => Number(id) % 2 === 0);
    const odd = ids(records).filter((id) => Number(id) % 2 === 1);
    expect([...dead].sort()).toEqual(even.sort());
    expect([...done].sort()).toEqual(odd.sort());
  });
});

describe('a kill of topics produce', () => {
  it('keeps what was acknowledged and a prefix of the rest', async () => {
    const dataDir = dataFolder();
    const where = { cwd: dataDir };
    const lines = (name: string, count: number) =>
      Array.from({ length: count }, (_, n) => `${name} ${n} ${PADDING}`);
    const args = ['topics', 'produce', 'lines', '--data', dataDir];
    const first = await millrace(args, where, `${lines('first', 300).join('\n')}\n`);
    expect(first.stdout).toBe('300 records appended to lines\n');

    const watch = await TopicWatch.open(dataDir, 'lines');
    const cut = start(args, where);
    const feed = lines('second', 20_000).join('\n');
    cut.child.stdin.write(feed);
    await watch.reaches(301, cut);
    const seen = await watch.count();
    await kill(cut);

    const last = await millrace(args, where, `${lines('third', 10).join('\n')}\n`);
    expect(last.stdout).toBe('10 records appended to lines\n');
    const values = await valuesIn(dataDir, 'lines');
    const survived = values.length - 310;
    tell(`topics produce, killed: a reader had seen ${seen - 300} of 20000 records, ${survived} are there`);
    expect(survived).toBeGreaterThanOrEqual(seen - 300);
    expect(survived).toBeLessThan(20_000);
    const expected = [...lines('first', 300), ...lines('second', survived), ...lines('third', 10)];
    expect(values.every((value, index) => value === expected[index])).toBe(true);
  });
});
