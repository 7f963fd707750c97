// Owns: a lane without the testing kit around it, for tests of turns and of the driver of a real run.

import type { Clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Sfc32 } from '../../src/base/random.ts';
import type { Guarantee } from '../../src/delivery/guarantee.ts';
import type { Lane } from '../../src/runtime/lane.ts';
import { openLane } from '../../src/runtime/lane-builder.ts';
import { LaneState } from '../../src/state/lane-state.ts';
import type { CheckpointStore } from '../../src/store/checkpoint.ts';
import { MemoryCheckpointStore } from '../../src/store/memory-checkpoint-store.ts';
import type { BoltPlan, TopologyPlan } from '../../src/topology/plan.ts';

export interface BareOptions {
  readonly guarantee?: Guarantee;
  readonly untilEnd?: boolean;
  readonly checkpoints?: CheckpointStore;
}

/** Opens the sources and sinks of the plan as they are. */
export async function openTestLane(
  plan: TopologyPlan,
  clock: Clock,
  {
    guarantee = 'at-least-once',
    untilEnd = false,
    checkpoints = new MemoryCheckpointStore(),
  }: BareOptions = {},
): Promise<Lane> {
  const checkpoint = await checkpoints.load();
  const state = new LaneState(plan.components.filter((one): one is BoltPlan => one.kind === 'bolt'));
  state.restore(checkpoint);
  const logger = silentLogger();
  const { lane } = await openLane({
    plan,
    guarantee,
    clock,
    logger,
    random: new Sfc32(1, 2, 3),
    stores: { state, checkpoints, deadLetters: { write: async () => {}, close: async () => {} } },
    checkpoint,
    untilEnd,
    connectorContext: (component) => ({
      dataDir: '',
      app: plan.name,
      component,
      clock,
      logger,
      status: () => {},
      shared: (_key, open) => open(),
    }),
  });
  return lane;
}
