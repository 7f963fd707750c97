// Owns: the machinery of the mutation score: the copy of the source, the scoring, the report, and that a real detector
// catches a real fault and lets the source pass.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runNode } from '../../mutation/child.ts';
import type { Detector } from '../../mutation/detector.ts';
import { simulation } from '../../mutation/detectors/simulation.ts';
import type { Fault } from '../../mutation/fault.ts';
import { FAULTS } from '../../mutation/faults/index.ts';
import { asJson, resultLines, summaryLines } from '../../mutation/report.ts';
import { canaryPasses, score, survivors } from '../../mutation/score.ts';
import { ROOT, Workspace } from '../../mutation/workspace.ts';

const FILE = 'src/paxos/ballot.ts';

const faultNamed = (name: string, replace: string): Fault => ({
  name,
  area: 'consensus',
  lesson: 'Nothing.',
  edits: [{ file: FILE, find: 'export function sameBallot', replace }],
});

/** Notices a word in the copy. */
const spelling = (name: string, word: string): Detector => ({
  name,
  concerns: () => true,
  run: async (folder) => {
    const found = readFileSync(join(folder, FILE), 'utf8').includes(word);
    return found ? { how: `there is ${word}`, seeds: 3 } : undefined;
  },
});

const run = (faults: readonly Fault[], detectors: readonly Detector[], all = false) =>
  score({ faults, detectors, all, workers: 1, done: () => undefined });

describe('a workspace', () => {
  const workspace = new Workspace();
  afterAll(() => workspace.remove());

  it('has the fault while it is planted, and the source afterwards', async () => {
    const path = join(workspace.folder, FILE);
    const before = readFileSync(path, 'utf8');
    await workspace.with(faultNamed('a', 'export function otherBallot'), async () => {
      expect(readFileSync(path, 'utf8')).toBe(before.replace('function sameBallot', 'function otherBallot'));
    });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readFileSync(join(ROOT, FILE), 'utf8')).toBe(before);
  });

  it('takes the fault out also if the work fails', async () => {
    const failing = workspace.with(faultNamed('a', 'x'), async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(readFileSync(join(workspace.folder, FILE), 'utf8')).toBe(readFileSync(join(ROOT, FILE), 'utf8'));
  });

  it('is gone after removal', () => {
    const other = new Workspace(workspace.folder);
    other.remove();
    expect(existsSync(other.folder)).toBe(false);
  });
});

describe('the score', () => {
  it('tells who caught what, what survived, and that the canary passes', async () => {
    const faults = [faultNamed('red', 'RED'), faultNamed('blue', 'BLUE')];
    const results = await run(faults, [spelling('first', 'GREEN'), spelling('second', 'RED')]);
    expect(results.map(({ fault, caught }) => [fault?.name, caught])).toEqual([
      [undefined, false],
      ['red', true],
      ['blue', false],
    ]);
    expect(results[1]?.looks).toMatchObject([
      { detector: 'first', caught: false },
      { detector: 'second', caught: true, how: 'there is RED', seeds: 3 },
    ]);
    expect(survivors(results).map(({ name }) => name)).toEqual(['blue']);
    expect(canaryPasses(results)).toBe(true);
    const printed = [...results.flatMap(resultLines), ...summaryLines(results, 1)].join('\n');
    expect(printed).toContain('1 of 2 planted faults caught: 50 %');
    expect(printed).toContain('blue survived: a test is missing.');
    expect(JSON.parse(asJson(results, 1))).toMatchObject({
      caught: 1,
      faults: 2,
      canary: 'passes',
      survivors: ['blue'],
    });
  });

  it('accuses nobody when the source itself is accused', async () => {
    const results = await run([faultNamed('red', 'RED')], [spelling('blind', 'export')]);
    expect(canaryPasses(results)).toBe(false);
    expect(summaryLines(results, 1).join('\n')).toContain('The canary was accused');
  });

  it('stops at the first detector that catches, unless all are asked', async () => {
    const detectors = [spelling('first', 'RED'), spelling('second', 'RED')];
    const looks = async (all: boolean) =>
      (await run([faultNamed('red', 'RED')], detectors, all))[1]?.looks.length;
    expect(await looks(false)).toBe(1);
    expect(await looks(true)).toBe(2);
  });

  it('asks no detector that a fault does not concern', async () => {
    const results = await run(
      [faultNamed('red', 'RED')],
      [{ ...spelling('first', 'RED'), concerns: () => false }],
    );
    expect(results[1]?.looks).toEqual([]);
    expect(results[1]?.caught).toBe(false);
  });

  it('a child that is silent for too long is ended', async () => {
    const { ended, output } = await runNode(ROOT, ['-e', 'console.log("on"); for (;;);'], 1_000);
    expect(ended).toBe('silent');
    expect(output).toBe('on\n');
  });

  it('the simulator catches a real fault and lets the source pass', async () => {
    const faults = FAULTS.filter(({ name }) => name === 'all-messages-before-flush');
    const results = await run(faults, [simulation(1, 3)]);
    expect(results.map(({ caught }) => caught)).toEqual([false, true]);
    expect(results[1]?.looks[0]?.how).toContain('durable before sent');
  }, 120_000);
});
