// Owns: what is drawn once per run: which kinds of faults it has and how often, how fast its network and disks are, and
// how busy its clients. "Swarm testing" (Groce et al., ISSTA 2012): each kind is off in a share of the runs, because
// runs that have a little of everything are all alike. Crashes, snapshots and the loss of what was not flushed are off
// in 33 % of the runs, for without them half of the disk's faults cannot show; damage to frames in 90 %, for encoding
// costs more than all the rest of a step; every other kind in 55 %. Not here: making the faults happen.
// Invariant: what is drawn for one kind does not depend on which others are allowed.

import { CONCERN, Dice } from './dice.ts';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';

const MILLISECOND = 1_000;
const SECOND = 1_000_000;

export interface FaultPlan {
  /** Kinds that this run has. */
  readonly kinds: ReadonlySet<FaultKind>;
  /** Probabilities per message. */
  readonly loss: number;
  readonly duplication: number;
  readonly delaySpike: number;
  /** Per frame; messages go as frames only if this kind is there. */
  readonly frameDamage: number;
  readonly frames: boolean;
  /** One-way, in microseconds: at least this, plus an exponential of this mean. */
  readonly latency: number;
  readonly jitter: number;
  /** A tick on a perfect clock. */
  readonly heartbeat: number;
  /** Clocks run up to this factor too fast or too slow. */
  readonly drift: number;
  /** One flush. */
  readonly flush: number;
  /** Applied entries between two snapshots, 0 for never. */
  readonly snapshotEvery: number;
  /** Mean microseconds between two faults of a kind that comes from time to time. */
  readonly interval: Readonly<Record<FaultKind, number>>;
  /** Mean time until a crashed process is started again. */
  readonly downTime: number;
  readonly clients: number;
  readonly keys: number;
  /** Mean time between two operations of a client. */
  readonly think: number;
  /** A client stops waiting after this. */
  readonly patience: number;
  /** Commands that come along with a client's own, at most. */
  readonly fillers: number;
  /** Limits of the core so small that they are reached, in this run. */
  readonly tightLimits: boolean;
}

/** In what share of the runs a kind is there, if not in the usual one. */
const SHARE: Partial<Readonly<Record<FaultKind, number>>> = {
  crash: 0.67,
  snapshot: 0.67,
  'unsynced-loss': 0.67,
  'frame-damage': 0.1,
};
const USUAL_SHARE = 0.45;

/** The plan of `seed`, less the kinds that are not in `allowed`. What is drawn does not depend on `allowed`. */
export function drawPlan(seed: number, allowed: ReadonlySet<FaultKind>): FaultPlan {
  const dice = new Dice(seed, CONCERN.plan);
  const kinds = new Set<FaultKind>();
  const interval: Partial<Record<FaultKind, number>> = {};
  for (const kind of FAULT_KINDS) {
    const isOn = dice.chance(SHARE[kind] ?? USUAL_SHARE);
    interval[kind] = dice.logarithmic(0.3 * SECOND, 8 * SECOND);
    if (isOn && allowed.has(kind)) kinds.add(kind);
  }
  const onlyWith = (kind: FaultKind, value: number, without = 0) => (kinds.has(kind) ? value : without);
  const heartbeat = dice.between(20, 80) * MILLISECOND;
  return {
    kinds,
    interval: interval as Record<FaultKind, number>,
    loss: onlyWith('loss', dice.logarithmic(0.001, 0.2)),
    duplication: onlyWith('duplication', dice.logarithmic(0.001, 0.2)),
    delaySpike: onlyWith('delay', dice.logarithmic(0.0005, 0.05)),
    frameDamage: onlyWith('frame-damage', dice.logarithmic(0.001, 0.05)),
    frames: kinds.has('frame-damage'),
    latency: Math.round(dice.logarithmic(50, 5 * MILLISECOND)),
    jitter: Math.round(dice.logarithmic(20, 10 * MILLISECOND)),
    heartbeat,
    drift: onlyWith('drift', 1 + dice.logarithmic(0.01, 1), 1),
    flush: Math.round(dice.logarithmic(50, 10 * MILLISECOND)),
    snapshotEvery: onlyWith('snapshot', Math.round(dice.logarithmic(8, 400))),
    downTime: dice.logarithmic(heartbeat, 60 * heartbeat),
    clients: dice.between(2, 6),
    keys: dice.between(1, 4),
    think: dice.logarithmic(MILLISECOND, 40 * MILLISECOND),
    patience: dice.logarithmic(heartbeat * 2, 3 * SECOND),
    fillers: dice.chance(0.4) ? dice.between(1, 8) : 0,
    tightLimits: dice.chance(0.3),
  };
}
