// Owns: bolts that return promises: bounded concurrency, acks when the promise ends, time-outs, emits that come too late.

import { describe, expect, it } from 'vitest';
import { generator, type Out, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

const guarantee = 'at-least-once';

/** A bolt whose calls end when the test says so. */
function gated(boltOptions = {}, options = {}) {
  const gates = new Map<number, { open: () => void; fail: (error: unknown) => void }>();
  const t = topology('gated', options);
  const numbers = t.spout(
    'numbers',
    generator((n) => n),
  );
  const work = t.bolt('work', numbers, {
    ...boltOptions,
    async execute(n: number, out: Out<number>) {
      await new Promise<void>((open, fail) => gates.set(n, { open, fail }));
      gates.delete(n);
      out.emit(n);
    },
  });
  const out = t.sink('out', work, () => {});
  return { t, numbers, out, gates };
}

describe('an asynchronous bolt', () => {
  it('has at most `concurrency` calls open; the others wait in its queue', async () => {
    const { t, numbers, out, gates } = gated({ concurrency: 3 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, ...Array.from({ length: 10 }, (_, n) => n));
    await driver.run();
    expect([...gates.keys()]).toEqual([0, 1, 2]);
    expect(driver.waiting('work')).toEqual([10]);
    gates.get(1)!.open();
    await driver.run();
    expect([...gates.keys()]).toEqual([0, 2, 3]);
    expect(driver.output(out)).toEqual([1]);
  });

  it('with concurrency 1 keeps the order', async () => {
    const { t, numbers, out, gates } = gated({ concurrency: 1 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 5, 3, 9);
    await driver.run();
    while (gates.size > 0) {
      expect(gates.size).toBe(1);
      for (const gate of gates.values()) gate.open();
      await driver.run();
    }
    expect(driver.output(out)).toEqual([5, 3, 9]);
  });

  it('acks each tuple when its own promise ends, in whatever order', async () => {
    const { t, numbers, gates } = gated();
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0, 1, 2);
    await driver.run();
    expect(driver.counters().acked).toBe(0);
    for (const [done, n] of [2, 0, 1].entries()) {
      gates.get(n)!.open();
      await driver.run();
      expect(driver.counters().acked).toBe(done + 1);
    }
  });

  it('a rejection fails its own tuple only', async () => {
    const { t, numbers, out, gates } = gated({}, { maxAttempts: 1 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0, 1);
    await driver.run();
    gates.get(0)!.fail(new Error('no'));
    gates.get(1)!.open();
    await driver.run();
    expect(driver.output(out)).toEqual([1]);
    expect(driver.deadLetters()).toMatchObject([{ value: 0, cause: { component: 'work' } }]);
  });

  it('each call keeps its own context and collector', async () => {
    const seen: string[] = [];
    const t = topology('contexts');
    const left = t.spout(
      'left',
      generator((n) => n),
    );
    const right = t.spout(
      'right',
      generator((n) => n),
    );
    const work = t.bolt('work', [left, right], async (n, out: Out<number>, context) => {
      const before = context.tuple.component;
      await Promise.resolve();
      await Promise.resolve();
      seen.push(`${n}: ${before} ${context.tuple.component}`);
      out.emit(n);
    });
    const out = t.sink('out', work, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.feed(left, 1, 2);
    driver.feed(right, 3, 4);
    await driver.run();
    expect(seen.sort()).toEqual(['1: left left', '2: left left', '3: right right', '4: right right']);
    expect([...driver.output(out)].sort()).toEqual([1, 2, 3, 4]);
    expect(driver.counters().acked).toBe(4);
  });

  it('takes longer than executeTimeoutMs: fails with MR_BOLT_TIMEOUT, and what it does later is ignored', async () => {
    const { t, numbers, out, gates } = gated({ executeTimeoutMs: 500 }, { maxAttempts: 1 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0, 1);
    await driver.advance(400);
    gates.get(1)!.open();
    await driver.run();
    await driver.advance(100);
    expect(driver.deadLetters()).toHaveLength(1);
    expect(driver.deadLetters()[0]!.cause.error).toMatchObject({
      code: 'MR_BOLT_TIMEOUT',
      message: "Component 'work' did not finish a tuple in time.",
    });
    gates.get(0)!.open();
    await driver.run();
    expect(driver.output(out)).toEqual([1]);
    expect(driver.waiting('work')).toEqual([0]);
  });

  it('a call that hangs is named when the tree times out', async () => {
    const { t, numbers } = gated({}, { treeTimeoutMs: 1_000, maxAttempts: 1 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 0);
    await driver.advance(1_100);
    expect(driver.deadLetters()[0]!.cause).toMatchObject({
      component: 'work',
      error: { code: 'MR_TREE_TIMEOUT', got: 'its execute has not ended' },
    });
  });

  it('with manual acks: acks after a promise, anchors to tuples of other calls', async () => {
    const t = topology('manual-async');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const pair = t.bolt('pair', numbers, {
      ack: 'manual',
      async execute(n: number, out: Out<number>, { tuple }) {
        await Promise.resolve();
        out.emit(n * 10, tuple);
        await Promise.resolve();
        tuple.ack();
      },
    });
    const out = t.sink('out', pair, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2, 3);
    await driver.run();
    expect(driver.output(out)).toEqual([10, 20, 30]);
    expect(driver.counters()).toMatchObject({ acked: 3, doubleAcks: 0 });
  });
});

describe.each(['at-least-once', 'at-most-once'] as const)('an emit after the ack, %s', (which) => {
  it('from a synchronous bolt through a timer ends the run with the name of the component', async () => {
    const t = topology('late-sync');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const late: (() => void)[] = [];
    const work = t.bolt('careless', numbers, (n, out: Out<number>) => {
      late.push(() => out.emit(n));
    });
    const out = t.sink('out', work, () => {});
    const driver = await testTopology(t, { guarantee: which });
    driver.feed(numbers, 1);
    await driver.run();
    expect(() => late[0]!()).toThrow(expect.objectContaining({ code: 'MR_EMIT_AFTER_ACK' }));
    await expect(driver.run()).rejects.toMatchObject({
      code: 'MR_EMIT_AFTER_ACK',
      message: "Component 'careless' emitted a tuple after its input was acked.",
    });
    expect(driver.output(out)).toEqual([]);
  });

  it('from an asynchronous bolt that did not await its work ends the run the same way', async () => {
    const t = topology('late-async');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const work = t.bolt('careless', numbers, async (n, out: Out<number>) => {
      Promise.resolve()
        .then(() => {})
        .then(() => {})
        .then(() => {})
        .then(() => out.emit(n))
        .catch(() => {});
    });
    const out = t.sink('out', work, () => {});
    const driver = await testTopology(t, { guarantee: which });
    driver.feed(numbers, 1);
    await expect(driver.run()).rejects.toMatchObject({ code: 'MR_EMIT_AFTER_ACK' });
    expect(driver.output(out)).toEqual([]);
  });
});
