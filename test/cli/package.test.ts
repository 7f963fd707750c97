// Owns: that what is published works: packed, installed into an empty folder, compiled code, users' TypeScript.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folder, ROOT } from './command-line.ts';

const run = promisify(execFile);
/** Packing compiles everything and installing asks the registry. */
const INSTALL_LIMIT_MS = 180_000;

const topologySource = `import { topology, topic, type Out } from 'millrace';
const t = topology('installed');
const lines = t.spout('lines', topic('lines'));
const words = t.bolt('split', lines.shuffle(), (line, out: Out<string>) => {
  for (const word of line.split(' ')) out.emit(word);
});
const counts = t.bolt('count', words.by((word) => word), {
  state: { counts: 0 },
  execute(word, out: Out<string>, { state }) {
    out.emit(\`\${word} \${state.counts.update(word, (n) => n + 1)}\`);
  },
});
t.sink('totals', counts, topic('totals'));
export default t;
`;

describe('the package', () => {
  const files = folder({
    'app/package.json': '{ "name": "app", "private": true }',
    'app/count.ts': topologySource,
    'app/wrong.ts': topologySource.replace('update(word, (n) => n + 1)', 'update(word, (n) => n.text)'),
    'app/count.js': topologySource.replace(', type Out', '').replaceAll(/out: Out<string>/g, 'out'),
    'app/lines.txt': 'a b a\nb a\n',
    'tarball/.keep': '',
  });
  const app = join(files.path, 'app');
  afterAll(() => files.remove());

  async function millrace(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return run(join(app, 'node_modules/.bin/millrace'), args, { cwd: app });
  }

  beforeAll(async () => {
    await run('npm', ['pack', '--silent', '--pack-destination', join(files.path, 'tarball')], { cwd: ROOT });
    const tarball = readdirSync(join(files.path, 'tarball')).find((name) => name.endsWith('.tgz'));
    expect(tarball).toBeDefined();
    await run(
      'npm',
      ['install', '--silent', '--prefer-offline', '--no-audit', '--no-fund', join('../tarball', tarball!)],
      { cwd: app },
    );
  }, INSTALL_LIMIT_MS);

  it('holds compiled code and no sources', () => {
    const installed = join(app, 'node_modules/millrace');
    expect(readdirSync(installed).sort()).toEqual(
      expect.arrayContaining(['LICENSE', 'bin', 'dist', 'package.json']) as string[],
    );
    expect(readdirSync(installed)).not.toContain('src');
    expect(readFileSync(join(installed, 'dist/index.js'), 'utf8')).not.toMatch(/from '\..*\.ts'/);
  });

  it.each(['count.ts', 'count.js'])('runs %s', async (file) => {
    const data = `data-${file}`;
    await millrace('topics', 'produce', 'lines', 'lines.txt', '--data', data);
    const { stdout } = await millrace('run', file, '--data', data, '--until-end', '--json', '--quiet');
    expect(JSON.parse(stdout)).toMatchObject({
      topology: 'installed',
      status: 'completed',
      records: 2,
      acked: 2,
    });
    const totals = await millrace('topics', 'consume', 'totals', '--data', data);
    expect(totals.stdout.trim().split('\n').sort()).toEqual(['a 1', 'a 2', 'a 3', 'b 1', 'b 2']);
  });

  it('says that types cannot be checked without typescript', async () => {
    const { stdout, stderr } = await millrace('check', 'count.ts');
    expect(stderr).toContain('types were not checked: typescript is not installed');
    expect(stdout).toContain('wiring is right');
  });

  it('brings its types', async () => {
    symlinkSync(join(ROOT, 'node_modules/typescript'), join(app, 'node_modules/typescript'));
    const { stdout, stderr } = await millrace('check', 'count.ts');
    expect(stderr).toBe('');
    expect(stdout).toContain('types and wiring are right');
    await expect(millrace('check', 'wrong.ts')).rejects.toMatchObject({
      code: 65,
      stderr: expect.stringMatching(/^MR_TYPE_ERROR: (?:.|\n)*wrong\.ts:10:60: /) as string,
    });
  });
});
