// Owns: how long one tuple takes through an idle lane: from the hand-over by a classic spout through three bolts to the
// sink. Not here: latency under load, which the summary of every run shows.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Guarantee } from '../src/delivery/guarantee.ts';
import { type ClassicSpout, type SpoutOut, topology } from '../src/index.ts';
import type { BenchRow } from './bench-row.ts';
import { inFolder, repeat, row, runToEnd } from './measure.ts';

const RECORDS = 400;
/** Between two records, so that the lane sleeps in between. */
const PAUSE_MS = 3;

/** Emits the time of the hand-over itself. `next` answers when there is a record, as that of a source with a network behind it. */
class IdleSpout implements ClassicSpout<number> {
  private emitted = 0;

  async next(out: SpoutOut<number>): Promise<boolean> {
    await sleep(PAUSE_MS);
    this.emitted++;
    out.emit(performance.now(), this.emitted);
    return true;
  }

  done(): boolean {
    return this.emitted === RECORDS;
  }
}

async function latencies(guarantee: Guarantee): Promise<number[]> {
  const taken: number[] = [];
  const t = topology('latency');
  const records = t.spout('records', () => new IdleSpout());
  const first = t.map('first', records.shuffle(), (handedOver) => handedOver);
  const second = t.map('second', first.shuffle(), (handedOver) => handedOver);
  const third = t.map('third', second.shuffle(), (handedOver) => handedOver);
  t.sink('end', third, (handedOver) => {
    taken.push(performance.now() - handedOver);
  });
  await inFolder((folder) => runToEnd(t, guarantee, folder));
  if (taken.length !== RECORDS) throw new Error(`${taken.length} of ${RECORDS} records came through`);
  return taken.sort((a, b) => a - b);
}

/** Rows for `millrace bench`. Takes about ten seconds. */
export async function benchLatency(): Promise<BenchRow[]> {
  const runs = await repeat(() => latencies('at-least-once'));
  const quantile = (share: number) => runs.map((taken) => taken[Math.floor(taken.length * share)]!);
  const detail = `at least once, ${RECORDS} records a run, one every ${PAUSE_MS} ms`;
  return [
    row('latency through three bolts, idle lane, p99', 'ms', quantile(0.99), {
      target: { atMost: 1 },
      detail,
    }),
    row('latency through three bolts, idle lane, median', 'ms', quantile(0.5), { detail }),
  ];
}
