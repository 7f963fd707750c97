// Owns: the speed of a ready topology end to end: three million flights from the topic on disk to keyed state and a result
// topic, at least once. Not here: filling the topic, which is done once and not measured.

import { rmSync } from 'node:fs';
import { checkpointFolder } from '../src/store/checkpoint-folder.ts';
import flightDelays from '../topologies/flight-delays.ts';
import type { BenchRow } from './bench-row.ts';
import { inFolder, median, millions, repeat, row, runToEnd } from './measure.ts';
import { bareLoop } from './word-count.ts';

const FLIGHTS = 3_000_000;

/** Rows for `millrace bench`. Takes about a minute and 80 MB of disk. */
export async function benchFlights(): Promise<BenchRow[]> {
  const pairs = await inFolder((folder) =>
    repeat(async () => {
      const bare = bareLoop();
      const { records, seconds } = await runToEnd(flightDelays, 'at-least-once', folder);
      if (records !== FLIGHTS) throw new Error(`${records} flights instead of ${FLIGHTS}`);
      // Without positions the next run reads everything again.
      rmSync(checkpointFolder(folder, flightDelays.name, 0), { recursive: true });
      return { flights: records / seconds, bare: bare.tuples / bare.seconds };
    }),
  );
  const rates = pairs.map((pair) => pair.flights);
  return [
    row(
      'flights, end to end, records/s ÷ tuples/s of the bare word count',
      'ratio',
      pairs.map((pair) => pair.flights / pair.bare),
      {
        target: { atLeast: 0.1 },
        detail: `${millions(median(rates))} records/s against ${millions(median(pairs.map((pair) => pair.bare)))} tuples/s; at least once, the whole topic`,
      },
    ),
    row('flights, end to end', 'per-second', rates, {
      detail: 'topic, parse, keyed state, result topic; every record tracked, every write flushed',
    }),
  ];
}
