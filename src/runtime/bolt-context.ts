// Owns: the context object that a bolt's functions get. Not here: state (state/), tuples that a bolt holds (held-tuple.ts).

import type { Logger } from '../base/logger.ts';
import type { BoltPlan } from '../topology/plan.ts';
import type { StateDeclarations, StateViews } from '../topology/state-types.ts';
import type { ExecuteContext, Settings, Tuple } from '../topology/types.ts';
import type { Collector } from './collector.ts';
import { CurrentTuple } from './held-tuple.ts';
import type { LaneServices } from './lane-task.ts';

/** The task that a context belongs to. */
export interface ContextOwner {
  readonly task: number;
  /** Number of the input of the tuple being executed. */
  readonly input: number;
}

export class BoltContext implements ExecuteContext<StateDeclarations> {
  readonly topology: string;
  readonly component: string;
  readonly task: number;
  readonly parallelism: number;
  readonly state: StateViews<StateDeclarations>;
  readonly settings: Settings;
  readonly logger: Logger;
  /** The tuple of a bolt with manual acks; others get a view on the current one. */
  held: Tuple | null = null;
  private readonly owner: ContextOwner;
  private readonly current: CurrentTuple;
  private readonly plan: BoltPlan;
  private readonly lane: LaneServices;
  private detached = false;

  constructor(lane: LaneServices, plan: BoltPlan, owner: ContextOwner, out: Collector) {
    this.topology = lane.plan.name;
    this.component = plan.name;
    this.task = owner.task;
    this.parallelism = plan.parallelism;
    this.state = lane.state.views(plan.name, owner.task);
    this.settings = lane.plan.settings;
    this.logger = lane.logger;
    this.owner = owner;
    this.plan = plan;
    this.lane = lane;
    this.current = new CurrentTuple(plan.name, (ms) => lane.extend(out, ms));
    this.readInput();
  }

  get tuple(): Tuple {
    if (this.held !== null) return this.held;
    if (!this.detached) this.readInput();
    return this.current;
  }

  now = (): number => this.lane.clock.wallMs();

  /** The tuple stays the one it is now, because an asynchronous call goes on with it. */
  detach(): void {
    this.readInput();
    this.detached = true;
  }

  private readInput(): void {
    const input = this.plan.inputs[this.owner.input];
    if (input === undefined) return;
    this.current.component = this.lane.plan.components[input.producer]?.name ?? '';
    this.current.stream = input.stream;
  }
}
