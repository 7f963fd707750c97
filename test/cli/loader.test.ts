// Owns: that users' files load wherever they lie and whatever they are written in, as seen from the real command.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folder, millrace, millraceEach, type Outcome, ROOT } from './command-line.ts';

const spout = `t.spout('s', () => ({ next: () => false }))`;

/** A topology named by what its relative imports export, so that its name shows that they were found. */
const typed = `
import { isTopology, MillraceError, topology, type Out } from 'millrace';
import { a } from './lib/a';
import { b } from './lib/b.js';
import { c } from './lib/c.ts';
const name: string = await Promise.resolve([a, b, c].join('-'));
enum Level { Low, High }
const t = topology(name);
const upper = t.bolt('upper', ${spout}.shuffle(), (value: never, out: Out<string>) => out.emit(value));
t.sink('end', upper, () => {});
if (!isTopology(t) || Level.High !== 1 || MillraceError.name !== 'MillraceError') throw new Error('two installations');
export const extra = 1;
export default t;
`;
const plain = `
import { topology } from 'millrace';
const t = topology('plain');
t.sink('end', ${spout}, () => {});
export default await t;
`;
const lib = {
  'lib/a.ts': 'export const a: string = "a";',
  'lib/b.ts': 'export const b: string = "b";',
  'lib/c.ts': 'export const c: string = "c";',
};
const files = folder({
  ...withFolder('bare', undefined),
  ...withFolder('named', { name: 'x' }),
  ...withFolder('module', { type: 'module' }),
  'settings.ts': `import { topology } from 'millrace';
    export default async (settings: { size?: number }) => {
      const t = topology('size-' + (settings.size ?? 0));
      t.sink('end', ${spout}, () => {});
      return t;
    };`,
  'syntax.ts': `import { topology } from 'millrace';\nconst = 3;`,
  'throws.ts': `const one: number = 1;\n\nfunction build(): never {\n  throw new TypeError('no ' + one);\n}\nbuild();\n`,
  'import.ts': `import nothing from 'no-such-package';\nexport default nothing;`,
  'export.ts': `import { noSuchExport } from 'millrace';\nexport default noSuchExport;`,
  'empty.ts': 'export const a = 1;',
  'number.ts': 'export default 5;',
  'returns.ts': 'export default () => 5;',
  'invalid.ts': `import { topology } from 'millrace';\nexport default topology('empty');`,
  'right.ts': typedSource('string'),
  'wrong.ts': typedSource('{ word: string }'),
  'names.ts': `export const of = () => { const inner = (a: number) => a; inner(1); return eval('__name').toString(); };
    throw new Error(of());`,
});
const where = { cwd: files.path };
afterAll(() => files.remove());

function withFolder(name: string, manifest: object | undefined): Record<string, string> {
  const inside: Record<string, string> = {
    't.ts': typed,
    't.mts': typed,
    't.js': plain,
    't.mjs': plain,
    ...lib,
  };
  if (manifest !== undefined) inside['package.json'] = JSON.stringify(manifest);
  return Object.fromEntries(Object.entries(inside).map(([path, text]) => [`${name}/${path}`, text]));
}

const LOADED: readonly (readonly [string, string])[] = ['bare', 'named', 'module'].flatMap((dir) => [
  [`${dir}/t.ts`, 'a-b-c'] as const,
  [`${dir}/t.mts`, 'a-b-c'] as const,
  [`${dir}/t.js`, 'plain'] as const,
  [`${dir}/t.mjs`, 'plain'] as const,
]);

const REFUSED: readonly (readonly [string, number, string, string])[] = [
  ['nowhere.ts', 66, 'MR_FILE_NOT_FOUND', files.path],
  ['throw.ts', 66, 'MR_FILE_NOT_FOUND', 'perhaps you mean throws.ts'],
  ['bare', 66, 'MR_FILE_NOT_FOUND', 'a folder at'],
  ['syntax.ts', 65, 'MR_FILE_NOT_LOADABLE', 'at syntax.ts:2:6'],
  ['throws.ts', 65, 'MR_FILE_NOT_LOADABLE', 'TypeError: no 1\n            at throws.ts:4:9'],
  ['import.ts', 65, 'MR_FILE_NOT_LOADABLE', 'npm install no-such-package'],
  ['export.ts', 65, 'MR_FILE_NOT_LOADABLE', 'noSuchExport'],
  ['empty.ts', 65, 'MR_NO_DEFAULT_EXPORT', 'only the exports a'],
  ['number.ts', 65, 'MR_NO_DEFAULT_EXPORT', 'type number'],
  ['returns.ts', 65, 'MR_NO_DEFAULT_EXPORT', 'a function that returns a value of type number'],
  ['invalid.ts', 65, 'MR_TOPOLOGY_INVALID', 'empty'],
];

const MISTYPED: readonly (readonly [readonly string[], string])[] = [
  [['rum'], 'perhaps millrace run'],
  [['graph', 'bare/t.ts', '--formt', 'dot'], 'perhaps --format'],
  [['graph', 'bare/t.ts', '--format', 'dto'], 'perhaps dot'],
  [['run', 'bare/t.ts', '--guarantee', 'at-lest-once'], 'perhaps at-least-once'],
  [['run', 'bare/t.ts', '--duration', 'long'], 'a number of at least 0'],
  [['run', 'bare/t.ts', '--log-level', 'loud'], 'silent, error, warn'],
];

const HELP: readonly (readonly [readonly string[], string])[] = [
  [['--help'], 'millrace run'],
  [['help', 'topics'], 'millrace topics produce'],
  [['run', '--help'], '--guarantee G'],
  [['topics', 'consume', '-h'], '--follow'],
];

/** Everything that needs no process of its own runs in one. */
describe('the command line', () => {
  const outcomes = new Map<string, Outcome>();
  const lines = [
    ...LOADED.map(([path]) => ['graph', path, '--format', 'json']),
    ...REFUSED.map(([path]) => ['graph', path]),
    ...MISTYPED.map(([args]) => args),
    ...HELP.map(([args]) => args),
    ['graph', 'settings.ts', '--set', 'size=3', '--format', 'json'],
    ['graph', 'settings.ts', '--set', 'sice=3'],
    ['graph', 'names.ts'],
    ['graph', 'bare/t.ts'],
    ['graph', 'bare/t.ts', '--format', 'dot'],
    ['run', 'bare/t.ts', '--guarantee', 'exactly-once'],
    ['check', 'right.ts'],
    ['check', 'wrong.ts'],
    ['check', 'bare/t.mjs'],
    ['doctor', '--json'],
  ];

  beforeAll(async () => {
    const answers = await millraceEach(lines, where);
    lines.forEach((line, index) => {
      outcomes.set(line.join(' '), answers[index]!);
    });
  }, 60_000);

  function outcome(...args: readonly string[]): Outcome {
    const found = outcomes.get(args.join(' '));
    if (found === undefined) throw new Error(`not run: ${args.join(' ')}`);
    return found;
  }

  it.each(LOADED)('loads %s', (path, name) => {
    const { code, stdout, stderr } = outcome('graph', path, '--format', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ name });
  });

  it('gives settings to a default export that is a function', () => {
    const { stdout } = outcome('graph', 'settings.ts', '--set', 'size=3', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'size-3' });
  });

  it('refuses settings that neither the function nor its topology has', () => {
    const { code, stderr } = outcome('graph', 'settings.ts', '--set', 'sice=3');
    expect([code, stderr.split(':')[0]]).toEqual([64, 'MR_SETTING_UNKNOWN']);
  });

  it.each(REFUSED)('%s ends with %i and %s', (path, exit, errorCode, part) => {
    const { code, stdout, stderr } = outcome('graph', path);
    expect([code, stdout, stderr.split(':')[0]]).toEqual([exit, '', errorCode]);
    expect(stderr).toContain(part);
    expect(stderr).toContain(`docs/errors.md#${errorCode.toLowerCase()}`);
    expect(stderr).not.toMatch(/^\s+at .*\(/m);
  });

  it('makes inner functions without naming each of them at run time', () => {
    expect(outcome('graph', 'names.ts').stderr).toContain('Error: (target)=>target');
  });

  it.each(MISTYPED)('%j is answered with "%s"', (args, part) => {
    const { code, stdout, stderr } = outcome(...args);
    expect([code, stdout, stderr.split(':')[0]]).toEqual([64, '', 'MR_USAGE']);
    expect(stderr).toContain(part);
  });

  it.each(HELP)('%j prints help', (args, part) => {
    const { code, stdout, stderr } = outcome(...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(part);
  });

  it('says when a guarantee is not there yet', () => {
    const { code, stderr } = outcome('run', 'bare/t.ts', '--guarantee', 'exactly-once');
    expect(code).toBe(64);
    expect(stderr).toMatch(/^MR_GUARANTEE_UNSUPPORTED: .*comes with the store/);
  });

  it('draws a topology', () => {
    expect(outcome('graph', 'bare/t.ts').stdout).toMatch(/^flowchart/);
    expect(outcome('graph', 'bare/t.ts', '--format', 'dot').stdout).toMatch(/^digraph/);
  });

  it('checks types against this installation', () => {
    const { code, stdout } = outcome('check', 'right.ts');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^typed in right\.ts: types and wiring are right \(typescript \d/);
  });

  it('shows the place of a wrong type', () => {
    const { code, stderr } = outcome('check', 'wrong.ts');
    expect(code).toBe(65);
    expect(stderr).toMatch(
      /^MR_TYPE_ERROR: wrong\.ts has type errors: 1\.\n {2}got {7}wrong\.ts:5:22: Argument of type/,
    );
  });

  it('says that it cannot check the types of JavaScript', () => {
    const { code, stdout, stderr } = outcome('check', 'bare/t.mjs');
    expect(code).toBe(0);
    expect(stderr).toBe('types were not checked: the file is not TypeScript\n');
    expect(stdout).toMatch(/: wiring is right$/m);
  });

  it('looks at the machine', () => {
    const { code, stdout } = outcome('doctor', '--json');
    const { able, findings } = JSON.parse(stdout) as { able: boolean; findings: { what: string }[] };
    expect({ code, able }).toEqual({ code: 0, able: true });
    const names = [
      'millrace',
      'node',
      'processor',
      'memory',
      'typescript',
      'disk space',
      'durable write',
      'data folder',
      'locks',
    ];
    expect(findings.map(({ what }) => what)).toEqual(names);
  });
});

describe('the command as a process', () => {
  it('answers --version', async () => {
    const { code, stdout, stderr } = await millrace(['--version'], where);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('ends with the code of the error', async () => {
    const { code, stdout, stderr } = await millrace(['graph', 'throws.ts'], where);
    expect([code, stdout, stderr.split(':')[0]]).toEqual([65, '', 'MR_FILE_NOT_LOADABLE']);
  });
});

function typedSource(parameter: string): string {
  return `import { topology, type Out } from 'millrace';
const t = topology('typed');
const s = t.spout<string>('s', () => ({ next: () => false }));
const words = t.bolt('split', s.shuffle(), (line, out: Out<string>) => out.emit(line));
t.sink('end', words, (word: ${parameter}) => { word; });
export default t;
`;
}
