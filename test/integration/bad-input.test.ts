// Owns: what people get for a wrong command line or topology file, from the real command: one clear error with a stable code
// and its exit code, no stack trace, and a data folder that was not touched.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../../src/base/error-codes.ts';
import { folder, millrace, millraceEach } from '../cli/command-line.ts';
import { dataFolder, expectClear, valuesIn } from './harness.ts';

const good = `
  import { topic, topology } from 'millrace';
  const t = topology('good', { settings: { size: 3 } });
  t.sink('end', t.spout('lines', topic('lines')), () => {});
  export default t;
`;

const files = folder({
  'good.ts': good,
  'empty.ts': 'export const t = 1;',
  'number.ts': 'export default 7;',
  'broken.ts': 'export default {',
  'throws.ts': "throw new Error('not today');",
  'package.ts': "import 'no-such-package-anywhere'; export default 1;",
  'types.ts': `
    import { topic, topology } from 'millrace';
    const t = topology('types');
    t.sink('end', t.map('one', t.spout('lines', topic('lines')), (line: number) => line + 1), () => {});
    export default t;
  `,
  'wiring.ts': `
    import { topic, topology } from 'millrace';
    const t = topology('wiring');
    const lines = t.spout('lines', topic('lines'), { parallelism: 0 });
    const a = t.bolt('a', lines, (line, out) => out.emit(line));
    const b = t.bolt('b', a, (line, out) => out.emit(line));
    a.subscribe(b.shuffle());
    t.sink('a', b, () => {});
    t.sink('end', b.stream('nowhere'), () => {});
    export default t;
  `,
  'slash.ts': good.replace("topic('lines')", "topic('a/b')"),
});
afterAll(() => files.remove());

type Case = readonly [what: string, code: ErrorCode, args: readonly string[], texts: readonly string[]];

const CASES: readonly Case[] = [
  ['a missing file', 'MR_FILE_NOT_FOUND', ['goood.ts'], ['goood.ts', 'perhaps you mean good.ts']],
  ['a folder', 'MR_FILE_NOT_FOUND', ['.'], ['not a file']],
  ['no default export', 'MR_NO_DEFAULT_EXPORT', ['empty.ts'], ['only the exports t']],
  ['a default export that is none', 'MR_NO_DEFAULT_EXPORT', ['number.ts'], ['number']],
  ['a syntax error', 'MR_FILE_NOT_LOADABLE', ['broken.ts'], ['syntax error', 'broken.ts:1']],
  ['a file that throws', 'MR_FILE_NOT_LOADABLE', ['throws.ts'], ['not today', 'throws.ts:1:7']],
  ['a missing package', 'MR_FILE_NOT_LOADABLE', ['package.ts'], ['npm install no-such-package-anywhere']],
  ['a type error', 'MR_TYPE_ERROR', ['types.ts', '--check-types'], ['types.ts:4:']],
  [
    'several wrong wires at once',
    'MR_TOPOLOGY_INVALID',
    ['wiring.ts'],
    ['problems', 'parallelism', 'cycle', 'a', 'nowhere'],
  ],
  ['an unknown guarantee', 'MR_USAGE', ['good.ts', '--guarantee', 'at-least-onze'], ['at-least-once']],
  [
    'a guarantee of a later version',
    'MR_GUARANTEE_UNSUPPORTED',
    ['good.ts', '--guarantee', 'exactly-once'],
    ['at-least-once'],
  ],
  ['an unknown option', 'MR_USAGE', ['good.ts', '--untill-end'], ['--until-end']],
  ['an unknown setting', 'MR_SETTING_UNKNOWN', ['good.ts', '--set', 'sise=4'], ['sise', 'settings: size']],
  ['an unknown component', 'MR_SETTING_UNKNOWN', ['good.ts', '--set', 'ent.batch=4'], ['end.: ']],
  ['a wrong value', 'MR_SETTING_INVALID', ['good.ts', '--set', 'size=many'], ['a number', 'many']],
  ['a value out of range', 'MR_SETTING_INVALID', ['good.ts', '--set', 'end.batch=0'], ['an integer from 1']],
  ['a setting without a value', 'MR_USAGE', ['good.ts', '--set', 'size'], ['NAME=VALUE']],
  ['a duration that is none', 'MR_USAGE', ['good.ts', '--duration', 'soon'], ['duration']],
  ['a missing topic', 'MR_TOPIC_NOT_FOUND', ['good.ts'], ['lines', 'topics create lines']],
  ['a wrong name of a topic', 'MR_TOPIC_INVALID', ['slash.ts'], ['a/b']],
];

describe('millrace run answers with one clear error', () => {
  const dataDir = (index: number) => join(files.path, `data-${index}`);
  const outcomes = millraceEach(
    CASES.map(([, , args], index) => ['run', ...args, '--data', dataDir(index), '--until-end']),
    { cwd: files.path },
  );

  it.each(CASES.map((one, index) => [...one, index] as const))(
    '%s: %s',
    async (_what, code, _args, texts, index) => {
      const outcome = (await outcomes)[index]!;
      expect(outcome.code).toBe(ERROR_CODES[code]);
      expectClear(outcome, code);
      for (const text of texts) expect(outcome.stderr).toContain(text);
      expect(outcome.stdout).toBe('');
      const reachedTheData = code.startsWith('MR_TOPIC_');
      expect(existsSync(dataDir(index))).toBe(reachedTheData);
    },
  );

  it('and the process ends with its exit code', async () => {
    const { code, stderr } = await millrace(['run', 'wiring.ts', '--data', 'none'], { cwd: files.path });
    expect(code).toBe(65);
    expect(stderr).toBe((await outcomes)[CASES.findIndex(([, , [file]]) => file === 'wiring.ts')]!.stderr);
  });
});

describe('millrace topics answers with one clear error', () => {
  it('and appends what came before a record that is too large', async () => {
    const dataDir = dataFolder();
    const lines = `first\nsecond\n${'x'.repeat(2_000_000)}\nfourth\n`;
    const outcome = await millrace(
      ['topics', 'produce', 'lines', '--data', dataDir],
      { cwd: dataDir },
      lines,
    );
    expect(outcome.code).toBe(65);
    expectClear(outcome, 'MR_RECORD_TOO_LARGE');
    expect(outcome.stderr).toContain('2 records before it were appended');
    expect(await valuesIn(dataDir, 'lines')).toEqual(['first', 'second']);
  });
});
