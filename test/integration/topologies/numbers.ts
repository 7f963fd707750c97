// Owns: a topology that copies numbers, and is held up on request: by a promise that never resolves, or a sink that never answers.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Out, topic, topology } from 'millrace';

/** A day: longer than any test. */
const FOREVER_MS = 86_400_000;

const t = topology('numbers', { settings: { pauseMs: 0, hang: 'nobody' }, commitIntervalMs: 50 });

const numbers = t.spout('numbers', topic('numbers'));

const slow = t.bolt('slow', numbers.shuffle(), {
  concurrency: 4,
  async execute(text, out: Out<string>, { settings }) {
    await sleep(settings.hang === 'bolt' && text === '7' ? FOREVER_MS : settings.pauseMs);
    out.emit(text);
  },
});

/** The text, and whether the sink `wait` is to hang at it. */
const marked = t.map('marked', slow, (text, { settings }) => ({
  text,
  hangs: settings.hang === 'sink' && text === '7',
}));

t.sink('wait', marked, ({ hangs }) => (hangs ? sleep(FOREVER_MS) : undefined));
t.sink('copy', slow, topic('copy'));

export default t;
