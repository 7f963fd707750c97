// Owns: both guarantees under random schedules of failures, late executions, held writes, held commits and crashes. What came
// out is compared with what was fed, and state with the truth.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { generator, type Out, topology } from '../../src/index.ts';
import { type TopologyDriver, testTopology } from '../../src/testing/index.ts';

const PARTITIONS = 3;

function counting() {
  const t = topology('counting', {
    treeTimeoutMs: 2_000,
    retryBackoffMs: 10,
    retryBackoffMaxMs: 100,
    commitIntervalMs: 200,
    maxPending: 16,
    maxAttempts: 1_000,
    stallLimitMs: 86_400_000,
  });
  const ids = t.spout(
    'ids',
    generator((n) => n),
  );
  const fan = t.bolt('fan', ids, {
    parallelism: 2,
    execute: (id, out: Out<{ id: number; half: number }>) => {
      out.emit({ id, half: 0 });
      out.emit({ id, half: 1 });
    },
  });
  const count = t.bolt(
    'count',
    fan.by(({ id }) => id),
    {
      parallelism: 3,
      state: { seen: 0 },
      execute(piece, out: Out<string>, { state }) {
        state.seen.update(piece.id, (n) => n + 1);
        out.emit(`${piece.id}.${piece.half}`);
      },
    },
  );
  const out = t.sink('out', count, () => {}, { batch: 3 });
  return { t, ids, count, out };
}

type Step =
  | { feed: number; partition: number }
  | { fail: 'fan' | 'count' | 'out'; times: number }
  | { delay: 'fan' | 'count' | 'out'; ms: number }
  | { hold: boolean }
  | { failHeld: true }
  | { commits: boolean }
  | { advance: number }
  | { crash: number };

const component = fc.constantFrom('fan', 'count', 'out');

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ feed: fc.integer({ min: 1, max: 8 }), partition: fc.nat(PARTITIONS - 1) }),
  },
  { weight: 3, arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 1_500 }) }) },
  { weight: 2, arbitrary: fc.record({ fail: component, times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ delay: component, ms: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ hold: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ failHeld: fc.constant(true as const) }) },
  { weight: 1, arbitrary: fc.record({ commits: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ crash: fc.nat(3) }) },
);

const schedule = fc.array(step, { minLength: 5, maxLength: 30 });

class Play {
  readonly parts = counting();
  fed = 0;
  private driver!: TopologyDriver;

  async start(guarantee: 'at-most-once' | 'at-least-once', seed: number): Promise<void> {
    this.driver = await testTopology(this.parts.t, { guarantee, seed, partitions: { ids: PARTITIONS } });
  }

  async take(one: Step): Promise<void> {
    const { driver, parts } = this;
    if ('feed' in one) for (let n = 0; n < one.feed; n++) driver.feedTo(parts.ids, one.partition, this.fed++);
    else if ('advance' in one) await driver.advance(one.advance);
    else if ('fail' in one) driver.failNext(one.fail, { times: one.times });
    else if ('delay' in one) driver.delayNext(one.delay, one.ms);
    else if ('hold' in one) one.hold ? driver.holdWrites(parts.out) : driver.releaseWrites(parts.out);
    else if ('failHeld' in one) driver.failWrites(parts.out);
    else if ('commits' in one) one.commits ? driver.releaseCommits() : driver.holdCommits();
    else this.driver = await driver.crash({ keptCommits: one.crash });
  }

  /** The faults stop; everything that can still happen happens. */
  async finish(): Promise<void> {
    const { driver, parts } = this;
    for (const name of ['fan', 'count', 'out']) driver.clear(name);
    driver.releaseWrites(parts.out);
    driver.releaseCommits();
    await driver.advance(10_000);
    expect(driver.pending()).toBe(0);
    expect(driver.deadLetters()).toEqual([]);
    expect(await driver.drain()).toBe(true);
  }

  /** How often each piece came out. */
  pieces(): Map<string, number> {
    const times = new Map<string, number>();
    for (const piece of this.driver.output(this.parts.out)) times.set(piece, (times.get(piece) ?? 0) + 1);
    return times;
  }

  async counts(): Promise<Map<unknown, number>> {
    return await this.driver.state(this.parts.count, 'seen', 'committed');
  }
}

it('at least once: every record reaches the output and the state, whatever happens', async () => {
  let repeated = 0;
  await fc.assert(
    fc.asyncProperty(schedule, fc.nat(), async (steps, seed) => {
      const play = new Play();
      await play.start('at-least-once', seed);
      for (const one of steps) await play.take(one);
      await play.finish();
      const pieces = play.pieces();
      const counts = await play.counts();
      for (let id = 0; id < play.fed; id++) {
        expect(pieces.get(`${id}.0`) ?? 0, `piece ${id}.0`).toBeGreaterThanOrEqual(1);
        expect(pieces.get(`${id}.1`) ?? 0, `piece ${id}.1`).toBeGreaterThanOrEqual(1);
        expect(counts.get(id) ?? 0, `count of ${id}`).toBeGreaterThanOrEqual(2);
      }
      expect(pieces.size).toBe(play.fed * 2);
      for (const times of pieces.values()) repeated += times - 1;
    }),
    { numRuns: 100 },
  );
  // Schedules that never repeat anything would show nothing.
  expect(repeated).toBeGreaterThan(0);
});

it('at most once: no record is emitted twice and none is counted twice, whatever happens', async () => {
  let lost = 0;
  await fc.assert(
    fc.asyncProperty(schedule, fc.nat(), async (steps, seed) => {
      const play = new Play();
      await play.start('at-most-once', seed);
      for (const one of steps) await play.take(one);
      await play.finish();
      for (const [piece, times] of play.pieces()) expect(times, `piece ${piece}`).toBe(1);
      for (const [id, count] of await play.counts()) expect(count, `count of ${id}`).toBeLessThanOrEqual(2);
      lost += play.fed * 2 - play.pieces().size;
    }),
    { numRuns: 100 },
  );
  // Schedules that never lose anything would show nothing.
  expect(lost).toBeGreaterThan(0);
});
