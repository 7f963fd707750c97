// Owns: `millrace run` as people and scripts use it: its outputs, its signals and its exit codes.

import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { drainOnSignal, exitCodeOf } from '../../src/cli/run.ts';
import { output } from '../../src/cli/terminal.ts';
import { folder, millrace, start } from './command-line.ts';

const endless = `
import { setTimeout as sleep } from 'node:timers/promises';
import { topology, type Out } from 'millrace';
const t = topology('endless');
let n = 0;
const numbers = t.spout<number>('numbers', () => ({
  next(out) {
    out.emit(++n, n);
    return true;
  },
}));
const slow = t.bolt('slow', numbers.shuffle(), async (n: number, out: Out<number>) => {
  await sleep(5);
  out.emit(n);
});
t.sink('end', slow, () => {});
export default t;
`;

const files = folder({
  'endless.ts': endless,
  'stuck.ts': endless.replace('await sleep(5)', 'await new Promise(() => {})'),
  'count.ts': `
    import { topology, topic, type Out } from 'millrace';
    const t = topology('count', { settings: { upper: false } });
    const words = t.bolt('split', t.spout('lines', topic('lines')).shuffle(), (line, out: Out<string>, { settings }) => {
      for (const word of line.split(' ')) out.emit(settings.upper ? word.toUpperCase() : word);
    });
    const counts = t.bolt('count', words.by((word) => word), {
      state: { counts: 0 },
      execute(word, _out: Out<never>, { state }) {
        state.counts.update(word, (n) => n + 1);
      },
    });
    t.report('Words', counts, { state: 'counts', columns: ['word', 'count'], top: 2, by: (n) => n });
    export default t;
  `,
  'lines.txt': 'a b a\nb a\n',
  'throws.ts': `
    import { topology, topic } from 'millrace';
    const t = topology('throws');
    t.sink('end', t.spout('lines', topic('lines')), () => { throw new Error('no room'); }, { onError: 'stop' });
    export default t;
  `,
});
const where = { cwd: files.path };
afterAll(() => files.remove());

describe('a run until the end', () => {
  it('prints a result for people, and progress on standard error', async () => {
    await millrace(['topics', 'produce', 'lines', 'lines.txt', '--data', 'a'], where);
    const { code, stdout } = await millrace(['run', 'count.ts', '--data', 'a', '--until-end'], where);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^count\n {2}status +completed/);
    expect(stdout).toContain('no record is lost');
    expect(stdout).toContain('Words\nword  count\n----  -----\na         3\nb         2');
  });

  it('prints one JSON object as its last line', async () => {
    await millrace(['topics', 'produce', 'lines', 'lines.txt', '--data', 'b'], where);
    const args = [
      'run',
      'count.ts',
      '--data',
      'b',
      '--until-end',
      '--json',
      '--quiet',
      '--guarantee',
      'at-most-once',
    ];
    const { code, stdout, stderr } = await millrace([...args, '--set', 'upper=true'], where);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as object;
    expect(Object.keys(result)).toEqual([
      ...['topology', 'guarantee', 'status', 'records', 'tuples', 'acked', 'failed', 'timedOut', 'replayed'],
      ...['deadLettered', 'seconds', 'recordsPerSecond', 'latencyMs'],
    ]);
    expect(result).toMatchObject({
      topology: 'count',
      guarantee: 'at-most-once',
      status: 'completed',
      records: 2,
    });
  });

  it('that fails ends with the code of its error', async () => {
    await millrace(['topics', 'produce', 'lines', 'lines.txt', '--data', 'c'], where);
    const { code, stdout, stderr } = await millrace(
      ['run', 'throws.ts', '--data', 'c', '--until-end', '--json'],
      where,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('MR_SINK_FAILED');
    expect(stderr).toContain('  cause     no room\n  at        throws.ts:4:');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed' });
  });

  it('stops after --duration with all in flight done', async () => {
    const { code, stdout } = await millrace(
      ['run', 'endless.ts', '--duration', '0.5', '--json', '--quiet'],
      where,
    );
    const { status, records, acked } = JSON.parse(stdout) as {
      status: string;
      records: number;
      acked: number;
    };
    expect({ code, status }).toEqual({ code: 0, status: 'drained' });
    expect(acked).toBe(records);
    expect(records).toBeGreaterThan(0);
  });
});

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s drains', async (signal) => {
    const { child, shown, outcome } = start(['run', 'endless.ts', '--json', '--data', signal], where);
    await shown('endless');
    child.kill(signal);
    const { code, stdout, stderr } = await outcome;
    expect(stderr).toContain(`${signal}: finishing what is in flight`);
    expect(code).toBe(0);
    const { status, records, acked } = JSON.parse(stdout) as {
      status: string;
      records: number;
      acked: number;
    };
    expect(status).toBe('drained');
    expect(acked).toBe(records);
  });

  it('sent twice stops at once', async () => {
    const { child, shown, outcome } = start(['run', 'stuck.ts', '--json', '--data', 'twice'], where);
    await shown('endless');
    child.kill('SIGTERM');
    await shown('finishing');
    child.kill('SIGTERM');
    const { code, stdout } = await outcome;
    expect(code).toBe(143);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'stopped' });
  });
});

describe('the command is one process', () => {
  it('so that a kill ends the engine', async () => {
    const { child, shown, outcome } = start(['run', 'endless.ts', '--data', 'killed'], where);
    await shown('endless');
    child.kill('SIGKILL');
    expect(await outcome).toMatchObject({ code: null, signal: 'SIGKILL' });
    const { code } = await millrace(
      ['run', 'endless.ts', '--data', 'killed', '--duration', '0.2', '--quiet'],
      where,
    );
    expect(code).toBe(0);
  });
});

describe('signals inside', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('drain, then stop, and are left alone afterwards', () => {
    vi.useFakeTimers();
    const before = process.listenerCount('SIGINT');
    const calls: string[] = [];
    const run = { drain: () => calls.push('drain'), stop: () => calls.push('stop') };
    const err = output(process.stderr, {});
    const signals = drainOnSignal(run, { out: err, err }, true);
    process.emit('SIGINT', 'SIGINT');
    expect([calls, signals.stoppedBy()]).toEqual([['drain'], undefined]);
    process.emit('SIGTERM', 'SIGTERM');
    expect([calls, signals.stoppedBy()]).toEqual([['drain', 'stop'], 'SIGTERM']);
    signals.dispose();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it.each([
    ['completed', undefined, 0],
    ['drained', undefined, 0],
    ['stopped', 'SIGINT', 130],
    ['stopped', 'SIGTERM', 143],
    ['stopped', undefined, 1],
    ['failed', undefined, 74],
    ['stalled', undefined, 75],
  ] as const)('a run that %s by %s ends with %i', (status, signal, code) => {
    const error = status === 'failed' ? new MillraceError('MR_DISK_FULL', 'full') : null;
    expect(exitCodeOf({ status, error }, signal)).toBe(code);
  });
});
