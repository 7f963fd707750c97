// Owns: components that fail or hang while they are opened or closed, in a real run.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { build, generator, topology } from '../../src/index.ts';
import { createRun } from '../../src/runtime/run.ts';

const never = () => new Promise<void>(() => {});

function started(
  open: (name: string) => void | Promise<void>,
  close: (name: string) => void | Promise<void>,
) {
  const t = topology('lives', { openLimitMs: 50, closeLimitMs: 50 });
  const numbers = t.spout(
    'numbers',
    generator((n) => n, { count: 3 }),
  );
  const events: string[] = [];
  let input: Parameters<typeof t.bolt>[1] = numbers;
  for (const name of ['first', 'second', 'third']) {
    input = t.bolt(name, input, {
      async open() {
        events.push(`open ${name}`);
        await open(name);
      },
      execute() {},
      async close() {
        events.push(`close ${name}`);
        await close(name);
      },
    });
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-lives-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  const run = createRun({
    plan: build(t),
    guarantee: 'at-least-once',
    dataDir,
    untilEnd: true,
    logger: silentLogger(),
    clock,
  });
  return { run, events };
}

it('a start that fails closes what was opened, in reverse order, and tells the first error', async () => {
  const { run, events } = started(
    (name) => {
      if (name === 'first') throw new Error('no luck');
    },
    () => {
      throw new Error('nor here');
    },
  );
  await expect(run.start()).rejects.toMatchObject({ code: 'MR_BOLT_OPEN_FAILED', got: 'no luck' });
  expect(events).toEqual(['open third', 'open second', 'open first', 'close second', 'close third']);
});

it('an open that hangs ends the start with MR_STALLED and its name', async () => {
  const { run, events } = started(
    (name) => (name === 'second' ? never() : undefined),
    () => {},
  );
  await expect(run.start()).rejects.toMatchObject({
    code: 'MR_STALLED',
    message: expect.stringMatching(/component 'second'.*openLimitMs/),
  });
  expect(events).toEqual(['open third', 'open second', 'close third']);
});

it('a stop ends a start that hangs', async () => {
  const { run, events } = started(never, () => {});
  const end = run.start();
  while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  run.stop();
  expect(await end).toMatchObject({ status: 'stopped', records: 0, error: null });
});

it('a close that hangs makes the run stalled, and the others are closed all the same', async () => {
  const { run, events } = started(
    () => {},
    (name) => (name === 'second' ? never() : undefined),
  );
  expect(await run.start()).toMatchObject({
    status: 'stalled',
    records: 3,
    error: { code: 'MR_STALLED', message: expect.stringMatching(/component 'second'.*closeLimitMs/) },
  });
  expect(events.slice(3)).toEqual(['close first', 'close second', 'close third']);
});

it('the first close that fails is told, and the others are closed all the same', async () => {
  const { run, events } = started(
    () => {},
    (name) => {
      throw new Error(`not ${name}`);
    },
  );
  expect(await run.start()).toMatchObject({ status: 'failed', error: { got: 'not first' } });
  expect(events.slice(3)).toEqual(['close first', 'close second', 'close third']);
});

it('a stop while components are closed waits for nobody', async () => {
  const { run, events } = started(() => {}, never);
  const end = run.start();
  while (!events.includes('close first')) await new Promise((resolve) => setTimeout(resolve, 1));
  run.stop();
  expect(await end).toMatchObject({ status: 'stopped', records: 3, error: null });
});
