// Owns: one test per claim that the engine takes over from Storm's documentation, with the page it comes from
// (storm.apache.org/releases/current): "Guaranteeing Message Processing", "Acking framework implementation", "Concepts" (stream
// groupings, reliability), "Configuration" (topology.message.timeout.secs, topology.max.spout.pending, tick tuples).

import { describe, expect, it } from 'vitest';
import { type ClassicSpout, generator, type Out, type Tuple, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

const guarantee = 'at-least-once';

describe('Guaranteeing Message Processing', () => {
  it('"fully processed when the tuple tree has been exhausted and every message in the tree has been processed"', async () => {
    const t = topology('tree');
    const sentences = t.spout('sentences', generator(String));
    const words = t.flatMap('split', sentences, (sentence) => sentence.split(' '));
    const letters = t.flatMap('letters', words, (word) => [...word]);
    const out = t.sink('out', letters, () => {}, { batch: 1 });
    const driver = await testTopology(t, { guarantee });
    driver.delayNext(out, 1_000, { when: (letter) => letter === 'd' });
    driver.delayNext('letters', 1_000, { when: (word) => word === 'cd' });
    driver.feed(sentences, 'ab cd');
    await driver.advance(999);
    expect(driver.output(out)).toEqual(['a', 'b']);
    expect(driver.counters().acked).toBe(0);
    await driver.advance(1);
    expect(driver.counters().acked).toBe(1);
  });

  it('"considered failed when its tree of messages fails to be fully processed within a specified timeout", 30 s by default', async () => {
    const t = topology('timeout');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt('hang', numbers, () => new Promise<void>(() => {}));
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1);
    await driver.advance(29_999);
    expect(driver.counters()).toMatchObject({ timedOut: 0, failed: 0 });
    await driver.advance(101);
    expect(driver.counters()).toMatchObject({ timedOut: 1, failed: 0 });
  });

  it('"the tuple will be acked or failed by the exact same Spout task that created it"', async () => {
    const heard: string[] = [];
    class Numbered implements ClassicSpout<string> {
      private left = 3;
      private readonly task: number;
      constructor(task: number) {
        this.task = task;
      }
      next(out: { emit(value: string, id: unknown): void }): boolean {
        if (this.left === 0) return false;
        this.left--;
        out.emit(`${this.task}`, this.task);
        return true;
      }
      ack(id: unknown): void {
        heard.push(`ack ${id} at ${this.task}`);
      }
      fail(id: unknown): void {
        heard.push(`fail ${id} at ${this.task}`);
      }
    }
    const t = topology('same-task');
    const numbers = t.spout('numbers', ({ task }) => new Numbered(task), { parallelism: 3 });
    t.bolt('work', numbers, { parallelism: 2, execute() {} });
    const driver = await testTopology(t, { guarantee });
    driver.failNext('work', { times: 4 });
    await driver.run();
    expect(heard).toHaveLength(9);
    expect(heard.filter((line) => line.startsWith('fail'))).toHaveLength(4);
    for (const line of heard) expect(line).toMatch(/(\d) at \1$/);
  });

  it('"by failing the tuple explicitly, the spout tuple can be replayed faster than if you wait for the tuple to time-out"', async () => {
    const t = topology('explicit', { retryBackoffMs: 100 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt('work', numbers, {
      ack: 'manual',
      execute: (_n, _out: Out<never>, { tuple }) => tuple.fail(new Error('database said no')),
    });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1);
    await driver.advance(101);
    expect(driver.counters()).toMatchObject({ failed: 2, timedOut: 0, replayed: 1 });
  });

  it('"if the word tuple is not anchored, its failure does not replay the root"', async () => {
    for (const [anchored, replayed] of [
      [true, 1],
      [false, 0],
    ] as const) {
      const t = topology('anchoring');
      const numbers = t.spout(
        'numbers',
        generator((n) => n),
      );
      const pass = t.bolt('pass', numbers, (n, out: Out<number>) =>
        anchored ? out.emit(n) : out.emit(n, []),
      );
      const out = t.sink('out', pass, () => {});
      const driver = await testTopology(t, { guarantee });
      driver.failNext(out, { when: () => true });
      driver.feed(numbers, 1);
      await driver.advance(1_000);
      expect(driver.counters().replayed).toBe(replayed);
    }
  });

  it('"an output tuple can be anchored to more than one input tuple: failing it replays multiple tuples from the spouts"', async () => {
    const t = topology('multi-anchor');
    const left = t.spout(
      'left',
      generator((n) => n),
    );
    const right = t.spout(
      'right',
      generator((n) => n),
    );
    let first: { n: number; tuple: Tuple } | null = null;
    const sum = t.bolt('sum', [left, right], {
      ack: 'manual',
      execute(n, out: Out<number>, { tuple }) {
        if (first === null) {
          first = { n, tuple };
          return;
        }
        const other = first;
        first = null;
        out.emit(other.n + n, [other.tuple, tuple]);
        other.tuple.ack();
        tuple.ack();
      },
    });
    const out = t.sink('out', sum, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.failNext(out, { when: () => true });
    driver.feed(left, 1);
    driver.feed(right, 10);
    await driver.run();
    expect(driver.counters()).toMatchObject({ failed: 2, acked: 0 });
    await driver.advance(1_000);
    expect(driver.output(out)).toEqual([11]);
    expect(driver.counters()).toMatchObject({ replayed: 2, acked: 2 });
  });

  it('"the multi-anchored tuple is part of a DAG": a diamond is done when both its sides are', async () => {
    const t = topology('diamond');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const left = t.map('left', numbers, (n) => n);
    const right = t.map('right', numbers, (n) => n);
    const out = t.sink('out', left, () => {}, { batch: 1 });
    out.subscribe(right);
    const driver = await testTopology(t, { guarantee });
    driver.delayNext('right', 1_000);
    driver.feed(numbers, 1);
    await driver.run();
    expect(driver.output(out)).toEqual([1]);
    expect(driver.counters().acked).toBe(0);
    await driver.advance(1_000);
    expect(driver.output(out)).toEqual([1, 1]);
    expect(driver.counters().acked).toBe(1);
  });

  it('"a tuple isn\'t acked because the task died": the tree times out and is replayed', async () => {
    const t = topology('task-died', { treeTimeoutMs: 1_000 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const work = t.map('work', numbers, (n) => n);
    const out = t.sink('out', work, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.delayNext('work', 86_000_000);
    driver.feed(numbers, 1);
    await driver.advance(1_300);
    expect(driver.output(out)).toEqual([1]);
    expect(driver.counters()).toMatchObject({ timedOut: 1, replayed: 1, acked: 1 });
  });

  it('"emitting without a message id" and at most once: "tuples are not tracked, downstream failures lose them"', async () => {
    const t = topology('untracked');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const out = t.sink('out', numbers, () => {}, { batch: 1 });
    const driver = await testTopology(t, { guarantee: 'at-most-once' });
    driver.failNext(out);
    driver.feed(numbers, 1, 2);
    await driver.advance(60_000);
    expect(driver.output(out)).toEqual([2]);
    expect(driver.pending()).toBe(0);
  });
});

describe('Concepts and Configuration', () => {
  it('topology.max.spout.pending: "the maximum number of tuples that can be pending on a spout task at any given time"', async () => {
    const t = topology('max-pending', { maxPending: 7 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const out = t.sink('out', numbers, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(out);
    driver.feed(numbers, ...Array.from({ length: 100 }, (_, n) => n));
    await driver.advance(1_000);
    expect(driver.pending()).toBe(7);
  });

  it('topology.tick.tuple.freq: a bolt is called at its period, whether or not there is data', async () => {
    let ticks = 0;
    const t = topology('tick');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt('clocked', numbers, { tickEveryMs: 60_000, execute() {}, tick: () => void ticks++ });
    const driver = await testTopology(t, { guarantee });
    await driver.advance(180_000);
    expect(ticks).toBe(3);
  });

  it('fields grouping: "tuples with the same user-id will always go to the same task", also after a restart', async () => {
    const tasks = new Map<number, Set<number>>();
    const t = topology('fields');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt(
      'work',
      numbers.by((n) => n % 10),
      {
        parallelism: 4,
        execute(n, _out, { task }) {
          tasks.set(n % 10, (tasks.get(n % 10) ?? new Set()).add(task));
        },
      },
    );
    let driver = await testTopology(t, { guarantee });
    for (let restart = 0; restart < 3; restart++) {
      driver.feed(numbers, ...Array.from({ length: 100 }, (_, n) => n));
      await driver.run();
      driver = await driver.crash();
    }
    expect(tasks.size).toBe(10);
    for (const chosen of tasks.values()) expect(chosen.size).toBe(1);
  });

  it('all grouping: "the stream is replicated across all the bolt\'s tasks"; global: "to a single one, with the lowest id"', async () => {
    const all: number[] = [];
    const single: number[] = [];
    const t = topology('all-and-global');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const note = (into: number[]) => ({
      parallelism: 3,
      execute(_n: number, _out: Out<never>, { task }: { task: number }) {
        into.push(task);
      },
    });
    t.bolt('all', numbers.all(), note(all));
    t.bolt('single', numbers.global(), note(single));
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2);
    await driver.run();
    expect(all.sort()).toEqual([0, 0, 1, 1, 2, 2]);
    expect(single).toEqual([0, 0]);
    expect(driver.counters().acked).toBe(2);
  });
});
