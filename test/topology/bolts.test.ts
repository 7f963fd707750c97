// Owns: what the bolt instances in a plan do when they are called.

import { describe, expect, it } from 'vitest';
import type { BoltInstance } from '../../src/topology/plan.ts';
import { build } from '../../src/topology/validate.ts';
import { boltNamed, idle, textSource, type Untyped, untyped } from './sample.ts';

const TASK = { component: 'b', task: 0, parallelism: 1, topology: 'untyped' };

/** The instance of the bolt `b` that `make` adds to a topology with one spout. */
function instanceOf(make: (t: Untyped, lines: Untyped) => void): BoltInstance {
  const t = untyped();
  make(t, t.spout('lines', textSource()));
  return boltNamed(build(t), 'b').create(TASK);
}

function run(bolt: BoltInstance, value: unknown): { emitted: unknown[]; result: unknown } {
  const emitted: unknown[] = [];
  const out: Untyped = { emit: (each: unknown) => void emitted.push(each) };
  return { emitted, result: bolt.execute(value, out, { settings: { minCount: 5 } } as Untyped) };
}

describe('map, filter and flatMap', () => {
  const twice = instanceOf((t, lines) => t.map('b', lines, (n: number) => n * 2));
  const even = instanceOf((t, lines) => t.filter('b', lines, (n: number) => n % 2 === 0));
  const upTo = instanceOf((t, lines) => t.flatMap('b', lines, (n: number) => Array(n).keys()));

  it('emit synchronously and answer with no promise', () => {
    expect(run(twice, 4)).toEqual({ emitted: [8], result: undefined });
    expect(run(even, 4)).toEqual({ emitted: [4], result: undefined });
    expect(run(even, 3)).toEqual({ emitted: [], result: undefined });
    expect(run(upTo, 3)).toEqual({ emitted: [0, 1, 2], result: undefined });
  });

  it('emit what a promise brings, once it is there', async () => {
    const bolts = [
      instanceOf((t, lines) => t.map('b', lines, async (n: number) => n * 2)),
      instanceOf((t, lines) => t.filter('b', lines, async (n: number) => n > 1)),
      instanceOf((t, lines) => t.flatMap('b', lines, async (n: number) => [n, n])),
    ];
    const runs = bolts.map((bolt) => run(bolt, 4));
    expect(runs.map((one) => one.emitted)).toEqual([[], [], []]);
    await Promise.all(runs.map((one) => one.result));
    expect(runs.map((one) => one.emitted)).toEqual([[8], [4], [4, 4]]);
    const none = run(bolts[1]!, 1);
    await none.result;
    expect(none.emitted).toEqual([]);
  });

  it('pass on errors and rejections', async () => {
    const throws = instanceOf((t, lines) =>
      t.map('b', lines, () => {
        throw new Error('no');
      }),
    );
    expect(() => run(throws, 1)).toThrow('no');
    const rejects = instanceOf((t, lines) => t.filter('b', lines, () => Promise.reject(new Error('late'))));
    await expect(run(rejects, 1).result).rejects.toThrow('late');
  });

  it('see the context', () => {
    const bolt = instanceOf((t, lines) =>
      t.map('b', lines, (n: number, c: Untyped) => n + c.settings.minCount),
    );
    expect(run(bolt, 1).emitted).toEqual([6]);
  });
});

describe('instances', () => {
  it('are the object itself, so that `this` is what its author expects', () => {
    class Adder {
      private sum = 0;
      execute(value: number, out: Untyped) {
        this.sum += value;
        out.emit(this.sum);
      }
    }
    const bolt = instanceOf((t, lines) => t.bolt('b', lines, new Adder()));
    expect([...run(bolt, 2).emitted, ...run(bolt, 3).emitted]).toEqual([2, 5]);
  });

  it('come one per task from a factory, which is told its task', () => {
    const t = untyped();
    const create = (task: typeof TASK) => ({ execute: (_: unknown, out: Untyped) => out.emit(task.task) });
    t.bolt('b', t.spout('lines', textSource()), { create, parallelism: 2 });
    const plan = boltNamed(build(t), 'b');
    const [first, second] = [plan.create(TASK), plan.create({ ...TASK, task: 1 })];
    expect(first).not.toBe(second);
    expect([...run(first, 0).emitted, ...run(second, 0).emitted]).toEqual([0, 1]);
  });

  it.each([
    ['undefined', () => undefined, {}],
    ['a promise', async () => ({ execute: idle }), {}],
    ['an object without execute', () => ({ tick: idle }), { tickEveryMs: 5 }],
    ['a tick without period', () => ({ execute: idle, tick: idle }), {}],
    ['no tick but a period', () => ({ execute: idle }), { tickEveryMs: 5 }],
  ])('are refused if a factory makes %s', (_what, create, options) => {
    expect(() => instanceOf((t, lines) => t.bolt('b', lines, { create, ...options }))).toThrow(
      expect.objectContaining({ code: 'MR_BOLT_OPEN_FAILED', message: expect.stringContaining("'b'") }),
    );
  });

  it('are accepted if a factory makes a tick that has its period', () => {
    const create = () => ({ execute: idle, tick: idle });
    expect(instanceOf((t, lines) => t.bolt('b', lines, { create, tickEveryMs: 5 })).tick).toBe(idle);
  });
});
