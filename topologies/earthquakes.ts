// Owns: a week of the world's earthquakes (vega-datasets, from the U.S. Geological Survey), sorted into streams. Not
// here: the data.
// What it shows: branches. `read` has a default stream and three named ones, so that one record becomes no tuple, one or
// several. All of them hang on the record's tree: it is done when the last branch is, whichever that is.
// Regions are counted with partial key grouping: half of the quakes are in California, and with `by` one task
// would get them all. Here each region has two tasks, of which the one with less work gets the tuple.
//
//   millrace run topologies/earthquakes.ts --until-end
//   millrace topics consume strong-quakes

import { type Out, topic, topology } from 'millrace';

interface Quake {
  readonly id: string;
  readonly magnitude: number;
  readonly depthKm: number;
  readonly region: string;
}

/** The part of a GeoJSON feature of the Survey that is used here. */
interface Feature {
  readonly id?: string;
  readonly properties?: { readonly type?: string; readonly mag?: number; readonly place?: string };
  readonly geometry?: { readonly coordinates?: readonly number[] };
}

const LONG_NAMES: Readonly<Record<string, string>> = { CA: 'California', MX: 'Mexico' };

async function* features(): AsyncGenerator<string> {
  const { readFile } = await import('node:fs/promises');
  const file = new URL('../data/earthquakes.json', import.meta.resolve('vega-datasets'));
  const week = JSON.parse(await readFile(file, 'utf8')) as { features: Feature[] };
  for (const feature of week.features) yield JSON.stringify(feature);
}

/** `11km NE of Aguanga, CA` is in California, `Gulf of Alaska` is its own region. */
function regionOf(place: string): string {
  const region = place.slice(place.lastIndexOf(',') + 1).trim();
  return LONG_NAMES[region] ?? region;
}

const t = topology('earthquakes', { settings: { strongFrom: 4.5, deepFrom: 70 } });

const records = t.spout('records', topic<Feature>('quakes', { decode: 'json', seed: { records: features } }));

const quakes = t.bolt('read', records.shuffle(), {
  streams: ['strong', 'deep', 'refused'],
  execute(
    { id, properties, geometry },
    out: Out<Quake, { strong: Quake; deep: Quake; refused: { id: string; why: string } }>,
    { settings },
  ) {
    const { type, mag: magnitude, place } = properties ?? {};
    const depthKm = geometry?.coordinates?.[2];
    if (id === undefined || magnitude == null || depthKm == null || place == null) {
      out.emitTo('refused', { id: id ?? 'unknown', why: 'incomplete' });
    } else if (type !== 'earthquake') {
      out.emitTo('refused', { id, why: type ?? 'unknown' });
    } else {
      const quake = { id, magnitude, depthKm, region: regionOf(place) };
      out.emit(quake);
      if (magnitude >= settings.strongFrom) out.emitTo('strong', quake);
      if (depthKm >= settings.deepFrom) out.emitTo('deep', quake);
    }
  },
});

const regions = t.bolt(
  'regions',
  quakes.partialBy((quake) => quake.region),
  {
    parallelism: 4,
    state: { regions: { quakes: 0, strongest: Number.NEGATIVE_INFINITY } },
    execute({ region, magnitude }, _out: Out<never>, { state }) {
      state.regions.update(region, ({ quakes, strongest }) => ({
        quakes: quakes + 1,
        strongest: Math.max(strongest, magnitude),
      }));
    },
  },
);

const refusals = t.bolt(
  'refusals',
  quakes.stream('refused').by((refusal) => refusal.why),
  {
    state: { reasons: 0 },
    execute({ why }, _out: Out<never>, { state }) {
      state.reasons.update(why, (count) => count + 1);
    },
  },
);

t.sink('strong', quakes.stream('strong'), topic<Quake>('strong-quakes', { decode: 'json' }));
t.sink('deep', quakes.stream('deep'), topic<Quake>('deep-quakes', { decode: 'json' }));

t.report('Regions with the most earthquakes', regions, {
  state: 'regions',
  columns: ['region', 'quakes', 'strongest'],
  // A region is in the state of up to two tasks; their parts are added up here.
  rows: (entries) => {
    const sums = new Map<unknown, { quakes: number; strongest: number }>();
    for (const [region, { quakes, strongest }] of entries) {
      const sum = sums.get(region) ?? { quakes: 0, strongest: Number.NEGATIVE_INFINITY };
      sums.set(region, {
        quakes: sum.quakes + quakes,
        strongest: Math.max(sum.strongest, strongest),
      });
    }
    const sorted = [...sums].sort(([, a], [, b]) => b.quakes - a.quakes);
    return sorted.slice(0, 10).map(([region, { quakes, strongest }]) => [region, quakes, strongest]);
  },
});

t.report('Records that are no earthquakes', refusals, {
  state: 'reasons',
  columns: ['reason', 'records'],
  top: 10,
  by: (count) => count,
});

export default t;
