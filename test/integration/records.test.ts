// Owns: what becomes of records that cannot be processed, in the real command: each mistake of a topology at run time ends in a
// dead letter or ends the run, with its stable code; the other records get through, and nothing is lost.

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { folder, millrace, type Outcome } from '../cli/command-line.ts';
import {
  dataFolder,
  deadLettersIn,
  expectClear,
  fill,
  fixture,
  resultOf,
  storedPositions,
  valuesIn,
} from './harness.ts';

// Each test starts several processes, and the machine may have more to do.
vi.setConfig({ testTimeout: 90_000 });

const LINES = ['one', 'bad', 'two'].map((text) => JSON.stringify({ text }));

async function run(dataDir: string, ...args: string[]): Promise<Outcome> {
  const always = ['run', fixture('faulty'), '--data', dataDir, '--until-end', '--json'];
  return await millrace([...always, ...args], { cwd: dataDir });
}

function set(...pairs: string[]): string[] {
  return pairs.flatMap((pair) => ['--set', pair]);
}

async function withLines(lines: readonly (string | Uint8Array)[] = LINES): Promise<string> {
  const dataDir = dataFolder();
  await fill(dataDir, 'lines', lines);
  return dataDir;
}

describe('a record that cannot be processed becomes a dead letter', () => {
  it.each([
    ['throw', { reason: 'failed', component: 'step', error: { message: 'cannot do bad' } }],
    ['ack', { reason: 'failed', component: 'step', error: { code: 'MR_ACK_NOT_MANUAL' } }],
    ['stream', { reason: 'failed', component: 'step', error: { code: 'MR_STREAM_UNKNOWN' } }],
    ['flood', { reason: 'failed', component: 'step', error: { code: 'MR_QUEUE_OVERFLOW' } }],
    ['slow', { reason: 'failed', component: 'step', error: { code: 'MR_BOLT_TIMEOUT' } }],
    ['key', { reason: 'failed', component: 'step', error: { code: 'MR_KEY_UNHASHABLE' } }],
    ['task', { reason: 'failed', component: 'keyed', error: { code: 'MR_GROUPING_TASK' } }],
    ['forget', { reason: 'timed-out', component: 'manual', error: { code: 'MR_TREE_TIMEOUT' } }],
  ])('%s', async (mistake, letter) => {
    const dataDir = await withLines();
    const outcome = await run(
      dataDir,
      ...set(`mistake=${mistake}`, `treeTimeoutMs=${mistake === 'forget' ? 400 : 20_000}`),
    );
    expect(outcome.code).toBe(0);
    expect(resultOf(outcome)).toMatchObject({
      status: 'completed',
      records: 3,
      deadLettered: 1,
      replayed: 1,
    });
    expect(await valuesIn(dataDir, 'done')).toEqual(['one', 'two']);
    const letters = await deadLettersIn(dataDir, 'faulty');
    const place = { spout: 'lines', partition: 0, offset: 1, attempts: 2, value: { text: 'bad' } };
    expect(letters).toMatchObject([{ ...place, ...letter }]);
    expect(await storedPositions(dataDir, 'faulty', 'lines')).toEqual([3]);
  });

  it('undecodable, with its bytes as they were', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x0a]);
    const dataDir = await withLines([LINES[0]!, bytes, LINES[2]!]);
    const outcome = await run(dataDir);
    expect(outcome.code).toBe(0);
    expect(resultOf(outcome)).toMatchObject({ status: 'completed', deadLettered: 1 });
    expect(await valuesIn(dataDir, 'done')).toEqual(['one', 'two']);
    const [letter] = await deadLettersIn(dataDir, 'faulty');
    expect(letter).toMatchObject({
      offset: 1,
      reason: 'undecodable',
      error: { code: 'MR_RECORD_UNDECODABLE' },
    });
    expect(Buffer.from(String(letter?.['valueBase64']), 'base64')).toEqual(bytes);
  });

  it('but is counted and dropped under at most once, whatever the mistake', async () => {
    const dataDir = await withLines([...LINES, '{not json']);
    const outcome = await run(dataDir, ...set('mistake=throw'), '--guarantee', 'at-most-once');
    expect(outcome.code).toBe(0);
    expect(resultOf(outcome)).toMatchObject({ status: 'completed', records: 4, failed: 2, deadLettered: 0 });
    expect(await valuesIn(dataDir, 'done')).toEqual(['one', 'two']);
  });
});

describe('the error policy', () => {
  it('stop ends the run, and the next one reads the record again', async () => {
    const dataDir = await withLines();
    const stopped = await run(dataDir, ...set('mistake=throw', 'step.onError=stop'));
    expect(stopped.code).toBe(1);
    expectClear(stopped, 'MR_BOLT_FAILED');
    expect(resultOf(stopped)['status']).toBe('failed');
    const mended = await run(dataDir, ...set('step.onError=stop'));
    expect(mended.code).toBe(0);
    expect(new Set(await valuesIn(dataDir, 'done'))).toEqual(new Set(['one', 'bad', 'two']));
  });

  it('drop counts the record and goes on', async () => {
    const dataDir = await withLines();
    const outcome = await run(dataDir, ...set('mistake=throw', 'step.onError=drop'));
    expect(outcome.code).toBe(0);
    expect(resultOf(outcome)).toMatchObject({ status: 'completed', acked: 3, deadLettered: 0 });
    expect(await valuesIn(dataDir, 'done')).toEqual(['one', 'two']);
  });
});

describe('a misuse of the API', () => {
  it('that breaks the promise ends the run: an emit after the ack', async () => {
    const dataDir = await withLines();
    const outcome = await run(dataDir, ...set('mistake=late'));
    expect(outcome.code).toBe(1);
    expectClear(outcome, 'MR_EMIT_AFTER_ACK');
    expect(outcome.stderr).toContain("Component 'step'");
    expect(await valuesIn(dataDir, 'done')).not.toContain('too late');
  });

  it('that does not is told once, with the component: a second ack', async () => {
    const dataDir = await withLines();
    const outcome = await run(dataDir, ...set('mistake=twice'), '--log-level', 'warn');
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('MR_DOUBLE_ACK');
    expect(outcome.stderr).toContain("Component 'manual'");
    expect(await valuesIn(dataDir, 'done')).toEqual(['one', 'twice', 'two']);
  });
});

describe('a sink that fails', () => {
  const files = folder({
    'sink.ts': `
      import { appendFileSync, existsSync } from 'node:fs';
      import { topic, topology } from 'millrace';
      const t = topology('sink', { maxAttempts: 3, retryBackoffMs: 1 });
      const lines = t.spout('lines', topic('lines'));
      t.sink('out', lines, async (line) => {
        if (!existsSync('up')) throw new Error('the other side is down');
        appendFileSync('out.txt', line + '\\n');
      });
      export default t;
    `,
  });

  it('has its records tried again, then put aside; none is acknowledged that was not written', async () => {
    const dataDir = await withLines(['a', 'b', 'c']);
    const args = ['run', `${files.path}/sink.ts`, '--data', dataDir, '--until-end', '--json'];
    const stopped = await millrace([...args, '--set', 'out.onError=stop'], { cwd: dataDir });
    expect(stopped.code).toBe(1);
    expectClear(stopped, 'MR_SINK_FAILED');
    expect(stopped.stderr).toContain('the other side is down');
    expect(await storedPositions(dataDir, 'sink', 'lines')).toEqual([]);

    const put = await millrace(args, { cwd: dataDir });
    expect(put.code).toBe(0);
    expect(resultOf(put)).toMatchObject({ status: 'completed', deadLettered: 3, replayed: 6 });
    const letters = await deadLettersIn(dataDir, 'sink');
    letters.sort((a, b) => Number(a['offset']) - Number(b['offset']));
    expect(letters).toMatchObject(
      ['a', 'b', 'c'].map((value) => ({
        value,
        component: 'out',
        attempts: 3,
        error: { code: 'MR_SINK_FAILED' },
      })),
    );

    await fill(dataDir, 'lines', ['d']);
    writeFileSync(`${dataDir}/up`, '');
    const mended = await millrace(args, { cwd: dataDir });
    expect(mended.code).toBe(0);
    expect(readFileSync(`${dataDir}/out.txt`, 'utf8')).toBe('d\n');
    files.remove();
  });
});
