// Owns: drawing what a simulation needs from a seeded generator: chances, integers, durations. Each concern of a run
// (network, every disk, every kind of fault …) has dice of its own, made from the run's seed and the concern's number,
// so that switching one of them off leaves what the others draw as it was: that is what lets a failing run shrink.

import { fraction, type Random, Sfc32 } from '../base/random.ts';

/** Tells the dice of one run apart. A concern that exists per replica adds the replica's number. */
export const CONCERN = {
  plan: 1_000,
  network: 2_000,
  clients: 3_000,
  operator: 4_000,
  faults: 5_000,
  disk: 6_000,
  core: 7_000,
  process: 8_000,
  settle: 9_000,
} as const;

export class Dice implements Random {
  private readonly source: Sfc32;

  constructor(seed: number, concern: number) {
    this.source = new Sfc32(seed, concern, Math.floor(seed / 4_294_967_296));
  }

  int32(): number {
    return this.source.int32();
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return probability > 0 && fraction(this.source) < probability;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(fraction(this.source) * limit);
  }

  /** An integer in [low, high]. */
  between(low: number, high: number): number {
    return low + Math.floor(fraction(this.source) * (high - low + 1));
  }

  /** A number in [low, high) whose logarithm is uniform: as many draws below 10 as between 10 and 100. */
  logarithmic(low: number, high: number): number {
    return low * Math.exp(fraction(this.source) * Math.log(high / low));
  }

  /** A whole number of at least 1, exponentially distributed: the time to the next of events that happen at random. */
  exponential(mean: number): number {
    return 1 + Math.floor(-Math.log(1 - fraction(this.source)) * mean);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
