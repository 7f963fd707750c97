// Owns: the ready topology flight-delays against a plain loop over the first flights of the same file. All three million
// are the business of `npm start` and of `millrace bench flights`.

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folder, millrace } from '../cli/command-line.ts';
import { reportOf, run, summaryOf, valuesOf } from './run-topology.ts';

const FLIGHTS = 40_000;

interface Airport {
  flights: number;
  minutes: number;
  late: number;
}

const where = folder({});
const expected = new Map<string, Airport>();

beforeAll(async () => {
  const build = createRequire(import.meta.url).resolve('vega-datasets');
  const file = await asyncBufferFromFile(join(build, '../../data/flights-3m.parquet'));
  const rows = await parquetReadObjects({ file, compressors, rowStart: 0, rowEnd: FLIGHTS });
  const lines = rows.map(({ delay, distance, origin, destination }) =>
    [delay, distance, origin, destination].join(','),
  );
  writeFileSync(join(where.path, 'flights.txt'), `${lines.join('\n')}\n`);
  for (const { delay, origin } of rows) {
    const airport = expected.get(origin) ?? { flights: 0, minutes: 0, late: 0 };
    airport.flights++;
    airport.minutes += Number(delay);
    if (Number(delay) >= 15) airport.late++;
    expected.set(origin, airport);
  }
});
afterAll(() => where.remove());

describe.each(['at-most-once', 'at-least-once'])('flight-delays, %s', (guarantee) => {
  const more = ['--guarantee', guarantee, '--data', guarantee];

  it('sums up every airport as a plain loop does', async () => {
    // A topic that is there is not filled with the whole data set.
    const produce = ['topics', 'produce', 'flights', 'flights.txt', '--data', guarantee];
    await millrace(produce, { cwd: where.path });
    const summary = await summaryOf('flight-delays', where.path, '--set', 'every=1', ...more);
    expect(summary).toMatchObject({ status: 'completed', records: FLIGHTS, acked: FLIGHTS, failed: 0 });
    const results = await valuesOf<Airport & { origin: string }>('airport-delays', where.path, guarantee);
    expect(results.length).toBe(FLIGHTS);
    const last = new Map(results.map(({ origin, ...airport }) => [origin, airport]));
    expect(last).toEqual(expected);
  });

  it('reports the same', async () => {
    const { stdout } = await run('flight-delays', where.path, ...more);
    const busiest = [...expected].sort(([, a], [, b]) => b.flights - a.flights).slice(0, 10);
    const shown = reportOf(stdout, 'Busiest airports').map(([airport, flights]) => [airport, flights]);
    const withCommas = (value: number) => value.toLocaleString('en');
    expect(shown).toEqual(busiest.map(([airport, { flights }]) => [airport, withCommas(flights)]));
  });
});
