// Owns: the swarm: each kind of fault is off in the share of the runs that fault-plan.ts tells, and what a run draws does not
// depend on the kinds that a user allows.

import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, type FaultKind } from '../../src/simulation/fault-kinds.ts';
import { drawPlan } from '../../src/simulation/fault-plan.ts';
import { ALL_KINDS } from '../../src/simulation/run-paxos.ts';

const RUNS = 4_000;
/** Five standard deviations of a share over so many runs. */
const CHANCE = 0.04;

function shareOff(kind: FaultKind): number {
  if (kind === 'crash' || kind === 'snapshot' || kind === 'unsynced-loss') return 0.33;
  return kind === 'frame-damage' ? 0.9 : 0.55;
}

describe('a plan', () => {
  it('is without each kind in the share of the runs that is told, at least a quarter', () => {
    const plans = Array.from({ length: RUNS }, (_, index) => drawPlan(index + 1, ALL_KINDS));
    for (const kind of FAULT_KINDS) {
      const off = plans.filter(({ kinds }) => !kinds.has(kind)).length / RUNS;
      expect([kind, off]).toEqual([kind, expect.closeTo(shareOff(kind), 1)]);
      expect(Math.abs(off - shareOff(kind))).toBeLessThan(CHANCE);
      expect(off).toBeGreaterThanOrEqual(0.25);
    }
  });

  it('draws the same for the other kinds when one is not allowed', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { kinds, ...whole } = drawPlan(seed, ALL_KINDS);
      const { kinds: none, ...bare } = drawPlan(seed, new Set());
      const own = {
        loss: 0,
        duplication: 0,
        delaySpike: 0,
        frameDamage: 0,
        frames: false,
        drift: 1,
        snapshotEvery: 0,
      };
      expect(none.size).toBe(0);
      expect(bare).toEqual({ ...whole, ...own });
      for (const kind of kinds) expect(ALL_KINDS.has(kind)).toBe(true);
    }
  });
});
