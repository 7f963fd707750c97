// Owns: the house rules, applied to every file of the repository, and the proof that each rule can fail.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as rules from './tidy-rules.ts';

const root = new URL('../', import.meta.url);

function filesIn(...folders: readonly string[]): rules.SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|mjs)$/.test(name))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') })),
  );
}

function problems(rule: rules.Rule, files: readonly rules.SourceFile[]): string[] {
  return files.flatMap((file) => rule(file));
}

const src = filesIn('src');
const program = [...src, ...filesIn('bin', 'bench', 'mutation', 'topologies')];
const everything = [...program, ...filesIn('test')];

describe('the house', () => {
  it('has files to look at', () => {
    expect(src.length).toBeGreaterThan(20);
    expect(everything.length).toBeGreaterThan(src.length);
  });

  it.each([
    ['import arrows point down', rules.importArrows, src],
    ['packages stay in their rooms', rules.packagesStayInTheirRooms, src],
    ['pure rooms are pure', rules.pureRoomsStayPure, src],
    ['modules have no state', rules.noModuleState, src],
    ['the guarantee is decided in delivery/', rules.guaranteeIsDecidedInDelivery, src],
    ['every file says what it owns', rules.hasHeader, program],
    ['functions are short', rules.functionLength, program],
    ['files are short', rules.fileLength, everything],
    ['relative imports name the file', rules.relativeImportsNameTheFile, everything],
    ['types can be stripped', rules.erasableOnly, everything],
    ['nothing is left over', rules.noLeftovers, everything],
  ] as const)('%s', (_, rule, files) => {
    expect(problems(rule, files)).toEqual([]);
  });

  it('most files are about one concept', async ({ annotate }) => {
    const long = everything.filter(({ text }) => text.split('\n').length - 1 > rules.FILE_GOAL);
    for (const { path, text } of long) await annotate(`${path}: ${text.split('\n').length - 1} lines`);
    expect(long.length).toBeLessThan(everything.length / 4);
  });

  it('the lockfile has no addresses', () => {
    expect(rules.lockfileAddresses(readFileSync(new URL('package-lock.json', root), 'utf8'))).toEqual([]);
  });
});

/** A rule, a file that breaks it, and one beside it that does not. */
const SAMPLES: readonly (readonly [string, rules.Rule, path: string, bad: string, good: string])[] = [
  [
    'an arrow up',
    rules.importArrows,
    'src/topology/a.ts',
    `import { x } from '../runtime/x.ts';`,
    `import '../base/x.ts';`,
  ],
  [
    'a dynamic arrow up',
    rules.importArrows,
    'src/base/a.ts',
    `await import('../log/x.ts');`,
    `import('./b.ts');`,
  ],
  [
    'a type arrow up',
    rules.importArrows,
    'src/log/a.ts',
    `type A = import('../topology/b.ts').B;`,
    `type A = number;`,
  ],
  [
    'a re-export up',
    rules.importArrows,
    'src/runtime/a.ts',
    `export * from '../cli/run.ts';`,
    `export * from './b.ts';`,
  ],
  ['a sideways arrow', rules.importArrows, 'src/topology/a.ts', `import '../log/b.ts';`, `import './b.ts';`],
  [
    'a pure room on an impure one',
    rules.importArrows,
    'src/delivery/a.ts',
    `import '../log/b.ts';`,
    `import '../tracking/b.ts';`,
  ],
  ['an unknown room', rules.importArrows, 'src/attic/a.ts', '', `import '../base/a.ts';`],
  [
    'the public index from inside',
    rules.importArrows,
    'src/cli/a.ts',
    `import '../index.ts';`,
    `import '../log/a.ts';`,
  ],
  ['no extension', rules.relativeImportsNameTheFile, 'src/base/a.ts', `import './b';`, `import './b.ts';`],
  ['a .js extension', rules.relativeImportsNameTheFile, 'test/a.ts', `import './b.js';`, `import 'vitest';`],
  [
    'kafkajs outside',
    rules.packagesStayInTheirRooms,
    'src/runtime/a.ts',
    `import 'kafkajs';`,
    `import 'node:fs';`,
  ],
  [
    'pino outside its file',
    rules.packagesStayInTheirRooms,
    'src/cli/run.ts',
    `import 'pino';`,
    `import './logger.ts';`,
  ],
  [
    'an unlisted package',
    rules.packagesStayInTheirRooms,
    'src/cli/run.ts',
    `import '@a/b/c';`,
    `import './c.ts';`,
  ],
  ['a node module', rules.pureRoomsStayPure, 'src/tracking/a.ts', `import 'node:fs';`, `import './b.ts';`],
  [
    'the clock',
    rules.pureRoomsStayPure,
    'src/delivery/a.ts',
    'const t = () => Date.now();',
    'const t = (c: Clock) => c.wallMs();',
  ],
  [
    'a date',
    rules.pureRoomsStayPure,
    'src/base/a.ts',
    'const t = () => new Date();',
    'const t = () => new Date(0);',
  ],
  ['a timer', rules.pureRoomsStayPure, 'src/paxos/a.ts', 'setTimeout(() => {}, 1);', 'timers.set(1);'],
  ['chance', rules.pureRoomsStayPure, 'src/base/a.ts', 'Math.random();', 'Math.floor(1);'],
  [
    'no header',
    rules.hasHeader,
    'src/base/a.ts',
    'export const a = 1;',
    '// Owns: one.\nexport const a = 1;',
  ],
  [
    'an empty header',
    rules.hasHeader,
    'src/base/a.ts',
    '// Owns: \n',
    '#!/usr/bin/env node\n// Owns: the start.\n',
  ],
  ['a long file', rules.fileLength, 'src/base/a.ts', '\n'.repeat(501), '\n'.repeat(500)],
  ['a long function', rules.functionLength, 'src/base/a.ts', longFunction(71), longFunction(70)],
  [
    'a long method',
    rules.functionLength,
    'src/base/a.ts',
    `class A {\n${longFunction(71).slice(9)}\n}`,
    'class A { m(): void {} }',
  ],
  ['a promise', rules.noLeftovers, 'src/base/a.ts', `// ${'TO'}${'DO'} later`, '// later'],
  ['a print', rules.noLeftovers, 'src/base/a.ts', 'console.log(1);', 'print(1);'],
  ['a breakpoint', rules.noLeftovers, 'src/base/a.ts', 'debugger;', 'debug();'],
  ['a lone test', rules.noLeftovers, 'test/a.test.ts', `it.only('a', () => {});`, `it('a', () => {});`],
  [
    'a skipped test',
    rules.noLeftovers,
    'test/a.test.ts',
    `describe.skip('a', () => {});`,
    `describe.each([1])('a', () => {});`,
  ],
  [
    'a test that may not run',
    rules.noLeftovers,
    'test/a.test.ts',
    `test.skipIf(true)('a', f);`,
    `stream.skip(1);`,
  ],
  ['a module variable', rules.noModuleState, 'src/base/a.ts', 'let count = 0;', 'const count = 0;'],
  [
    'a module map',
    rules.noModuleState,
    'src/base/a.ts',
    'export const m = new Map();',
    'const m: ReadonlyMap<string, 1> = new Map();',
  ],
  [
    'a module array',
    rules.noModuleState,
    'src/base/a.ts',
    'const a: number[] = [];',
    'const a: readonly number[] = [];',
  ],
  [
    'a module instance',
    rules.noModuleState,
    'src/base/a.ts',
    'const a = new Pool();',
    `const a = ['x'] as const;`,
  ],
  [
    'a static field',
    rules.noModuleState,
    'src/base/a.ts',
    'class A { static n = 0; }',
    'class A { static readonly n = 0; m = 0; }',
  ],
  [
    'a comparison',
    rules.guaranteeIsDecidedInDelivery,
    'src/runtime/a.ts',
    `if (g === 'at-most-once') f();`,
    `f('at-most-once');`,
  ],
  [
    'a case',
    rules.guaranteeIsDecidedInDelivery,
    'src/state/a.ts',
    `switch (g) { case 'exactly-once': f(); }`,
    `switch (g) { case 'x': f(); }`,
  ],
  [
    'a flag',
    rules.guaranteeIsDecidedInDelivery,
    'src/runtime/a.ts',
    'if (this.exactlyOnce) f();',
    'if (this.tracked) f();',
  ],
  [
    'a choice',
    rules.guaranteeIsDecidedInDelivery,
    'src/runtime/a.ts',
    'const a = isAtMostOnce ? 1 : 2;',
    'const a = ready ? 1 : 2;',
  ],
  ['an enum', rules.erasableOnly, 'src/base/a.ts', 'enum A { B }', `const A = ['B'] as const;`],
  [
    'a namespace',
    rules.erasableOnly,
    'src/base/a.ts',
    'namespace A { export const b = 1; }',
    `declare module 'a';`,
  ],
  ['a decorator', rules.erasableOnly, 'src/base/a.ts', '@frozen class A {}', 'class A {}'],
  [
    'a parameter property',
    rules.erasableOnly,
    'src/base/a.ts',
    'class A { constructor(readonly b: 1) {} }',
    'class A { constructor(b: 1) { use(b); } }',
  ],
  ['an export assignment', rules.erasableOnly, 'src/base/a.ts', 'export = 1;', 'export default 1;'],
];

describe('each rule can fail', () => {
  it.each(SAMPLES)('%s', (_, rule, path, bad, good) => {
    const goodPath = path.replace('attic', 'log');
    expect(rule({ path, text: bad })).toHaveLength(1);
    expect(rule({ path: goodPath, text: good })).toEqual([]);
  });

  it('an address in the lockfile', () => {
    const lockfile = (entry: object) => JSON.stringify({ packages: { '': {}, 'node_modules/a': entry } });
    expect(rules.lockfileAddresses(lockfile({ resolved: 'https://example.org/a.tgz' }))).toHaveLength(1);
    expect(rules.lockfileAddresses(lockfile({ version: '1.0.0' }))).toEqual([]);
  });
});

function longFunction(lines: number): string {
  return `function f(): void {\n${'  g();\n'.repeat(lines - 2)}}`;
}
