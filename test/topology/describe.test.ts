// Owns: the description and the drawings of a plan.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeTopology } from '../../src/topology/describe.ts';
import { toDot, toMermaid } from '../../src/topology/diagrams.ts';
import type { TopologyPlan } from '../../src/topology/plan.ts';
import { build } from '../../src/topology/validate.ts';
import { fakeTopic } from './fake-topic.ts';
import { idle, untyped, wordCount } from './sample.ts';

function planReading(description: string): TopologyPlan {
  const t = untyped();
  t.bolt('b', t.spout('lines', { ...fakeTopic('x').source, description }), idle);
  return build(t);
}

describe('describeTopology', () => {
  it('says everything that is in force, as JSON', () => {
    const { t, counts } = wordCount();
    t.report('top', counts, { state: 'counts', columns: ['word'], top: 1, by: (count) => count });
    const description = describeTopology(build(t));
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description).toMatchObject({
      name: 'word-count',
      settings: { minCount: 5 },
      reports: [{ title: 'top', component: 'count', state: 'counts' }],
    });
    expect(description.components.map((one) => one.name)).toEqual(['lines', 'split', 'count', 'totals']);
    expect(description.components[0]).toMatchObject({ kind: 'spout', endpoint: 'topic lines', inputs: [] });
    expect(description.components[2]).toMatchObject({
      kind: 'bolt',
      parallelism: 4,
      state: ['counts'],
      inputs: [{ from: 'split', stream: 'default', grouping: 'key' }],
      options: { ack: 'auto', queueCapacity: 1024 },
    });
    expect(description.components[3]).toMatchObject({ kind: 'sink', endpoint: 'topic totals', streams: [] });
  });
});

describe('drawings', () => {
  it('in Mermaid', () => {
    expect(toMermaid(build(wordCount().t))).toBe(`flowchart LR
  c0(["lines<br/>topic lines"])
  c1["split"]
  c2["count ×4"]
  c3[("totals<br/>topic totals")]
  c0 -->|"shuffle"| c1
  c1 -->|"key"| c2
  c2 -->|"shuffle"| c3
`);
  });

  it('in DOT', () => {
    expect(toDot(build(wordCount().t))).toBe(`digraph "word-count" {
  rankdir=LR;
  node [fontname="sans-serif"];
  c0 [shape=cds, label="lines\\ntopic lines"];
  c1 [shape=box, label="split"];
  c2 [shape=box, label="count ×4"];
  c3 [shape=cylinder, label="totals\\ntopic totals"];
  c0 -> c1 [label="shuffle"];
  c1 -> c2 [label="key"];
  c2 -> c3 [label="shuffle"];
}
`);
  });

  it('name the stream where it is not the default one', () => {
    const t = untyped();
    const b = t.bolt('b', t.spout('lines', fakeTopic('x')), idle, { streams: ['late'] });
    t.bolt('c', b.stream('late').all(), idle);
    expect(toMermaid(build(t))).toContain('c1 -->|"late: all"| c2');
    expect(toDot(build(t))).toContain('c1 -> c2 [label="late: all"];');
  });

  it('keep any description inside its label', () => {
    const nasty = fc.string({ unit: fc.constantFrom(...'"\\#;<>&`|[](){}*\n\r\u2028\tab') });
    fc.assert(
      fc.property(nasty, (description) => {
        const plan = planReading(description);
        const mermaid = toMermaid(plan).split('\n');
        expect(mermaid).toHaveLength(5);
        expect(mermaid[1]).toMatch(/^ {2}c0\(\["lines<br\/>(?:[^"#;<>&`\\|[\](){}*]|#\d+;)*"\]\)$/);
        const dot = toDot(plan).split('\n');
        expect(dot).toHaveLength(8);
        expect(dot[3]).toMatch(/^ {2}c0 \[shape=cds, label="lines\\n(?:[^"\\]|\\["\\])*"\];$/);
      }),
    );
  });
});
