// Owns: a real ZooKeeper for the tests of one file. Where there can be none, its tests are left out, with the reason;
// in CI that is a failure.

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { ZooKeeper, type ZooKeeperOptions, zooKeeperProblem } from './zookeeper.ts';

const START_LIMIT_MS = 300_000;

export function useZooKeeper(options: ZooKeeperOptions = {}): () => ZooKeeper {
  let running: ZooKeeper | undefined;
  let problem: string | undefined;
  beforeAll(async () => {
    problem = await zooKeeperProblem();
    if (problem === undefined) running = await ZooKeeper.start(options);
    else if (process.env['CI'] !== undefined) throw new Error(`no ZooKeeper to test against: ${problem}`);
  }, START_LIMIT_MS);
  beforeEach((context) => {
    if (problem !== undefined) context.skip(`no ZooKeeper to test against: ${problem}`);
  });
  afterAll(() => running?.stop());
  return () => running!;
}
