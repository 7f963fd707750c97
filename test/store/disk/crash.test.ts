// After any crash a replica's disk gives back what it acknowledged: all of it, in order, and nothing that was never written.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  Author,
  chunksOf,
  describeRecovered,
  EMPTY,
  format,
  isState,
  open,
  type State,
  snapshotText,
  textOfSnapshot,
} from './harness.ts';
import { MemoryFiles } from './memory-files.ts';

const LIVES = 6;
const SEEDS_EACH = 4;

/** One life: recovers, writes, takes snapshots, dies. Gives the disk and the states that the next life may find. */
async function live(
  files: MemoryFiles,
  author: Author,
  candidates: readonly State[],
  note: (text: string) => void,
): Promise<{ states: readonly State[]; acked: number } | undefined> {
  let acked = () => 0;
  let found: State | undefined;
  const died = await files.untilDeath(async () => {
    const driver = await open(files);
    acked = driver.acked;
    const { recovered } = driver.disk;
    note(describeRecovered(recovered));
    expect(recovered.damaged, JSON.stringify(driver.disk.damage)).toBe(false);
    found = candidates.findLast((state) => isState(recovered, state));
    expect(found, describeRecovered(recovered)).toBeDefined();
    expect(await textOfSnapshot(driver.disk)).toBe(
      recovered.offset === 0 ? '' : snapshotText(found!.entries, recovered.offset),
    );
    author.states.splice(0, author.states.length, { ...found!, decided: recovered.decided });
    let snapshot: Promise<unknown> = Promise.resolve();
    for (let step = 0; step < 60; step++) {
      if (files.dead) return;
      driver.disk.append(author.next());
      if (author.chance(0.4)) await nextTurn();
      const { entries, decided } = author.state;
      if (author.chance(0.1) && decided > (driver.disk.snapshot?.index ?? 0)) {
        await snapshot;
        if (files.dead) return;
        if (decided <= driver.disk.snapshot!.index) continue;
        const stateHash = Uint8Array.of(1, 2, 3);
        const { configuration } = driver.disk.snapshot!;
        const chunks = chunksOf(entries, decided);
        snapshot = driver.disk.writeSnapshot({ index: decided, configuration, stateHash, chunks });
      }
    }
    await snapshot;
    await driver.disk.close();
    expect(driver.failures).toEqual([]);
  });
  if (!died) return { states: [author.state], acked: 0 };
  return found === undefined ? undefined : { states: [...author.states], acked: acked() };
}

async function run(seed: number, trace: string[]): Promise<void> {
  const author = new Author(seed, EMPTY);
  let files = new MemoryFiles(seed);
  await format(files);
  let candidates: readonly State[] = [EMPTY];
  for (let life = 0; life < LIVES; life++) {
    files.diesAfter = files.operations.length + (author.chance(0.15) ? 100_000 : author.below(400));
    const result = await live(files, author, candidates, (text) => trace.push(`${seed}.${life}: ${text}`));
    files = author.chance(0.5) ? files.afterPowerLoss() : files.afterKill();
    // It may have died before it had read anything.
    if (result !== undefined) candidates = result.states.slice(result.acked);
  }
}

describe('a replica’s disk after a crash', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index * SEEDS_EACH))(
    'has all that was acknowledged, and nothing else (seeds from %i)',
    async (first) => {
      for (let seed = first; seed < first + SEEDS_EACH; seed++) {
        const trace: string[] = [];
        try {
          await run(seed, trace);
        } catch (error) {
          throw new Error(`seed ${seed}\n${trace.join('\n')}`, { cause: error });
        }
      }
    },
    60_000,
  );
});
