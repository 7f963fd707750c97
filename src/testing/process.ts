// Owns: one life of a lane over a world: opening it, giving it turns, ending it. Not here: what the test sees (topology-driver.ts).
// Invariant: between two turns all promises that can be settled have been settled.

import type { MillraceError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { Sfc32 } from '../base/random.ts';
import type { Guarantee } from '../delivery/guarantee.ts';
import type { Lane } from '../runtime/lane.ts';
import { type OpenLane, openLane } from '../runtime/lane-builder.ts';
import { StallWatch } from '../runtime/stall-watch.ts';
import { LaneState } from '../state/lane-state.ts';
import type { BoltPlan, TopologyPlan } from '../topology/plan.ts';
import type { ConnectorContext } from '../topology/source.ts';
import { Life } from './life.ts';
import { testPlan } from './test-plan.ts';
import type { World } from './world.ts';

/** A real lane looks at itself at least this often. */
const MAX_STEP_MS = 1_000;
/** Turns at one point in time; more mean that something wakes the lane for ever. */
const MAX_TURNS = 100_000;

export interface ProcessOptions {
  readonly plan: TopologyPlan;
  readonly guarantee: Guarantee;
  readonly seed: number;
  readonly logger: Logger;
}

export class TestProcess {
  turns = 0;
  readonly state: LaneState;
  private readonly world: World;
  private readonly life: Life;
  private readonly options: ProcessOptions;
  private opened: OpenLane | null = null;
  private watch: StallWatch | null = null;
  private woken = false;
  private failure: MillraceError | null = null;
  private closed = false;

  constructor(world: World, options: ProcessOptions) {
    this.world = world;
    this.options = options;
    this.life = new Life(world.clock);
    this.state = newState(options.plan);
  }

  /** Can be looked at also after its end. */
  get lane(): Lane {
    if (this.opened === null) throw new TypeError('this driver did not start');
    return this.opened.lane;
  }

  /** Throws what a run would refuse to start with. */
  async start(): Promise<void> {
    const { world, options, state, life } = this;
    const checkpoint = await world.checkpoints.load();
    state.restore(checkpoint);
    this.opened = await openLane({
      plan: testPlan(options.plan, world, life),
      guarantee: options.guarantee,
      clock: world.clock,
      logger: options.logger,
      random: new Sfc32(options.seed, 0x9e3779b9, 0x243f6a88),
      stores: { state, checkpoints: world.checkpoints, deadLetters: world.deadLetters },
      checkpoint,
      untilEnd: false,
      connectorContext: (component) => this.contextOf(component),
    });
    this.watch = new StallWatch(this.opened.lane, options.plan.options);
    this.opened.lane.onWake = () => {
      this.woken = true;
    };
  }

  async run(): Promise<void> {
    const { lane } = this;
    if (this.failure !== null) throw this.failure;
    if (this.life.over)
      throw new TypeError('this driver is at its end: it was closed, or another one took over');
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      this.woken = false;
      this.turns++;
      const more = lane.turn();
      if (lane.fatalError !== null) throw this.ended(lane.fatalError);
      if (more) continue;
      await settled();
      if (this.life.over) return;
      if (this.woken) continue;
      const stalled = this.watch!.look(this.world.clock.monotonicMs());
      if (stalled !== null) throw this.ended(stalled);
      return;
    }
    throw new Error(`the topology did not come to rest within ${MAX_TURNS} turns at one point in time`);
  }

  async advance(ms: number): Promise<void> {
    const { clock } = this.world;
    const target = clock.monotonicMs() + ms;
    await this.run();
    while (clock.monotonicMs() < target) {
      const nowMs = clock.monotonicMs();
      // A lane that is due now although it has just been idle is asked again a moment later, as a real one would be.
      const due = Math.max(nowMs + 1, Math.min(nowMs + this.lane.sleepMs(), clock.nextWakeMs()));
      clock.moveTo(Math.min(due, nowMs + MAX_STEP_MS, target));
      await this.run();
    }
  }

  async until(condition: () => boolean, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    await this.run();
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`the condition did not hold within ${limitMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      await this.run();
    }
  }

  async drain(): Promise<boolean> {
    const { lane } = this;
    lane.draining = true;
    await this.run();
    return (lane.finished || lane.quiet) && (await this.store());
  }

  /** Stores what is new. False if the store did not answer. */
  async store(): Promise<boolean> {
    const { delivery } = this.lane.assembled;
    if (delivery.settle()) return true;
    await this.run();
    return delivery.settle();
  }

  crash(): void {
    this.life.over = true;
    this.closed = true;
  }

  async close(): Promise<void> {
    if (this.opened === null || this.closed) return;
    this.closed = true;
    this.life.over = true;
    const { lane, readers } = this.opened;
    const { spouts, tasks } = lane.assembled;
    for (const part of [...spouts, ...[...tasks].reverse()]) await part.close();
    for (const reader of readers) await reader.close();
  }

  private ended(error: MillraceError): MillraceError {
    this.life.over = true;
    this.failure = error;
    return error;
  }

  private contextOf(component: string): ConnectorContext {
    return {
      dataDir: '',
      app: this.options.plan.name,
      component,
      clock: this.world.clock,
      logger: this.options.logger,
      status: () => {},
      shared: (key) =>
        Promise.reject(new TypeError(`a test opens no real connector, but ${component} asked for ${key}`)),
    };
  }
}

/** State as a lane of this plan has it, empty. */
export function newState(plan: TopologyPlan): LaneState {
  return new LaneState(plan.components.filter((one): one is BoltPlan => one.kind === 'bolt'));
}

/** All promises that can be settled without timers and I/O are settled before an immediate runs. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
