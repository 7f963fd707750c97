// Owns: bolts that hold tuples, anchor to several and ack by themselves; and what happens when they do it wrong.

import { describe, expect, it } from 'vitest';
import { generator, type Out, type Tuple, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

const guarantee = 'at-least-once';

interface Side {
  readonly key: string;
  readonly value: number;
}

/** Joins left and right by key; holds what came first until its partner is there. */
function join(options = {}) {
  const held = new Map<string, { value: number; tuple: Tuple }>();
  const t = topology('join', { treeTimeoutMs: 1_000, maxAttempts: 3, retryBackoffMs: 10, ...options });
  const left = t.spout(
    'left',
    generator((n): Side => ({ key: '', value: n })),
  );
  const right = t.spout(
    'right',
    generator((n): Side => ({ key: '', value: n })),
  );
  const joined = t.bolt('join', [left.by(({ key }) => key), right.by(({ key }) => key)], {
    ack: 'manual',
    execute({ key, value }, out: Out<string>, { tuple }) {
      const other = held.get(key);
      if (other === undefined) {
        held.set(key, { value, tuple });
        return;
      }
      held.delete(key);
      out.emit(`${key}: ${other.value} and ${value} (${other.tuple.component} first)`, [other.tuple, tuple]);
      other.tuple.ack();
      tuple.ack();
    },
  });
  const out = t.sink('out', joined, () => {});
  return { t, left, right, out, held };
}

describe('a join', () => {
  it('holds tuples, and its output is in the trees of both inputs', async () => {
    const { t, left, right, out } = join();
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(out);
    driver.feed(left, { key: 'a', value: 1 });
    await driver.run();
    driver.feed(right, { key: 'a', value: 2 });
    await driver.run();
    // Both inputs are acked by the join, but the output is not: neither tree is done.
    expect(driver.counters().acked).toBe(0);
    expect(driver.pending()).toBe(2);
    driver.releaseWrites(out);
    await driver.run();
    expect(driver.output(out)).toEqual(['a: 1 and 2 (left first)']);
    expect(driver.counters()).toMatchObject({ acked: 2, timedOut: 0, failed: 0 });
    expect(driver.pending()).toBe(0);
  });

  it('a failed output fails and replays both inputs', async () => {
    const { t, left, right, out } = join();
    const driver = await testTopology(t, { guarantee });
    driver.failNext(out, { when: () => true });
    driver.feed(left, { key: 'a', value: 1 });
    driver.feed(right, { key: 'a', value: 2 });
    await driver.advance(100);
    expect(driver.counters()).toMatchObject({ failed: 2, replayed: 2, acked: 2 });
    expect(driver.output(out)).toHaveLength(1);
  });

  it('outputs of one execute to several subscribers keep both trees open until the last is acked', async () => {
    const { t, left, right, out, held } = join();
    expect(held.size).toBe(0);
    const driver = await testTopology(t, { guarantee, set: { 'join.parallelism': '3' } });
    const keys = Array.from({ length: 300 }, (_, n) => `k${n}`);
    driver.feed(left, ...keys.map((key, value) => ({ key, value })));
    driver.feed(right, ...keys.map((key, value) => ({ key, value })));
    await driver.run();
    expect(driver.output(out)).toHaveLength(300);
    expect(driver.counters().acked).toBe(600);
  });
});

describe('a forgotten ack', () => {
  it('is named with its component when the tree times out, logged once and kept in the dead letter', async () => {
    const { t, left } = join({ maxAttempts: 1 });
    const driver = await testTopology(t, { guarantee });
    driver.feed(left, { key: 'lonely', value: 1 }, { key: 'alone', value: 2 });
    await driver.advance(1_100);
    expect(driver.counters()).toMatchObject({ timedOut: 2, failed: 0, deadLettered: 2 });
    const [letter] = driver.deadLetters();
    expect(letter).toMatchObject({ reason: 'timed-out', cause: { component: 'join' } });
    expect(letter!.cause.error).toMatchObject({ code: 'MR_TREE_TIMEOUT', got: 'it never acked the tuple' });
    const warnings = driver.logs().filter(({ fields }) => fields['component'] === 'join');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.fields['error']).toContain("it hung at component 'join'");
  });

  it('can be put off by extendTimeout', async () => {
    const { t, left, held } = join();
    const driver = await testTopology(t, { guarantee });
    driver.feed(left, { key: 'lonely', value: 1 });
    await driver.advance(900);
    held.get('lonely')!.tuple.extendTimeout(2_000);
    await driver.advance(1_900);
    expect(driver.counters().timedOut).toBe(0);
    await driver.advance(200);
    expect(driver.counters().timedOut).toBe(1);
  });
});

describe('a tuple', () => {
  it('acked twice is reported with the component once, counted each time and changes nothing', async () => {
    const t = topology('double');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const twice = t.bolt('twice', numbers, {
      ack: 'manual',
      execute(n, out: Out<number>, { tuple }) {
        out.emit(n);
        tuple.ack();
        tuple.ack();
        tuple.fail();
      },
    });
    const out = t.sink('out', twice, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2);
    await driver.run();
    expect(driver.output(out)).toEqual([1, 2]);
    expect(driver.counters()).toMatchObject({ doubleAcks: 4, acked: 2, failed: 0 });
    const reports = driver.logs().filter(({ fields }) => fields['code'] === 'MR_DOUBLE_ACK');
    expect(reports).toHaveLength(1);
    expect(reports[0]!.message).toContain("Component 'twice' ended one tuple twice");
  });

  it('failed by hand is replayed at once after its back-off; the error is kept', async () => {
    const t = topology('by-hand', { maxAttempts: 2 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt('judge', numbers, {
      ack: 'manual',
      execute(n, _out: Out<never>, { tuple }) {
        if (n === 2) tuple.fail(new Error('two'));
        else tuple.ack();
      },
    });
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2, 3);
    await driver.advance(1_000);
    expect(driver.counters()).toMatchObject({ acked: 2, failed: 2, replayed: 1, deadLettered: 1 });
    expect(driver.deadLetters()[0]).toMatchObject({ value: 2, cause: { component: 'judge' } });
    expect(driver.deadLetters()[0]!.cause.error).toMatchObject({ message: 'two' });
  });

  it('of a bolt that does not ack by itself refuses ack and fail', async () => {
    const t = topology('auto', { maxAttempts: 1 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    t.bolt('work', numbers, (_n, _out, { tuple }) => tuple.ack());
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1);
    await driver.run();
    expect(driver.deadLetters()[0]!.cause.error).toMatchObject({ code: 'MR_ACK_NOT_MANUAL' });
  });
});

describe('emitting', () => {
  it('from a timer while the tuple is held is anchored to it', async () => {
    const t = topology('later', { treeTimeoutMs: 1_000 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const waiting: (() => void)[] = [];
    const later = t.bolt('later', numbers, {
      ack: 'manual',
      execute(n, out: Out<number>, { tuple }) {
        waiting.push(() => {
          out.emit(n, tuple);
          tuple.ack();
        });
      },
    });
    const out = t.sink('out', later, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1, 2);
    await driver.run();
    driver.holdWrites(out);
    for (const go of waiting) go();
    await driver.run();
    expect(driver.counters().acked).toBe(0);
    driver.releaseWrites(out);
    await driver.run();
    expect(driver.output(out)).toEqual([1, 2]);
    expect(driver.counters()).toMatchObject({ acked: 2, timedOut: 0 });
  });

  it.each([
    ['without anchors', (out: Out<number>, _tuple: Tuple) => out.emit(1)],
    ['anchored to it', (out: Out<number>, tuple: Tuple) => out.emit(1, tuple)],
  ])('after the ack of the input in the same execute, %s, is refused by name', async (_how, emit) => {
    const t = topology('too-late', { maxAttempts: 1 });
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const hasty = t.bolt('hasty', numbers, {
      ack: 'manual',
      execute(_n, out: Out<number>, { tuple }) {
        tuple.ack();
        emit(out, tuple);
      },
    });
    const out = t.sink('out', hasty, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.feed(numbers, 1);
    await expect(driver.run()).rejects.toMatchObject({
      code: 'MR_EMIT_AFTER_ACK',
      message: "Component 'hasty' emitted a tuple after its input was acked.",
    });
    expect(driver.output(out)).toEqual([]);
  });

  it('unanchored is allowed at any time inside execute, and its loss fails nothing', async () => {
    const t = topology('unanchored');
    const numbers = t.spout(
      'numbers',
      generator((n) => n),
    );
    const loose = t.bolt('loose', numbers, {
      ack: 'manual',
      execute(n, out: Out<number>, { tuple }) {
        tuple.ack();
        out.emit(n, []);
      },
    });
    const out = t.sink('out', loose, () => {});
    const driver = await testTopology(t, { guarantee });
    driver.failNext(out, { when: (n) => n === 1 });
    driver.feed(numbers, 1, 2);
    await driver.run();
    expect(driver.output(out)).toEqual([2]);
    expect(driver.counters()).toMatchObject({ acked: 2, failed: 1, replayed: 0 });
  });
});
