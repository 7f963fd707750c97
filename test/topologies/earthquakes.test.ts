// Owns: the ready topology earthquakes against a plain loop over the same week, and what it does with bad records.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folder, millrace } from '../cli/command-line.ts';
import { reportOf, run, summaryOf, valuesOf } from './run-topology.ts';

interface Feature {
  readonly id: string;
  readonly properties: { readonly type: string; readonly mag: number; readonly place: string };
  readonly geometry: { readonly coordinates: readonly [number, number, number] };
}

const build = createRequire(import.meta.url).resolve('vega-datasets');
const path = join(build, '../../data/earthquakes.json');
const { features } = JSON.parse(readFileSync(path, 'utf8')) as { features: readonly Feature[] };
const quakes = features.filter(({ properties }) => properties.type === 'earthquake');
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id).sort();

const bad = [
  '{"id":"no-magnitude","properties":{"type":"earthquake","place":"Nowhere"},"geometry":{"coordinates":[0,0,1]}}',
  '{"properties":{}}',
  'not json',
].join('\n');
const where = folder({ 'bad.txt': bad });
afterAll(() => where.remove());

describe.each(['at-most-once', 'at-least-once'])('earthquakes, %s', (guarantee) => {
  const more = ['--guarantee', guarantee, '--data', guarantee];

  it('sorts every record into its streams', async () => {
    const { stdout } = await run('earthquakes', where.path, ...more);
    const strong = quakes.filter(({ properties }) => properties.mag >= 4.5);
    const deep = quakes.filter(({ geometry }) => geometry.coordinates[2] >= 70);
    expect(strong.length).toBeGreaterThan(10);
    expect(ids(await valuesOf('strong-quakes', where.path, guarantee))).toEqual(ids(strong));
    expect(ids(await valuesOf('deep-quakes', where.path, guarantee))).toEqual(ids(deep));
    const reasons = new Map<string, number>();
    for (const { properties } of features) {
      if (properties.type !== 'earthquake')
        reasons.set(properties.type, (reasons.get(properties.type) ?? 0) + 1);
    }
    expect(reportOf(stdout, 'Records that are no earthquakes')).toEqual(
      [...reasons].sort(([, a], [, b]) => b - a).map(([why, count]) => [why, String(count)]),
    );
  });

  it('adds up the regions that partial key grouping has split', async () => {
    const { stdout } = await run('earthquakes', where.path, ...more);
    const inCalifornia = quakes.filter(({ properties }) => /, (CA|California)$/.test(properties.place));
    const strongest = Math.max(...inCalifornia.map(({ properties }) => properties.mag));
    const [first] = reportOf(stdout, 'Regions with the most earthquakes');
    expect(first).toEqual(['California', String(inCalifornia.length), strongest.toFixed(2)]);
  });

  it('refuses incomplete records, and the undecodable one is no quake', async () => {
    await millrace(['topics', 'produce', 'quakes', 'bad.txt', '--data', guarantee], { cwd: where.path });
    const { records, deadLettered, failed } = await summaryOf('earthquakes', where.path, ...more);
    expect(records).toBe(3);
    expect(deadLettered + failed).toBe(1);
    const { stdout } = await run('earthquakes', where.path, ...more);
    expect(reportOf(stdout, 'Records that are no earthquakes')).toContainEqual(['incomplete', '2']);
  });
});
