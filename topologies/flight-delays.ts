// Owns: delays per airport, over three million flights in the United States from January to June 2001 (vega-datasets, from
// the Bureau of Transportation Statistics). Not here: the data.
// What it shows: keyed state, and what each guarantee means for it. State and positions are stored together, so after
// a crash and a restart the flights per airport add up to
//   at most once    the number of records or less: what was in flight is gone;
//   at least once   the number of records or more: what was in flight is counted again.
// Without a crash both give the same table.
//
//   npm start
//   millrace topics consume airport-delays --data .millrace/start --max 10

import { fileURLToPath } from 'node:url';
import { type Out, topic, topology } from 'millrace';

interface Flight {
  readonly origin: string;
  /** Minutes late; negative for early. */
  readonly delay: number;
}

interface Airport {
  flights: number;
  /** Sum over the flights. */
  minutes: number;
  late: number;
}

/** One line per flight, `delay,distance,origin,destination`; its date is the timestamp of the record. */
async function* flights() {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const path = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')));
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
    for (const { date, delay, distance, origin, destination } of rows) {
      yield { value: `${delay},${distance},${origin},${destination}`, timestamp: Number(date) };
    }
    rowStart = rowEnd;
  }
}

const t = topology('flight-delays', { settings: { lateFrom: 15, every: 1_000 } });

const lines = t.spout('flights', topic('flights', { seed: { records: flights } }));

const parsed = t.map('parse', lines.shuffle(), (line): Flight => {
  const [delay, , origin] = line.split(',');
  if (!delay || !origin || !Number.isInteger(Number(delay))) throw new Error(`not a flight: ${line}`);
  return { origin, delay: Number(delay) };
});

const delays = t.bolt(
  'delays',
  parsed.by((flight) => flight.origin),
  {
    state: { airports: { flights: 0, minutes: 0, late: 0 } },
    execute({ origin, delay }, out: Out<Airport & { origin: string }>, { state, settings }) {
      const airport = state.airports.update(origin, ({ flights, minutes, late }) => ({
        flights: flights + 1,
        minutes: minutes + delay,
        late: delay >= settings.lateFrom ? late + 1 : late,
      }));
      if (airport.flights % settings.every === 0) out.emit({ origin, ...airport });
    },
  },
);

t.sink('results', delays, topic('airport-delays', { key: (airport: { origin: string }) => airport.origin }));

const columns = ['airport', 'flights', 'mean delay (min)', 'late'];
const row = (origin: unknown, { flights, minutes, late }: Airport) => [
  origin,
  flights,
  minutes / flights,
  `${Math.round((100 * late) / flights)} %`,
];

t.report('Busiest airports', delays, {
  state: 'airports',
  columns,
  row,
  top: 10,
  by: (airport) => airport.flights,
});

t.report('Most delayed airports', delays, {
  state: 'airports',
  columns,
  row,
  top: 10,
  // A score of NaN leaves out airports with too few flights to say anything.
  by: ({ flights, minutes }) => (flights < 1_000 ? Number.NaN : minutes / flights),
});

export default t;
