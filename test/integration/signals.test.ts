// Owns: how a run ends on request, and how it ends when it is held up: with what exit code, what is told, and what the next
// run finds.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Outcome, ROOT, start } from '../cli/command-line.ts';
import {
  dataFolder,
  fill,
  fixture,
  ownerOf,
  resultOf,
  storedPositions,
  TopicWatch,
  valuesIn,
} from './harness.ts';

// Each test starts several processes, and the machine may have more to do.
vi.setConfig({ testTimeout: 90_000 });

const COUNT = 300;
const NUMBERS = Array.from({ length: COUNT }, (_, n) => String(n));

interface Place {
  readonly dataDir: string;
  readonly args: readonly string[];
  readonly copies: TopicWatch;
}

async function place(...set: string[]): Promise<Place> {
  const dataDir = dataFolder();
  await fill(dataDir, 'numbers', NUMBERS);
  await fill(dataDir, 'copy', []);
  const settings = set.flatMap((pair) => ['--set', pair]);
  return {
    dataDir,
    args: ['run', fixture('numbers'), '--data', dataDir, '--json', ...settings],
    copies: await TopicWatch.open(dataDir, 'copy'),
  };
}

async function ends({ dataDir, args }: Place, ...more: string[]): Promise<Outcome> {
  return await start([...args, ...more], { cwd: dataDir }).outcome;
}

describe('the first signal', () => {
  it.each(['at-least-once', 'at-most-once'])('finishes what is in flight, %s', async (guarantee) => {
    const here = await place('pauseMs=5', 'maxPending=16', 'slow.queueCapacity=8');
    const running = start([...here.args, '--guarantee', guarantee], { cwd: here.dataDir });
    await here.copies.reaches(20, running);
    running.child.kill('SIGTERM');
    const outcome = await running.outcome;
    expect(outcome.code).toBe(0);
    const result = resultOf(outcome);
    const done = await valuesIn(here.dataDir, 'copy');
    expect(result).toMatchObject({ status: 'drained', records: done.length, acked: done.length });
    expect(done.length).toBeLessThan(COUNT);
  });

  it('stores the positions, so that the next run processes exactly the rest', async () => {
    const here = await place('pauseMs=5', 'maxPending=16');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const running = start(here.args, { cwd: here.dataDir });
      await here.copies.reaches((await here.copies.count()) + 20, running);
      running.child.kill(signal);
      const { code } = await running.outcome;
      expect(code).toBe(0);
    }
    const before = await here.copies.count();
    const rest = resultOf(await ends(here, '--until-end', '--set', 'pauseMs=0'));
    expect(rest).toMatchObject({ status: 'completed', records: COUNT - before });
    const done = await valuesIn(here.dataDir, 'copy');
    expect(done.toSorted()).toEqual(NUMBERS.toSorted());
  });
});

describe('the second signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s stops at once with %i; the next run reads again what was in flight',
    async (signal, code) => {
      const here = await place('hang=bolt');
      const running = start(here.args, { cwd: here.dataDir });
      await here.copies.reaches(COUNT - 1, running);
      running.child.kill(signal);
      await running.shown('finishing what is in flight');
      running.child.kill(signal);
      const outcome = await running.outcome;
      expect(outcome.code).toBe(code);
      expect(resultOf(outcome)['status']).toBe('stopped');
      const again = await ends(here, '--until-end', '--set', 'hang=nobody');
      expect(again.code).toBe(0);
      expect(new Set(await valuesIn(here.dataDir, 'copy'))).toEqual(new Set(NUMBERS));
    },
  );
});

describe('a run that is held up', () => {
  it.each([
    ['bolt', 'slow', 'execute'],
    ['sink', 'wait', 'writes that were not acknowledged'],
  ])('by a %s says so and ends', async (hang, component, why) => {
    const here = await place(`hang=${hang}`, 'stallLimitMs=400', 'numbers.treeTimeoutMs=20000');
    const outcome = await ends(here, '--until-end');
    expect(outcome.code).toBe(75);
    expect(outcome.stderr).toMatch(/^MR_STALLED: /m);
    expect(outcome.stderr).toContain(`'${component}'`);
    expect(outcome.stderr).toContain(why);
    expect(resultOf(outcome)['status']).toBe('stalled');
    // The position is before the record that hangs, whatever was done behind it.
    expect((await storedPositions(here.dataDir, 'numbers', 'numbers'))[0] ?? 0).toBeLessThanOrEqual(7);
    const again = await ends(here, '--until-end', '--set', 'hang=nobody');
    expect(again.code).toBe(0);
    expect(new Set(await valuesIn(here.dataDir, 'copy'))).toEqual(new Set(NUMBERS));
  });

  it('while it drains ends as well', async () => {
    const here = await place('hang=bolt', 'drainLimitMs=300');
    const running = start(here.args, { cwd: here.dataDir });
    await here.copies.reaches(COUNT - 1, running);
    running.child.kill('SIGINT');
    const outcome = await running.outcome;
    expect(outcome.code).toBe(75);
    expect(outcome.stderr).toContain("MR_STALLED: The run stalled at component 'slow': draining took longer");
  });
});

/** Processes whose command line has `marker` in it, this one and its like excluded: pid to command line. */
function processesWith(marker: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (line.includes(marker)) found.set(Number(name), line);
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

describe('the command is one process', () => {
  it('with node: killing the pid that was started leaves nothing behind', async () => {
    const here = await place('pauseMs=20');
    const running = start(here.args, { cwd: here.dataDir });
    await here.copies.reaches(5, running);
    expect([...processesWith(here.dataDir).keys()]).toEqual([running.child.pid]);
    expect(ownerOf(here.dataDir, 'numbers')).toBe(running.child.pid);
    running.child.kill('SIGKILL');
    await running.outcome;
    expect(processesWith(here.dataDir).size).toBe(0);
  });

  it.each([
    ['the engine is killed', 'engine', 'SIGKILL'],
    ['npx is killed', 'npx', 'SIGKILL'],
    ['npx gets SIGTERM, which drains', 'npx', 'SIGTERM'],
  ] as const)('with npx: nothing is left behind when %s', async (_what, whom, signal) => {
    const here = await place('pauseMs=20', 'maxPending=16', 'slow.queueCapacity=8');
    const npx = spawn('npx', ['millrace', ...here.args], { cwd: ROOT, stdio: 'ignore' });
    onTestFinished(() => void npx.kill('SIGKILL'));
    while ((await here.copies.count()) < 5) {
      if (npx.exitCode !== null) throw new Error(`npx ended with ${npx.exitCode}`);
      await sleep(5);
    }
    const engine = ownerOf(here.dataDir, 'numbers')!;
    expect(processesWith(here.dataDir).has(engine)).toBe(true);
    process.kill(whom === 'npx' ? npx.pid! : engine, signal);
    while (processesWith(here.dataDir).size > 0) await sleep(20);
    const done = await valuesIn(here.dataDir, 'copy');
    expect(done.length).toBeLessThan(COUNT);
    const rest = await ends(here, '--until-end', '--set', 'pauseMs=0');
    expect(resultOf(rest)['status']).toBe('completed');
    const all = await valuesIn(here.dataDir, 'copy');
    expect(new Set(all)).toEqual(new Set(NUMBERS));
    // What was drained is not repeated.
    if (signal === 'SIGTERM') expect(all.length).toBe(COUNT);
  });
});
