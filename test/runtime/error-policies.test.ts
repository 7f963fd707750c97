// Owns: what a thrown error does: fail, drop, stop, for bolts and sinks; and errors while opening and closing.

import { describe, expect, it } from 'vitest';
import { type ErrorPolicy, generator, type Out, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

const guarantee = 'at-least-once';

function pipeline(onError: ErrorPolicy, where: 'work' | 'out') {
  const t = topology('policies', { maxAttempts: 2, retryBackoffMs: 10 });
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const work = t.bolt('work', numbers, (n, out: Out<number>) => out.emit(n), {
    onError: where === 'work' ? onError : 'fail',
  });
  const out = t.sink('out', work, () => {}, { batch: 10, onError: where === 'out' ? onError : 'fail' });
  return { t, numbers, out };
}

describe.each(['work', 'out'] as const)('an error in %s', (where) => {
  it('with policy fail is replayed, then given up', async () => {
    const { t, numbers, out } = pipeline('fail', where);
    const driver = await testTopology(t, { guarantee });
    driver.failNext(where, { times: 3, when: (n) => n === 2 });
    driver.feed(numbers, 1, 2, 3);
    await driver.advance(100);
    expect(driver.output(out)).toEqual([1, 3]);
    expect(driver.counters()).toMatchObject({ failed: 2, replayed: 1, deadLettered: 1, dropped: 0 });
    expect(driver.deadLetters()[0]).toMatchObject({ value: 2, cause: { component: where } });
  });

  it('with policy drop is counted, logged and acked', async () => {
    const { t, numbers, out } = pipeline('drop', where);
    const driver = await testTopology(t, { guarantee });
    driver.failNext(where, { when: (n) => n === 2 });
    driver.feed(numbers, 1, 2, 3);
    await driver.advance(100);
    expect(driver.output(out)).toEqual([1, 3]);
    expect(driver.counters()).toMatchObject({ failed: 0, acked: 3, dropped: 1 });
    expect(driver.logs()).toContainEqual(expect.objectContaining({ message: 'tuple dropped' }));
  });

  it('with policy stop ends the run with the name and the cause; the next run reads the record again', async () => {
    const { t, numbers, out } = pipeline('stop', where);
    const driver = await testTopology(t, { guarantee });
    driver.failNext(where, { when: (n) => n === 2, error: new Error('broken') });
    driver.feed(numbers, 1, 2, 3);
    await expect(driver.run()).rejects.toMatchObject({
      code: where === 'work' ? 'MR_BOLT_FAILED' : 'MR_SINK_FAILED',
      got: 'broken',
    });
    const next = await driver.crash();
    await next.run();
    expect(new Set(next.output(out))).toEqual(new Set([1, 2, 3]));
  });
});

describe('a write', () => {
  it('that fails as a whole fails all its tuples with the error of the sink', async () => {
    const { t, numbers, out } = pipeline('fail', 'out');
    const driver = await testTopology(t, { guarantee });
    driver.failNext(out, { times: 100, error: new Error('no space') });
    driver.feed(numbers, 1, 2, 3);
    await driver.advance(100);
    expect(driver.counters()).toMatchObject({ failed: 6, deadLettered: 3 });
    expect(driver.deadLetters()[0]!.cause.error).toMatchObject({ code: 'MR_SINK_FAILED', got: 'no space' });
  });

  it('that throws at once is treated as one that is refused', async () => {
    const t = topology('throws', { maxAttempts: 1 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const work = t.bolt('work', numbers, (n, _out: Out<number>) => {
      if (n === 2) throw 'a string';
    });
    t.sink('out', work, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2);
    await driver.run();
    expect(driver.counters()).toMatchObject({ acked: 1, deadLettered: 1 });
    expect(driver.deadLetters()[0]!.cause.error).toBe('a string');
  });
});

describe('opening', () => {
  it('a bolt that cannot be opened refuses the start and closes what was open already', async () => {
    const closed: string[] = [];
    const t = topology('open');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const bad = t.bolt('bad', numbers, {
      open() {
        throw new Error('no licence');
      },
      execute(n, out: Out<number>) {
        out.emit(n);
      },
      close() {
        closed.push('bad');
      },
    });
    t.bolt('good', bad, {
      execute() {},
      close() {
        closed.push('good');
      },
    });
    await expect(testTopology(t, { guarantee })).rejects.toMatchObject({
      code: 'MR_BOLT_OPEN_FAILED',
      got: 'no licence',
    });
    expect(closed).toEqual(['good']);
  });

  it('happens before the first record is read, and close comes after the last tuple', async () => {
    const order: string[] = [];
    const t = topology('order');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt('work', numbers, {
      parallelism: 2,
      async open({ task }) {
        await Promise.resolve();
        order.push(`open ${task}`);
      },
      execute(n) {
        order.push(`execute ${n}`);
      },
      close({ task }) {
        order.push(`close ${task}`);
      },
    });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1);
    await driver.run();
    await driver.close();
    expect(order.map((line) => line.split(' ')[0])).toEqual(['open', 'open', 'execute', 'close', 'close']);
  });
});
