// Owns: the validated, immutable description of a topology that runtime and tools consume. Made by validate.ts only.
// Invariants: components are in topological order (producers first) and `id` is the position in that order; every
// stream and component that a subscription names exists; every number is inside its limit.

import type { SinkDefinition } from './sink.ts';
import type { Source } from './source.ts';
import type { StateDeclarations } from './state-types.ts';
import type { ExecuteContext, Key, Out, Settings, TaskContext } from './types.ts';

/** How tuples of a stream are dealt to the tasks of a subscriber (Storm's groupings). */
export type Grouping =
  | { readonly kind: 'shuffle' }
  | { readonly kind: 'key'; readonly key: (value: unknown) => Key }
  | { readonly kind: 'partial-key'; readonly key: (value: unknown) => Key }
  | { readonly kind: 'all' }
  | { readonly kind: 'global' }
  | { readonly kind: 'direct' }
  | { readonly kind: 'local-or-shuffle' }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'custom';
      readonly choose: (value: unknown, tasks: number) => number | readonly number[];
    };

/** What happens when `execute` (or a sink's write) throws: replay its trees, count and drop the tuple, or end the run. */
export type ErrorPolicy = 'fail' | 'drop' | 'stop';

export type AckMode = 'auto' | 'manual';

/** One task's bolt, with `this` bound by the caller. */
export interface BoltInstance {
  open?(context: TaskContext<StateDeclarations>): void | Promise<void>;
  execute(
    value: unknown,
    out: Out<unknown, Record<string, unknown>>,
    context: ExecuteContext<StateDeclarations>,
  ): void | Promise<void>;
  tick?(
    out: Out<unknown, Record<string, unknown>>,
    context: TaskContext<StateDeclarations>,
  ): void | Promise<void>;
  close?(context: TaskContext<StateDeclarations>): void | Promise<void>;
}

/** A stream of a producer as one subscriber sees it. */
export interface Subscription {
  readonly producer: number;
  readonly stream: string;
  readonly subscriber: number;
  readonly grouping: Grouping;
}

interface ComponentPlanBase {
  readonly id: number;
  readonly name: string;
  readonly parallelism: number;
  /** Streams it may emit to, the default one first. Empty for sinks. */
  readonly streams: readonly string[];
  readonly inputs: readonly Subscription[];
  readonly outputs: readonly Subscription[];
}

export interface SpoutPlan extends ComponentPlanBase {
  readonly kind: 'spout';
  readonly source: Source<unknown>;
  /** Time-out of the trees that it roots. */
  readonly treeTimeoutMs: number;
}

export interface BoltPlan extends ComponentPlanBase {
  readonly kind: 'bolt';
  create(task: { component: string; task: number; parallelism: number; topology: string }): BoltInstance;
  readonly ack: AckMode;
  readonly state: StateDeclarations;
  readonly onError: ErrorPolicy;
  readonly queueCapacity: number;
  readonly concurrency: number;
  /** Longest an asynchronous `execute` may take; 0 for no limit of its own. */
  readonly executeTimeoutMs: number;
  /** Period of tick tuples; 0 for none. */
  readonly tickEveryMs: number;
}

export interface SinkPlan extends ComponentPlanBase {
  readonly kind: 'sink';
  readonly sink: SinkDefinition<unknown>;
  readonly onError: ErrorPolicy;
  readonly queueCapacity: number;
  readonly batch: number;
  readonly inFlight: number;
}

export type ComponentPlan = SpoutPlan | BoltPlan | SinkPlan;

export interface EngineOptions {
  readonly maxPending: number;
  readonly maxAttempts: number;
  readonly treeTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly commitIntervalMs: number;
  readonly stallLimitMs: number;
  readonly drainLimitMs: number;
  readonly openLimitMs: number;
  readonly closeLimitMs: number;
}

/** A table printed at the end of a run, made from a bolt's keyed state. */
export interface ReportPlan {
  readonly title: string;
  readonly component: number;
  readonly state: string;
  readonly columns: readonly string[];
  readonly rows: (entries: Iterable<readonly [unknown, unknown]>) => readonly (readonly unknown[])[];
}

export interface TopologyPlan {
  readonly name: string;
  readonly components: readonly ComponentPlan[];
  readonly options: EngineOptions;
  readonly settings: Settings;
  readonly reports: readonly ReportPlan[];
}
