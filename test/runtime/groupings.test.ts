// Owns: which task a tuple goes to, for every grouping, and named streams and several inputs.

import { describe, expect, it } from 'vitest';
import { generator, type Input, type Out, type Spout, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

const guarantee = 'at-least-once';

/** Per value the tasks of a bolt with `tasks` tasks that got it. */
async function deal(
  group: (numbers: Spout<number>) => Input<number>,
  values: readonly number[],
  tasks = 4,
): Promise<Map<number, number[]>> {
  const got = new Map<number, number[]>();
  const t = topology('groupings');
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  t.bolt('work', group(numbers), {
    parallelism: tasks,
    execute(n, _out, { task }) {
      got.set(n, [...(got.get(n) ?? []), task]);
    },
  });
  const driver = await testTopology(t, { guarantee });
  driver.feed(numbers, ...values);
  await driver.run();
  expect(driver.pending()).toBe(0);
  expect(driver.counters().acked).toBe(values.length);
  for (const each of got.values()) each.sort((a, b) => a - b);
  return got;
}

function loads(got: Map<number, number[]>, tasks = 4): number[] {
  const sums = new Array<number>(tasks).fill(0);
  for (const each of got.values()) for (const task of each) sums[task]!++;
  return sums;
}

const HUNDRED = Array.from({ length: 100 }, (_, n) => n);

describe('groupings', () => {
  it.each([
    ['shuffle', (n: Spout<number>) => n.shuffle()],
    ['none', (n: Spout<number>) => n.none()],
    ['local or shuffle', (n: Spout<number>) => n.localOrShuffle()],
    ['the stream itself', (n: Spout<number>) => n as Input<number>],
  ])('%s spreads evenly: loads differ by at most one', async (_name, group) => {
    expect(loads(await deal(group, HUNDRED))).toEqual([25, 25, 25, 25]);
    const uneven = loads(await deal(group, HUNDRED.slice(0, 10), 3), 3);
    expect(Math.max(...uneven) - Math.min(...uneven)).toBe(1);
  });

  it('by key: equal keys to one task, many keys to all of them about evenly', async () => {
    const values = Array.from({ length: 4_000 }, (_, n) => n);
    const got = await deal((n) => n.by((value) => value % 1_000), values);
    for (let key = 0; key < 1_000; key++) {
      const tasks = new Set([0, 1_000, 2_000, 3_000].flatMap((base) => got.get(base + key)!));
      expect(tasks.size).toBe(1);
    }
    for (const load of loads(got)) expect(load).toBeGreaterThan(700);
  });

  it('partial key: at most two tasks per key, and a hot key is halved between them', async () => {
    const t = topology('skew');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const tasksOf = new Map<number, Map<number, number>>();
    t.bolt(
      'work',
      numbers.partialBy((n) => n),
      {
        parallelism: 5,
        execute(n, _out, { task }) {
          const tasks = tasksOf.get(n) ?? new Map<number, number>();
          tasksOf.set(n, tasks.set(task, (tasks.get(task) ?? 0) + 1));
        },
      },
    );
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, ...new Array<number>(200).fill(7));
    driver.feed(numbers, ...HUNDRED, ...HUNDRED, ...HUNDRED);
    await driver.run();
    for (const tasks of tasksOf.values()) expect(tasks.size).toBeLessThanOrEqual(2);
    const hot = [...tasksOf.get(7)!.values()];
    expect(hot).toHaveLength(2);
    expect(Math.max(...hot)).toBeLessThan(130);
  });

  it('all: every task gets every tuple, and the tree waits for all of them', async () => {
    const got = await deal((n) => n.all(), HUNDRED);
    for (const tasks of got.values()) expect(tasks).toEqual([0, 1, 2, 3]);
  });

  it('global: everything to task 0', async () => {
    expect(loads(await deal((n) => n.global(), HUNDRED))).toEqual([100, 0, 0, 0]);
  });

  it('custom: the task, several tasks or none that the function names', async () => {
    const got = await deal(
      (n) => n.custom((value) => (value === 0 ? [] : value === 1 ? [0, 2] : value % 4)),
      [0, 1, 2, 7],
    );
    expect(got).toEqual(
      new Map<number, number[]>([
        [1, [0, 2]],
        [2, [2]],
        [7, [3]],
      ]),
    );
  });

  it.each([4, -1, 1.5, Number.NaN])('custom: task %s is refused by name', async (task) => {
    const wrong = deal((n) => n.custom(() => task), [1]);
    await expect(wrong).rejects.toMatchObject({ code: 'MR_GROUPING_TASK' });
    await expect(wrong).rejects.toThrow("Component 'work' has no task");
  });

  it('a key that is none ends the run at a spout and fails the tuple at a bolt', async () => {
    const bad = deal((n) => n.by(() => Number.NaN), [1]);
    await expect(bad).rejects.toMatchObject({ code: 'MR_KEY_UNHASHABLE' });

    const t = topology('bad-key', { maxAttempts: 1 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const same = t.map('same', numbers, (n) => n);
    t.bolt(
      'work',
      same.by((n) => (n === 2 ? ({} as never) : n)),
      { parallelism: 2, execute() {} },
    );
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2, 3);
    await driver.run();
    expect(driver.counters()).toMatchObject({ acked: 2, deadLettered: 1 });
    expect(driver.deadLetters()[0]).toMatchObject({ value: 2, cause: { component: 'same' } });
  });

  it('direct: the emitting bolt names the task', async () => {
    const got: string[] = [];
    const t = topology('direct', { maxAttempts: 1 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const pick = t.bolt('pick', numbers, (n, out: Out<number>) => out.emitDirect(n, n));
    t.bolt('work', pick.direct(), {
      parallelism: 3,
      execute(n, _out, { task }) {
        got.push(`${n} at ${task}`);
      },
    });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 2, 0, 3);
    await driver.run();
    expect(got.sort()).toEqual(['0 at 0', '2 at 2']);
    const error = driver.deadLetters()[0]?.cause.error;
    expect(error).toMatchObject({ code: 'MR_GROUPING_TASK', expected: 'a whole number from 0 to 2' });
  });
});

describe('streams', () => {
  it('a bolt emits to several named streams, each with its own subscribers', async () => {
    const t = topology('named');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const split = t.bolt('split', numbers, {
      streams: ['even', 'odd'],
      execute(n, out: Out<string, { even: number; odd: number }>) {
        out.emitTo(n % 2 === 0 ? 'even' : 'odd', n);
        out.emit(`saw ${n}`);
      },
    });
    const even = t.sink('evens', split.stream('even'), () => {});
    const odd = t.sink('odds', split.stream('odd'), () => {});
    const log = t.sink('log', split, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2, 3);
    await driver.run();
    expect(driver.output(even)).toEqual([2]);
    expect(driver.output(odd)).toEqual([1, 3]);
    expect(driver.output(log)).toEqual(['saw 1', 'saw 2', 'saw 3']);
    expect(driver.counters().acked).toBe(3);
  });

  it('an undeclared stream is an error with the names that there are', async () => {
    const t = topology('undeclared', { maxAttempts: 1 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const odd = t.bolt('split', numbers, {
      streams: ['even'],
      execute(n, out: Out<number, { even: number }>) {
        out.emitTo('evne' as 'even', n);
      },
    });
    t.sink('out', odd.stream('even'), () => {});
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1);
    await driver.run();
    expect(driver.deadLetters()[0]?.cause.error).toMatchObject({
      code: 'MR_STREAM_UNKNOWN',
      expected: 'one of: default, even',
      got: 'evne',
    });
  });

  it('a bolt with several inputs sees which component and stream a tuple came from', async () => {
    const seen: string[] = [];
    const t = topology('inputs');
    const letters = t.spout('letters', generator(String));
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const tagged = t.bolt('tag', numbers, {
      streams: ['late'],
      execute(n, out: Out<number, { late: number }>) {
        if (n > 1) out.emitTo('late', n);
        else out.emit(n);
      },
    });
    t.bolt('join', [letters, tagged, tagged.stream('late')], {
      parallelism: 2,
      execute(value, _out, { tuple }) {
        seen.push(`${value}: ${tuple.component}/${tuple.stream}`);
      },
    });
    const driver = await testTopology(t, { guarantee });
    driver.feed(letters, 'a');
    driver.feed(numbers, 1, 2);
    await driver.run();
    expect(seen.sort()).toEqual(['1: tag/default', '2: tag/late', 'a: letters/default']);
  });

  it('two subscribers of one stream both get it, and the tree is done when both are', async () => {
    const t = topology('fan-out');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const left = t.sink('left', numbers, () => {});
    const right = t.sink('right', numbers, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(right);
    driver.feed(numbers, 1);
    await driver.run();
    expect(driver.output(left)).toEqual([1]);
    expect(driver.counters().acked).toBe(0);
    driver.releaseWrites(right);
    await driver.run();
    expect(driver.counters().acked).toBe(1);
  });
});
