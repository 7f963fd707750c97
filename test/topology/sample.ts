// Owns: small topologies and helpers that several tests of this folder share.

import { type Issue, TopologyError } from '../../src/topology/issues.ts';
import type { BoltPlan, ComponentPlan, TopologyPlan } from '../../src/topology/plan.ts';
import type { DirectSource } from '../../src/topology/source.ts';
import { topology } from '../../src/topology/topology.ts';
import type { Out } from '../../src/topology/types.ts';
import { build } from '../../src/topology/validate.ts';
import { fakeTopic } from './fake-topic.ts';

/** The builder without types: how a file in plain JavaScript meets it. */
// biome-ignore lint/suspicious/noExplicitAny: the point of it is to make calls that do not compile.
export type Untyped = any;

export function untyped(name: unknown = 'untyped', options?: unknown): Untyped {
  return (topology as Untyped)(name, options);
}

export function textSource(): DirectSource<string> {
  return fakeTopic<string>('lines').source;
}

/** A bolt that does nothing. */
export function idle(): void {}

/** The example of the design. */
export function wordCount() {
  const t = topology('word-count', { settings: { minCount: 5, label: 'words', strict: false } });
  const lines = t.spout('lines', fakeTopic('lines', { decode: 'text' }));
  const words = t.bolt('split', lines.shuffle(), (line, out: Out<string>) => {
    for (const word of line.split(/\W+/)) if (word) out.emit(word.toLowerCase());
  });
  const counts = t.bolt(
    'count',
    words.by((word) => word),
    {
      parallelism: 4,
      state: { counts: 0 },
      execute(word, out: Out<{ word: string; count: number }>, { state }) {
        out.emit({ word, count: state.counts.update(word, (n) => n + 1) });
      },
    },
  );
  t.sink('totals', counts, fakeTopic('totals', { key: (c) => c.word }));
  return { t, lines, words, counts };
}

/** The problems that build() finds. */
export function issuesOf(topology: unknown): readonly Issue[] {
  try {
    build(topology);
  } catch (error) {
    if (error instanceof TopologyError) return error.issues;
    throw error;
  }
  return [];
}

export function component(plan: TopologyPlan, name: string): ComponentPlan {
  const found = plan.components.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no component ${name} in the plan`);
  return found;
}

export function boltNamed(plan: TopologyPlan, name: string): BoltPlan {
  const found = component(plan, name);
  if (found.kind !== 'bolt') throw new Error(`${name} is a ${found.kind}`);
  return found;
}
