// Owns: `millrace run --drop-state`, a close that hangs, and the signal that comes then, with the real command.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { drainOnSignal } from '../../src/cli/run.ts';
import { output } from '../../src/cli/terminal.ts';
import { folder, millrace, ROOT } from './command-line.ts';

const TOPOLOGY = `
import { generator, topology } from '${ROOT}src/index.ts';
const name = process.env['BOLT'] ?? 'count';
const t = topology('named');
const numbers = t.spout('numbers', generator((n) => n, { count: 4 }));
t.bolt(name, numbers, { state: { totals: 0 }, execute(n, _out, { state }) { state.totals.update(n, (c) => c + 1); } });
export default t;
`;

let here: ReturnType<typeof folder>;
beforeAll(() => {
  here = folder({ 'named.ts': TOPOLOGY });
});
afterAll(() => here.remove());

const run = (bolt: string, ...more: string[]) =>
  millrace(['run', 'named.ts', '--data', 'data', '--until-end', '--quiet', ...more], {
    cwd: here.path,
    env: { BOLT: bolt },
  });

it('forgets the state of a component that was renamed; the error says how', async () => {
  expect((await run('count')).code).toBe(0);
  const refused = await run('renamed');
  expect(refused.code).toBe(65);
  expect(refused.stderr).toContain('--drop-state count');
  expect(refused.stderr).toContain('--drop-state count.totals');
  const dropped = await run('renamed', '--drop-state', 'nothing', '--drop-state', 'count.totals');
  expect([dropped.code, dropped.stderr]).toEqual([0, '']);
  const parallel = await run('count', '--drop-state', 'renamed', '--set', 'count.parallelism=3');
  expect([parallel.code, parallel.stderr]).toEqual([0, '']);
}, 30_000);

it('a signal while components are being closed stops at once', () => {
  const calls: string[] = [];
  const fake = { drain: () => calls.push('drain'), stop: () => calls.push('stop') };
  const err = output(process.stderr, {});
  const signals = drainOnSignal(fake, { out: err, err }, true, () => true);
  process.emit('SIGINT', 'SIGINT');
  signals.dispose();
  expect([calls, signals.stoppedBy()]).toEqual([['stop'], 'SIGINT']);
});
