// Owns: the forms of sources and sinks, and what they become in a plan.

import { describe, expect, it } from 'vitest';
import type { SinkPlan } from '../../src/topology/plan.ts';
import type { SinkWriter } from '../../src/topology/sink.ts';
import type { ClassicSource, Source } from '../../src/topology/source.ts';
import { build } from '../../src/topology/validate.ts';
import { fakeTopic } from './fake-topic.ts';
import { component, idle, textSource, type Untyped, untyped } from './sample.ts';

const TASK = { component: 'x', task: 1, parallelism: 2, topology: 'untyped' };

function sourceOf(given: unknown): Source<unknown> {
  const t = untyped();
  t.spout('x', given);
  const plan = component(build(t), 'x');
  return plan.kind === 'spout' ? plan.source : expect.fail('no spout');
}

function sinkOf(given: unknown, options?: unknown): SinkPlan {
  const t = untyped();
  t.sink('x', t.spout('lines', textSource()), given, options);
  const plan = component(build(t), 'x');
  return plan.kind === 'sink' ? plan : expect.fail('no sink');
}

function writerOf(given: unknown): Promise<SinkWriter<unknown>> {
  return sinkOf(given).sink.open({} as Untyped);
}

describe('a source', () => {
  it('is taken as it is, also out of a connector that is source and sink', () => {
    const topic = fakeTopic('lines');
    expect(sourceOf(topic.source)).toBe(topic.source);
    expect(sourceOf(topic)).toBe(topic.source);
    const classic: ClassicSource<string> = {
      kind: 'classic',
      description: 'own',
      create: () => ({ next: () => false }),
    };
    expect(sourceOf(classic)).toBe(classic);
  });

  it('may be one spout, or a function that makes one per task', () => {
    const spout = { next: () => false };
    expect((sourceOf(spout) as ClassicSource<unknown>).create(TASK)).toBe(spout);
    const seen: unknown[] = [];
    const made = sourceOf((task: unknown) => {
      seen.push(task);
      return spout;
    }) as ClassicSource<unknown>;
    expect(seen).toEqual([]);
    expect(made.create(TASK)).toBe(spout);
    expect(seen).toEqual([TASK]);
  });

  it('is refused if the function makes something else', () => {
    for (const wrong of [undefined, 5, Promise.resolve({ next: idle }), {}]) {
      const source = sourceOf(() => wrong) as ClassicSource<unknown>;
      expect(() => source.create(TASK)).toThrow(
        expect.objectContaining({ code: 'MR_SPOUT_FAILED', message: expect.stringContaining("'x'") }),
      );
    }
  });
});

describe('a sink', () => {
  it('is taken as it is, also out of a connector that is source and sink', () => {
    const topic = fakeTopic('lines');
    expect(sinkOf(topic.sink).sink).toBe(topic.sink);
    expect(sinkOf(topic).sink).toBe(topic.sink);
  });

  it('may be a function, called once per value in order, synchronously if it can', async () => {
    const seen: unknown[] = [];
    const writer = await writerOf((value: unknown) => seen.push(value));
    expect(writer.write([1, 2, 3])).toBeUndefined();
    expect(seen).toEqual([1, 2, 3]);
  });

  it('waits for each promise of a function before the next value', async () => {
    const seen: string[] = [];
    const writer = await writerOf(async (value: number) => {
      seen.push(`begin ${value}`);
      await Promise.resolve();
      seen.push(`end ${value}`);
    });
    await writer.write([1, 2]);
    expect(seen).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  it('passes on errors and rejections of a function', async () => {
    const throws = await writerOf(() => {
      throw new Error('no');
    });
    expect(() => throws.write([1])).toThrow('no');
    const rejects = await writerOf(() => Promise.reject(new Error('late')));
    await expect(rejects.write([1])).rejects.toThrow('late');
  });

  it('writes a value at a time to a function unless told otherwise, so that an error fails one tuple', () => {
    expect(sinkOf(idle).batch).toBe(1);
    expect(sinkOf(idle, { batch: 50 }).batch).toBe(50);
  });

  it('may be a writer that its tasks share, closed after the last of them', async () => {
    let closed = 0;
    const target = {
      seen: [] as unknown[],
      write(values: readonly unknown[]) {
        this.seen.push(...values);
      },
      close: () => void closed++,
    };
    const { sink } = sinkOf(target, { parallelism: 2 });
    const [first, second] = await Promise.all([sink.open({} as Untyped), sink.open({} as Untyped)]);
    first.write([1]);
    second.write([2]);
    expect(target.seen).toEqual([1, 2]);
    await first.close?.();
    expect(closed).toBe(0);
    await second.close?.();
    expect(closed).toBe(1);
  });
});
