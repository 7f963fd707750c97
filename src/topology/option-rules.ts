// Owns: the range and default of every numeric option of topologies and components. Options of one name mean the
// same everywhere. All are integers; a time is at most a day, which every timer of the platform can hold.

import { LIMITS } from '../base/limits.ts';
import type { EngineOptions } from './plan.ts';

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

const DAY_MS = 86_400_000;

export const ENGINE_RULES: { readonly [K in keyof EngineOptions]: NumberRule } = {
  maxPending: { min: 1, max: 16_777_216, default: LIMITS.maxPending },
  maxAttempts: { min: 1, max: 1_000_000, default: LIMITS.maxAttempts },
  treeTimeoutMs: { min: 1, max: DAY_MS, default: LIMITS.treeTimeoutMs },
  retryBackoffMs: { min: 0, max: DAY_MS, default: LIMITS.retryBackoffMs },
  retryBackoffMaxMs: { min: 0, max: DAY_MS, default: LIMITS.retryBackoffMaxMs },
  commitIntervalMs: { min: 1, max: DAY_MS, default: LIMITS.commitIntervalMs },
  stallLimitMs: { min: 1, max: DAY_MS, default: LIMITS.stallLimitMs },
  drainLimitMs: { min: 1, max: DAY_MS, default: LIMITS.drainLimitMs },
  openLimitMs: { min: 1, max: DAY_MS, default: LIMITS.openLimitMs },
  closeLimitMs: { min: 1, max: DAY_MS, default: LIMITS.closeLimitMs },
};

const parallelism: NumberRule = { min: 1, max: LIMITS.maxParallelism, default: 1 };
const queueCapacity: NumberRule = { min: 1, max: LIMITS.queueOverflow, default: LIMITS.queueCapacity };

/** The default of `treeTimeoutMs` is the topology's. */
export const SPOUT_RULES = {
  parallelism,
  treeTimeoutMs: ENGINE_RULES.treeTimeoutMs,
} as const satisfies Record<string, NumberRule>;

export const BOLT_RULES = {
  parallelism,
  queueCapacity,
  /** Of a bolt without state; read-bolt.ts has the other default. */
  concurrency: { min: 1, max: 65_536, default: LIMITS.concurrency },
  executeTimeoutMs: { min: 0, max: DAY_MS, default: 0 },
  tickEveryMs: { min: 0, max: DAY_MS, default: 0 },
} as const satisfies Record<string, NumberRule>;

export const SINK_RULES = {
  parallelism,
  queueCapacity,
  batch: { min: 1, max: LIMITS.queueOverflow, default: LIMITS.sinkBatch },
  inFlight: { min: 1, max: 1_024, default: LIMITS.sinkInFlight },
} as const satisfies Record<string, NumberRule>;

/** The numeric options of each kind of component. */
export const COMPONENT_RULES: Readonly<
  Record<'spout' | 'bolt' | 'sink', Readonly<Record<string, NumberRule>>>
> = {
  spout: SPOUT_RULES,
  bolt: BOLT_RULES,
  sink: SINK_RULES,
};

export const ERROR_POLICIES = ['fail', 'drop', 'stop'] as const;

export function obeys(rule: NumberRule, value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= rule.min && (value as number) <= rule.max;
}

export function rangeOf(rule: NumberRule): string {
  return `an integer from ${rule.min} to ${rule.max}`;
}
