// Owns: every problem that build() must find, each named with its component and with what to do.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { TopologyError } from '../../src/topology/issues.ts';
import { topology } from '../../src/topology/topology.ts';
import { build } from '../../src/topology/validate.ts';
import { fakeTopic } from './fake-topic.ts';
import { idle, issuesOf, textSource, type Untyped, untyped, wordCount } from './sample.ts';

type Case = [
  what: string,
  component: string | null,
  problem: RegExp,
  make: (t: Untyped, lines: Untyped) => void,
];

const CASES: readonly Case[] = [
  [
    'a doubled name',
    'b',
    /two components have this name/,
    (t, lines) => void [t.bolt('b', lines, idle), t.bolt('b', lines, idle)],
  ],
  ['a name with a space', '"a b"', /its name "a b" is not valid/, (t, lines) => t.bolt('a b', lines, idle)],
  [
    'a name with a slash',
    '"../x"',
    /its name "..\/x" is not valid/,
    (t, lines) => t.bolt('../x', lines, idle),
  ],
  ['an empty name', '""', /its name "" is not valid/, (t, lines) => t.bolt('', lines, idle)],
  ['a name that is a number', '7', /its name 7 is not valid/, (t, lines) => t.bolt(7, lines, idle)],
  [
    'a name that is too long',
    `"${'x'.repeat(79)}…`,
    /is not valid/,
    (t, lines) => t.bolt('x'.repeat(101), lines, idle),
  ],
  ['parallelism 0', 'b', /parallelism is 0/, (t, lines) => t.bolt('b', lines, idle, { parallelism: 0 })],
  [
    'parallelism 1.5',
    'b',
    /parallelism is 1.5/,
    (t, lines) => t.bolt('b', lines, idle, { parallelism: 1.5 }),
  ],
  [
    'too many tasks',
    's',
    /parallelism is 1025/,
    (t, lines) => t.sink('s', lines, idle, { parallelism: LIMITS.maxParallelism + 1 }),
  ],
  [
    'parallelism as a text',
    'x',
    /parallelism is "2"/,
    (t) => t.spout('x', textSource(), { parallelism: '2' }),
  ],
  [
    'a limit out of range',
    'b',
    /queueCapacity is -1/,
    (t, lines) => t.bolt('b', lines, { queueCapacity: -1, execute: idle }),
  ],
  [
    'concurrency NaN',
    'b',
    /concurrency is NaN/,
    (t, lines) => t.bolt('b', lines, idle, { concurrency: Number.NaN }),
  ],
  ['a batch of 0', 's', /batch is 0/, (t, lines) => t.sink('s', lines, idle, { batch: 0 })],
  [
    'a misspelled option',
    'b',
    /there is no option 'paralelism'/,
    (t, lines) => t.bolt('b', lines, idle, { paralelism: 2 }),
  ],
  ['options that are a number', 'b', /its options are 4/, (t, lines) => t.bolt('b', lines, idle, 4)],
  [
    'an option in both places',
    'b',
    /parallelism is given twice/,
    (t, lines) => t.bolt('b', lines, { parallelism: 2, execute: idle }, { parallelism: 2 }),
  ],
  [
    'a wrong error policy',
    'b',
    /onError is "ignore"/,
    (t, lines) => t.bolt('b', lines, idle, { onError: 'ignore' }),
  ],
  [
    'a stream that is not declared',
    'c',
    /stream 'late' of 'b', which 'b' does not declare/,
    (t, lines) => t.bolt('c', t.bolt('b', lines, idle).stream('late'), idle),
  ],
  [
    'a named stream of a spout',
    'c',
    /stream 'late' of 'lines'/,
    (t, lines) => t.bolt('c', lines.stream('late'), idle),
  ],
  [
    'a stream declared twice',
    'b',
    /the stream 'x' is declared twice/,
    (t, lines) => t.bolt('b', lines, idle, { streams: ['x', 'x'] }),
  ],
  [
    'the default stream declared',
    'b',
    /streams names 'default'/,
    (t, lines) => t.bolt('b', lines, idle, { streams: ['default'] }),
  ],
  [
    'a stream name with a space',
    'b',
    /the stream name "a b"/,
    (t, lines) => t.bolt('b', lines, idle, { streams: ['a b'] }),
  ],
  [
    'streams that are a text',
    'b',
    /streams is "late"/,
    (t, lines) => t.bolt('b', lines, idle, { streams: 'late' }),
  ],
  [
    'an input from another topology',
    'b',
    /belongs to another topology, 'word-count'/,
    (t) => t.bolt('b', wordCount().words, idle),
  ],
  ['a bolt without input', 'b', /it has no input/, (t) => t.bolt('b', [], idle)],
  ['an undefined input', 'b', /an input is undefined/, (t) => t.bolt('b', undefined, idle)],
  [
    'a stream subscribed to twice',
    'b',
    /subscribes to stream 'default' of 'lines' twice/,
    (t, lines) => t.bolt('b', [lines, lines.all()], idle),
  ],
  [
    'a sink as input',
    'b',
    /subscribes to the sink 's'/,
    (t, lines) => t.bolt('b', t.sink('s', lines, idle), idle),
  ],
  [
    'a spout with an input',
    'lines',
    /a spout subscribes to nothing/,
    (t, lines) => lines.subscribe(t.bolt('b', lines, idle)),
  ],
  ['a key that is no function', 'b', /groups by "word"/, (t, lines) => t.bolt('b', lines.by('word'), idle)],
  [
    'a partial key that is no function',
    'b',
    /groups by undefined/,
    (t, lines) => t.bolt('b', lines.partialBy(), idle),
  ],
  [
    'a custom grouping that is no function',
    'b',
    /custom grouping is 1/,
    (t, lines) => t.bolt('b', lines.custom(1), idle),
  ],
  [
    'direct grouping on a spout',
    'b',
    /a spout cannot name tasks/,
    (t, lines) => t.bolt('b', lines.direct(), idle),
  ],
  [
    'direct grouping on a map',
    'b',
    /a map cannot name tasks/,
    (t, lines) => t.bolt('b', t.map('m', lines, idle).direct(), idle),
  ],
  [
    'direct grouping on a named stream',
    'c',
    /reads the named stream 'x' of 'b' with direct/,
    (t, lines) =>
      t.bolt(
        'c',
        t
          .bolt('b', lines, idle, { streams: ['x'] })
          .stream('x')
          .direct(),
        idle,
      ),
  ],
  [
    'direct and other readers',
    'b',
    /read with direct grouping by c and without by d/,
    (t, lines) => {
      const b = t.bolt('b', lines, idle);
      t.bolt('c', b.direct(), idle);
      t.bolt('d', b, idle);
    },
  ],
  [
    'direct readers that differ',
    'b',
    /c and d differ in parallelism/,
    (t, lines) => {
      const b = t.bolt('b', lines, idle);
      t.bolt('c', b.direct(), idle);
      t.bolt('d', b.direct(), idle, { parallelism: 2 });
    },
  ],
  [
    'a tick without a period',
    'b',
    /a tick but no tickEveryMs/,
    (t, lines) => t.bolt('b', lines, { execute: idle, tick: idle }),
  ],
  [
    'a period without a tick',
    'b',
    /tickEveryMs but no tick/,
    (t, lines) => t.bolt('b', lines, { execute: idle, tickEveryMs: 5 }),
  ],
  [
    'a function with a period',
    'b',
    /tickEveryMs but no tick/,
    (t, lines) => t.bolt('b', lines, idle, { tickEveryMs: 5 }),
  ],
  ['a manual map', 'm', /there is no option 'ack'/, (t, lines) => t.map('m', lines, idle, { ack: 'manual' })],
  [
    'a manual sink',
    's',
    /there is no option 'ack'/,
    (t, lines) => t.sink('s', lines, idle, { ack: 'manual' }),
  ],
  [
    'an ack mode that is none',
    'b',
    /ack is "sometimes"/,
    (t, lines) => t.bolt('b', lines, idle, { ack: 'sometimes' }),
  ],
  ['no bolt', 'b', /its bolt is undefined without execute or create/, (t, lines) => t.bolt('b', lines)],
  [
    'a bolt that executes and creates',
    'b',
    /both execute and create/,
    (t, lines) => t.bolt('b', lines, { execute: idle, create: idle }),
  ],
  [
    'an open that is no function',
    'b',
    /open is 1/,
    (t, lines) => t.bolt('b', lines, { execute: idle, open: 1 }),
  ],
  [
    'a close beside create',
    'b',
    /close stands beside create/,
    (t, lines) => t.bolt('b', lines, { create: idle, close: idle }),
  ],
  ['a map without function', 'm', /map got "x"/, (t, lines) => t.map('m', lines, 'x')],
  [
    'a state that is a list',
    'b',
    /state is an array of 1/,
    (t, lines) => t.bolt('b', lines, idle, { state: ['counts'] }),
  ],
  [
    'a state name with a space',
    'b',
    /the state name 'a b'/,
    (t, lines) => t.bolt('b', lines, idle, { state: { 'a b': 0 } }),
  ],
  [
    'a state that starts with a function',
    'b',
    /the state 'x' starts with the function idle/,
    (t, lines) => t.bolt('b', lines, idle, { state: { x: idle } }),
  ],
  ['a source that is none', 'x', /its source is 5/, (t) => t.spout('x', 5)],
  ['a sink as source', 'x', /its source is an object/, (t) => t.spout('x', fakeTopic('a').sink)],
  [
    'one spout object for two tasks',
    'x',
    /2 tasks would share one spout object/,
    (t) => t.spout('x', { next: idle }, { parallelism: 2 }),
  ],
  ['a target that is none', 's', /its target is null/, (t, lines) => t.sink('s', lines, null)],
  ['a source as sink', 's', /its target is an object/, (t, lines) => t.sink('s', lines, textSource())],
  [
    'a report on no bolt',
    null,
    /report 'r' reads 'lines'/,
    (t, lines) => t.report('r', lines, { state: 'x', columns: ['a'], rows: idle }),
  ],
  [
    'a report on another topology',
    null,
    /report 'r' reads 'count'/,
    (t) => t.report('r', wordCount().counts, { state: 'counts', columns: ['a'], rows: idle }),
  ],
  [
    'a report on an unknown state',
    'b',
    /the bolt has no state 'x'/,
    (t, lines) =>
      t.report('r', t.bolt('b', lines, idle, { state: { y: 0 } }), {
        state: 'x',
        columns: ['a'],
        rows: idle,
      }),
  ],
  [
    'a report without columns',
    'b',
    /columns is no list/,
    (t, lines) =>
      t.report('r', t.bolt('b', lines, idle, { state: { y: 0 } }), { state: 'y', columns: [], rows: idle }),
  ],
  [
    'a report without rows',
    'b',
    /neither a function rows nor top/,
    (t, lines) =>
      t.report('r', t.bolt('b', lines, idle, { state: { y: 0 } }), { state: 'y', columns: ['a'] }),
  ],
  [
    'a report with rows and top',
    'b',
    /both rows and top/,
    (t, lines) =>
      t.report('r', t.bolt('b', lines, idle, { state: { y: 0 } }), {
        state: 'y',
        columns: ['a'],
        rows: idle,
        top: 1,
      }),
  ],
  [
    'a report without options',
    'b',
    /it has no options/,
    (t, lines) => t.report('r', t.bolt('b', lines, idle, { state: { y: 0 } })),
  ],
];

describe('problems of components', () => {
  it.each(CASES)('%s', (_what, component, problem, make) => {
    const t = untyped();
    make(t, t.spout('lines', textSource()));
    const issues = issuesOf(t);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ component, problem: expect.stringMatching(problem) });
    expect(issues[0]!.fix).toMatch(/\.$/);
  });
});

const OPTION_CASES: readonly [what: string, problem: RegExp, name: unknown, options: unknown][] = [
  ['a bad name', /its name "a b" is not valid/, 'a b', undefined],
  ['an unknown option', /there is no option 'maxPendig'/, 't', { maxPendig: 5 }],
  ['an engine option out of range', /maxPending is 0/, 't', { maxPending: 0 }],
  [
    'back-off limits that cross',
    /retryBackoffMaxMs \(10\) is less than retryBackoffMs \(100\)/,
    't',
    { retryBackoffMaxMs: 10 },
  ],
  ['settings that are a list', /settings is an array of 0/, 't', { settings: [] }],
  ['a setting with a dot', /the setting name 'a.b'/, 't', { settings: { 'a.b': 1 } }],
  [
    'a setting named as an engine option',
    /'maxPending' has the name of an engine option/,
    't',
    { settings: { maxPending: 1 } },
  ],
  ['a setting that is an object', /the setting 'x' is an object/, 't', { settings: { x: {} } }],
  ['a setting that is NaN', /the setting 'x' is NaN/, 't', { settings: { x: Number.NaN } }],
];

describe('problems of the topology itself', () => {
  it.each(OPTION_CASES)('%s', (_what, problem, name, options) => {
    const t = untyped(name, options);
    t.spout('lines', textSource());
    const issues = issuesOf(t);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ component: null, problem: expect.stringMatching(problem) });
  });

  it('no components', () => {
    expect(issuesOf(topology('empty'))).toMatchObject([{ component: null, problem: 'it has no components' }]);
  });

  it('no spout', () => {
    const t = untyped();
    t.bolt('b', [], idle);
    expect(issuesOf(t).map((one) => one.problem)).toContain('it has no spout, so nothing would ever flow');
  });

  it('too many components', () => {
    const t = untyped();
    for (let i = 0; i <= LIMITS.maxComponents; i++) t.spout(`s${i}`, textSource());
    expect(issuesOf(t)).toMatchObject([{ problem: `it has ${LIMITS.maxComponents + 1} components` }]);
  });
});

describe('the error', () => {
  it('lists all problems together, each with its component and what to do', () => {
    const t = untyped('several', { maxPending: 0 });
    const lines = t.spout('lines', textSource(), { parallelism: 0 });
    t.bolt('split', lines.by('x'), { execute: idle, tick: idle });
    t.sink('out', [], 5);
    let thrown: unknown;
    try {
      build(t);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TopologyError);
    const error = thrown as TopologyError;
    expect(error.code).toBe('MR_TOPOLOGY_INVALID');
    expect(error.issues.map((one) => one.component)).toEqual([null, 'lines', 'split', 'out', 'split', 'out']);
    expect(error.message).toContain("topology 'several' has 6 problems:");
    for (const issue of error.issues) {
      expect(error.message).toContain(`${issue.problem}. ${issue.fix}`);
    }
  });

  it('does not come at the call but from build', () => {
    const t = untyped(undefined, 5);
    expect(() => t.sink(Symbol('x'), t.bolt(null, [null, 5n], Symbol('y')).by(Symbol('z')))).not.toThrow();
    expect(() => build(t)).toThrow(TopologyError);
  });

  it('names the whole path of a cycle', () => {
    const t = untyped();
    const lines = t.spout('lines', textSource());
    const a = t.bolt('a', lines, idle);
    const b = t.bolt('b', a, idle);
    const c = t.bolt('c', b, idle);
    t.bolt('after', c, idle);
    a.subscribe(c.by((value: unknown) => value));
    expect(issuesOf(t)).toEqual([
      {
        component: 'a',
        problem: 'it is in a cycle: a -> b -> c -> a',
        fix: "Take 'c' from the inputs of 'a'; to feed records back, write them to a topic that a spout reads.",
      },
    ]);
  });

  it('names a component that feeds itself, and separate cycles separately', () => {
    const t = untyped();
    const lines = t.spout('lines', textSource());
    const a = t.bolt('a', lines, idle);
    a.subscribe(a);
    const b = t.bolt('b', lines, idle);
    b.subscribe(t.bolt('c', b, idle));
    expect(issuesOf(t).map((one) => one.problem)).toEqual([
      'it is in a cycle: a -> a',
      'it is in a cycle: b -> c -> b',
    ]);
  });
});
