// Owns: the engine's cost per tuple: word count on the real engine against a bare loop over the same arrays. Not here: disks
// (log.ts, flights.ts), the acker alone (acker.ts).

import type { Guarantee } from '../src/delivery/guarantee.ts';
import { generator, type Out, type Topology, topology } from '../src/index.ts';
import type { BenchRow } from './bench-row.ts';
import { inFolder, median, millions, repeat, row, runToEnd } from './measure.ts';

/** Those of Storm's own examples, and as many more. */
const SENTENCES: readonly string[] = [
  'the cow jumped over the moon',
  'an apple a day keeps the doctor away',
  'four score and seven years ago',
  'snow white and the seven dwarfs',
  'i am at two with nature',
  'the quick brown fox jumps over the lazy dog',
  'a stitch in time saves nine',
  'all that glitters is not gold',
];
const LINES = 1_000_000;

/** Counts words; `tuples` are lines and words, as the engine counts them. */
export interface Counted {
  readonly counts: ReadonlyMap<string, number>;
  readonly tuples: number;
  readonly seconds: number;
}

type Split = (line: string) => string[];

/** V8 keeps the result of splitting a constant string by a string, so this is next to free for eight sentences. */
const bySpace: Split = (line) => line.split(' ');
/** What the example in the README does with a line. */
const asInReadme: Split = (line) => line.split(/\W+/).map((word) => word.toLowerCase());

/** What the same work costs without an engine. */
export function bareLoop(split: Split = bySpace, lines = LINES): Counted {
  const counts = new Map<string, number>();
  let tuples = 0;
  const start = performance.now();
  for (let line = 0; line < lines; line++) {
    const words = split(SENTENCES[line & 7]!);
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    tuples += 1 + words.length;
  }
  return { counts, tuples, seconds: (performance.now() - start) / 1_000 };
}

interface Variant {
  readonly name: string;
  readonly guarantee: Guarantee;
  readonly target?: BenchRow['target'];
  readonly split?: Split;
  readonly make: (counts: Map<string, number>) => Topology;
}

const VARIANTS: readonly Variant[] = [
  {
    name: 'tracked (at least once)',
    guarantee: 'at-least-once',
    target: { atMost: 1.6 },
    make: (counts) => withMap(counts, 1),
  },
  {
    name: 'untracked (at most once)',
    guarantee: 'at-most-once',
    target: { atMost: 1.3 },
    make: (counts) => withMap(counts, 1),
  },
  {
    name: 'tracked, 4 tasks that count, by word',
    guarantee: 'at-least-once',
    make: (counts) => withMap(counts, 4),
  },
  { name: 'tracked, keyed state instead of a Map', guarantee: 'at-least-once', make: withState },
  {
    name: 'tracked, lines split as in the README',
    guarantee: 'at-least-once',
    split: asInReadme,
    make: (counts) => withMap(counts, 1, asInReadme),
  },
];

function words(t: Topology, split: Split = bySpace) {
  const lines = t.spout(
    'lines',
    generator((offset) => SENTENCES[offset & 7]!, { count: LINES }),
  );
  return t.bolt('split', lines.shuffle(), (line, out: Out<string>) => {
    const parts = split(line);
    for (let index = 0; index < parts.length; index++) out.emit(parts[index]!);
  });
}

function withMap(counts: Map<string, number>, parallelism: number, split?: Split): Topology {
  const t = topology('word-count');
  const count = (word: string) => {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  };
  t.bolt(
    'count',
    words(t, split).by((word) => word),
    count,
    { parallelism },
  );
  return t;
}

function withState(counts: Map<string, number>): Topology {
  const t = topology('word-count');
  t.bolt(
    'count',
    words(t).by((word) => word),
    {
      state: { counts: 0 },
      execute(word, _out: Out<never>, { state }) {
        state.counts.update(word, (count) => count + 1);
      },
      close({ state }) {
        for (const [word, count] of state.counts.entries()) counts.set(String(word), count);
      },
    },
  );
  return t;
}

async function onEngine({ make, guarantee }: Variant): Promise<Counted> {
  const counts = new Map<string, number>();
  const { tuples, seconds } = await inFolder((folder) => runToEnd(make(counts), guarantee, folder));
  return { counts, tuples, seconds };
}

/** Throws if the engine's counts differ from the loop's. */
function assertEqual(engine: Counted, bare: Counted): void {
  const same = [...bare.counts].every(([word, count]) => engine.counts.get(word) === count);
  if (!same || engine.counts.size !== bare.counts.size || engine.tuples !== bare.tuples) {
    throw new Error('the engine and the bare loop have not counted the same');
  }
}

/** Rows for `millrace bench`. Takes about half a minute. */
export async function benchWordCount(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const variant of VARIANTS) {
    const pairs = await repeat(async () => {
      const bare = bareLoop(variant.split);
      const engine = await onEngine(variant);
      assertEqual(engine, bare);
      return { bare, engine };
    });
    const rate = (pick: 'bare' | 'engine') =>
      millions(median(pairs.map((pair) => pair[pick].tuples / pair[pick].seconds)));
    rows.push(
      row(
        `word count ${variant.name} ÷ bare loop, time`,
        'ratio',
        pairs.map(({ bare, engine }) => engine.seconds / bare.seconds),
        {
          ...(variant.target === undefined ? {} : { target: variant.target }),
          detail: `${rate('engine')} tuples/s against ${rate('bare')}; ${LINES / 1e6} million lines a run`,
        },
      ),
    );
  }
  return rows;
}
