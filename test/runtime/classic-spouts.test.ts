// Owns: Storm's classic spouts: ids, ack and fail, their own replays, promises from `next`, polling.

import { describe, expect, it } from 'vitest';
import { type ClassicSpout, type Out, type SpoutOut, topology } from '../../src/index.ts';
import { testTopology } from '../../src/testing/index.ts';

/** A spout with a list of messages that keeps its own books: what fails goes back to the end of the list. */
class Messages implements ClassicSpout<string> {
  readonly acked: unknown[] = [];
  readonly failed: string[] = [];
  asked = 0;
  closed = false;
  private readonly waiting: string[];

  constructor(...messages: string[]) {
    this.waiting = messages;
  }

  next(out: SpoutOut<string>): boolean {
    this.asked++;
    const message = this.waiting.shift();
    if (message === undefined) return false;
    out.emit(message, message);
    return true;
  }

  ack(id: unknown): void {
    this.acked.push(id);
  }

  fail(id: unknown, reason: string): void {
    this.failed.push(`${id} ${reason}`);
    this.waiting.push(String(id));
  }

  close(): void {
    this.closed = true;
  }
}

function through(spout: ClassicSpout<string>, options = {}) {
  const t = topology('classic', { treeTimeoutMs: 1_000, ...options });
  const messages = t.spout('messages', spout);
  const work = t.bolt('work', messages, (message, out: Out<string>) => out.emit(message));
  const out = t.sink('out', work, () => {});
  return { t, out };
}

describe('a classic spout at least once', () => {
  const guarantee = 'at-least-once';

  it('hears ack only when the tree is done, and once per id', async () => {
    const spout = new Messages('a', 'b');
    const { t, out } = through(spout);
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(out);
    await driver.run();
    expect(spout.acked).toEqual([]);
    driver.releaseWrites(out);
    await driver.run();
    expect(spout.acked.sort()).toEqual(['a', 'b']);
    await driver.close();
    expect(spout.closed).toBe(true);
  });

  it('hears of failures and time-outs apart, and replays by itself: the engine does not', async () => {
    const spout = new Messages('a', 'b');
    const { t, out } = through(spout);
    const driver = await testTopology(t, { guarantee });
    driver.failNext('work', { when: (message) => message === 'a' });
    driver.delayNext('work', 5_000, { when: (message) => message === 'b' });
    await driver.advance(1_200);
    expect(spout.failed).toEqual(['a failed', 'b timed-out']);
    expect(driver.counters()).toMatchObject({ failed: 1, timedOut: 1, replayed: 0, deadLettered: 0 });
    await driver.advance(100);
    expect(spout.acked.sort()).toEqual(['a', 'b']);
    expect(driver.output(out)).toEqual(['a', 'b']);
  });

  it('emits without an id: nothing is tracked', async () => {
    let left = 3;
    const { t, out } = through({
      next(emitter) {
        if (left === 0) return false;
        left--;
        emitter.emit(`m${left}`);
        return true;
      },
      fail() {
        throw new Error('never told');
      },
    });
    const driver = await testTopology(t, { guarantee });
    driver.failNext('work');
    await driver.advance(5_000);
    expect(driver.output(out)).toHaveLength(2);
    expect(driver.counters()).toMatchObject({ records: 0, failed: 1, timedOut: 0 });
  });

  it('is not asked while maxPending tuples are in flight', async () => {
    const spout = new Messages('a', 'b', 'c', 'd', 'e');
    const { t, out } = through(spout, { maxPending: 2 });
    const driver = await testTopology(t, { guarantee });
    driver.holdWrites(out);
    await driver.run();
    expect(spout.asked).toBe(2);
    expect(driver.pending()).toBe(2);
    driver.releaseWrites(out);
    await driver.run();
    expect(spout.acked).toHaveLength(5);
  });

  it('that has nothing is asked again every 10 ms, not all the time', async () => {
    const spout = new Messages();
    const { t } = through(spout);
    const driver = await testTopology(t, { guarantee });
    await driver.advance(1_000);
    expect(spout.asked).toBeGreaterThan(90);
    expect(spout.asked).toBeLessThan(110);
    expect(driver.turns()).toBeLessThan(220);
  });

  it('an error in next, ack or open ends the run with MR_SPOUT_FAILED', async () => {
    const broken = () => {
      throw new Error('broken');
    };
    const inNext = await testTopology(through({ next: broken }).t, { guarantee });
    await expect(inNext.run()).rejects.toMatchObject({ code: 'MR_SPOUT_FAILED', got: 'broken' });
    const spout = new Messages('a');
    spout.ack = broken;
    const inAck = await testTopology(through(spout).t, { guarantee });
    await expect(inAck.run()).rejects.toMatchObject({ code: 'MR_SPOUT_FAILED' });
    const inOpen = testTopology(through({ open: broken, next: () => false }).t, { guarantee });
    await expect(inOpen).rejects.toMatchObject({ code: 'MR_SPOUT_FAILED' });
  });
});

describe.each(['at-least-once', 'at-most-once'] as const)(
  'a spout whose next is asynchronous, %s',
  (guarantee) => {
    it('is not asked again before its promise ended; what it emits on the way runs at once', async () => {
      let open = 0;
      let most = 0;
      const gates: (() => void)[] = [];
      const { t, out } = through({
        async next(emitter) {
          open++;
          most = Math.max(most, open);
          emitter.emit(`first of ${gates.length}`, gates.length);
          await new Promise<void>((resolve) => gates.push(resolve));
          emitter.emit(`second of ${gates.length}`, `s${gates.length}`);
          await new Promise<void>((resolve) => gates.push(resolve));
          open--;
          return true;
        },
      });
      const driver = await testTopology(t, { guarantee });
      await driver.run();
      expect(driver.output(out)).toEqual(['first of 0']);
      await driver.advance(10_000);
      expect(gates).toHaveLength(1);
      // Long after the last turn: the time-out of the tree counts from now.
      gates[0]!();
      await driver.run();
      expect(driver.output(out)).toEqual(['first of 0', 'second of 1']);
      expect(driver.counters().timedOut).toBe(0);
      expect(most).toBe(1);
    });

    it('trees that it roots between two turns get their whole time-out', async () => {
      const gate: { open: () => void } = { open: () => {} };
      const failed: unknown[] = [];
      const { t } = through({
        async next(emitter) {
          await new Promise<void>((resolve) => {
            gate.open = resolve;
          });
          emitter.emit('late', 'late');
          return false;
        },
        fail: (id) => failed.push(id),
      });
      const driver = await testTopology(t, { guarantee });
      driver.delayNext('work', 900);
      await driver.advance(999);
      gate.open();
      await driver.run();
      await driver.advance(950);
      expect(failed).toEqual([]);
      expect(driver.counters().acked).toBe(1);
    });
  },
);

it('at most once: acked at the emit whatever comes of it, as Storm does it without ackers', async () => {
  const spout = new Messages('a', 'b');
  const { t, out } = through(spout);
  const driver = await testTopology(t, { guarantee: 'at-most-once' });
  driver.failNext('work', { when: (message) => message === 'a' });
  await driver.run();
  expect(spout.acked).toEqual(['a', 'b']);
  expect(spout.failed).toEqual([]);
  expect(driver.output(out)).toEqual(['b']);
});
