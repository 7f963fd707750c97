// Owns: a topology with one mistake at run time, chosen by a setting, made on each record that says so.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Out, topic, topology } from 'millrace';

/** A day: longer than any test. */
const FOREVER_MS = 86_400_000;
/** More than a queue may ever hold. */
const FLOOD = 2_000_000;

const t = topology('faulty', {
  settings: { mistake: 'none' },
  maxAttempts: 2,
  retryBackoffMs: 1,
  commitIntervalMs: 50,
});

const lines = t.spout('lines', topic<{ text: string }>('lines', { decode: 'json' }));

const step = t.bolt('step', lines.shuffle(), {
  streams: ['side'],
  executeTimeoutMs: 100,
  execute({ text }, out: Out<string, { side: string }>, { settings, tuple }) {
    const mistake = text === 'bad' ? settings.mistake : 'none';
    switch (mistake) {
      case 'throw':
        throw new Error(`cannot do ${text}`);
      case 'ack':
        tuple.ack();
        return undefined;
      case 'stream':
        // What the types forbid, for those who write JavaScript.
        (out as unknown as Out<string, { nowhere: string }>).emitTo('nowhere', text);
        return undefined;
      case 'late':
        setImmediate(() => out.emit('too late'));
        return undefined;
      case 'flood':
        for (let n = 0; n < FLOOD; n++) out.emitTo('side', text);
        return undefined;
      case 'slow':
        return sleep<void>(FOREVER_MS);
      default:
        out.emit(mistake === 'none' ? text : mistake);
        return undefined;
    }
  },
});
t.filter('nothing', step.stream('side'), () => false);

/** What the types forbid: a symbol is no key. */
const key = (text: string) => (text === 'key' ? (Symbol('no key') as unknown as string) : text);
const keyed = t.map('keyed', step.by(key), (text) => text, { parallelism: 2 });

const task = (text: string) => (text === 'task' ? 7 : 0);
const chosen = t.map('chosen', keyed.custom(task), (text) => text, { parallelism: 2 });

const manual = t.bolt('manual', chosen.shuffle(), {
  ack: 'manual',
  execute(text, out: Out<string>, { tuple }) {
    if (text === 'forget') return;
    out.emit(text, tuple);
    tuple.ack();
    if (text === 'twice') tuple.ack();
  },
});

t.sink('done', manual, topic('done'));

export default t;
