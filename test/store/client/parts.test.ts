// Owns: the small parts of the client, each against a plain model or by its promise.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chroot } from '../../../src/store/client/chroot.ts';
import { isStoreError, storeErrorOf } from '../../../src/store/client/store-error.ts';
import { WatchRegistry } from '../../../src/store/client/watch-registry.ts';
import { WatchStream } from '../../../src/store/client/watch-stream.ts';
import { Fifo } from '../../../src/store/client/wire/fifo.ts';
import { FrameCutter } from '../../../src/store/client/wire/frames.ts';

const LIMIT = 3_000;

function cut(chunks: readonly Uint8Array[]): { readonly frames: Uint8Array[]; readonly bad: number[] } {
  const frames: Uint8Array[] = [];
  const bad: number[] = [];
  const cutter = new FrameCutter(
    LIMIT,
    (bytes, start, end) => frames.push(bytes.slice(start, end)),
    (length) => bad.push(length),
  );
  for (const chunk of chunks) cutter.push(chunk);
  return { frames, bad };
}

function framed(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setInt32(0, body.length);
  bytes.set(body, 4);
  return bytes;
}

describe('frames', () => {
  it('are cut the same, however their bytes come', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 40 })), (frames, sizes) => {
        const bytes = new Uint8Array(Buffer.concat(frames.map(framed)));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % (sizes.length || 1)] ?? bytes.length;
          chunks.push(bytes.slice(at, at + size));
          at += size;
        }
        expect(cut(chunks)).toEqual({ frames, bad: [] });
      }),
    );
  });

  it.each([-1, LIMIT + 1, 0x7fff_ffff, -0x8000_0000])('of %i bytes end the reading', (length) => {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setInt32(0, length);
    expect(cut([framed(new Uint8Array(1)), head, framed(new Uint8Array(2))])).toEqual({
      frames: [new Uint8Array(1)],
      bad: [length],
    });
  });
});

describe('the queue', () => {
  it('is first in, first out', () => {
    const fifo = new Fifo<number>();
    const model: number[] = [];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('push', 'push', 'shift', 'peek', 'drain-rarely'), {
          minLength: 3_000,
          maxLength: 4_000,
        }),
        (steps) => {
          for (const [i, step] of steps.entries()) {
            if (step === 'push') {
              fifo.push(i);
              model.push(i);
            } else if (step === 'shift') expect(fifo.shift()).toBe(model.shift());
            else if (step === 'peek') expect(fifo.peek()).toBe(model[0]);
            else if (i % 500 === 0) expect(fifo.drain()).toEqual(model.splice(0));
            expect(fifo.size).toBe(model.length);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a stream of events', () => {
  const event = { type: 'data-changed', path: '/a' } as const;

  it('hands them over in order, then ends', async () => {
    const stream = new WatchStream('/a', 10);
    stream.push(event);
    const early = [stream.next(), stream.next(), stream.next()];
    stream.push({ type: 'deleted', path: '/a' });
    stream.end();
    stream.push(event);
    expect(await Promise.all(early)).toEqual([
      { done: false, value: event },
      { done: false, value: { type: 'deleted', path: '/a' } },
      { done: true, value: undefined },
    ]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('becomes one gap when too many wait', async () => {
    const stream = new WatchStream('/a', 3);
    for (let i = 0; i < 4; i++) stream.push(event);
    stream.push({ type: 'deleted', path: '/a' });
    expect((await stream.next()).value).toEqual({ type: 'gap', path: '/a' });
    expect((await stream.next()).value).toEqual({ type: 'deleted', path: '/a' });
  });

  it('ends with an error after what waits', async () => {
    const stream = new WatchStream('/a', 3);
    stream.push(event);
    stream.end(new Error('over'));
    expect((await stream.next()).value).toEqual(event);
    await expect(stream.next()).rejects.toThrow('over');
  });
});

describe('the list of watches', () => {
  it('tells a new server of each path once, in requests of bounded size', () => {
    const registry = new WatchRegistry();
    const paths = Array.from({ length: 100 }, (_, i) => `/node-${i}`);
    for (const path of paths) {
      registry.addOneShot('data', path, () => {});
      registry.addOneShot('data', path, () => {});
    }
    registry.addStream('persistentRecursive', '/', new WatchStream('/', 1));
    const requests = registry.rearm(7, 200);
    expect(requests.flatMap(({ data }) => data)).toEqual(paths);
    expect(requests.length).toBeGreaterThan(10);
    expect(requests.every(({ relativeZxid, data }) => relativeZxid === 7 && data.length <= 8)).toBe(true);
    expect(requests.at(-1)).toMatchObject({ op: 'setWatches2', persistentRecursive: ['/'] });
    expect(requests[0]?.op).toBe('setWatches');
  });
});

describe('a root of its own', () => {
  it('is before every path, and behind none', () => {
    const root = new Chroot('/app');
    expect(['/', '/a', '/a/b'].map((path) => root.outer(path))).toEqual(['/app', '/app/a', '/app/a/b']);
    expect(root.outer('/', true)).toBe('/app/');
    expect(['/app', '/app/a', '/apple'].map((path) => root.inner(path))).toEqual(['/', '/a', '/apple']);
    expect([new Chroot('').outer('/a'), new Chroot('/').inner('/a')]).toEqual(['/a', '/a']);
  });
});

describe('an error of the store', () => {
  it('has the name of its code, or the number that it does not know', () => {
    const error = storeErrorOf(-101, 'getData', '/a');
    expect(error.message).toBe('NONODE: getData /a: there is no such node');
    expect(isStoreError(error, 'NONODE')).toBe(true);
    expect(isStoreError(error, 'BADVERSION')).toBe(false);
    expect(storeErrorOf(-999, 'getData', '/a').message).toContain('-999');
  });
});
