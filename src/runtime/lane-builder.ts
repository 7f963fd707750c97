// Owns: making a lane from a plan: queues, routes, tasks, readers, feeds, in the order in which they can fail. Not here:
// the loop (lane.ts), the stores (run.ts).
// Invariant: sinks and bolts are open before the first record is read.

import type { Clock } from '../base/clock.ts';
import { MillraceError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { createDelivery } from '../delivery/create-delivery.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { Guarantee } from '../delivery/guarantee.ts';
import type { Checkpoint } from '../store/checkpoint.ts';
import type { ComponentPlan, SpoutPlan, TopologyPlan } from '../topology/plan.ts';
import type { ConnectorContext } from '../topology/source.ts';
import { AckBatch } from '../tracking/ack-batch.ts';
import { Acker } from '../tracking/acker.ts';
import { AnchorSets } from '../tracking/anchors.ts';
import { IdSource } from '../tracking/ids.ts';
import { BoltTask } from './bolt-task.ts';
import { ClassicSpoutTask } from './classic-spout-task.ts';
import { type EmitContext, type Outlets, outletsOf } from './collector.ts';
import { DirectSpoutTask } from './direct-spout-task.ts';
import { executeLoop } from './execute-loop.ts';
import { Lane } from './lane.ts';
import { type LaneStores, portsOver } from './lane-ports.ts';
import type { LaneServices, LaneTask } from './lane-task.ts';
import { LatencyRecorder } from './latency-recorder.ts';
import { ManualBoltTask } from './manual-bolt-task.ts';
import { Patience } from './patience.ts';
import { RootEmitter } from './root-emitter.ts';
import { Route } from './route.ts';
import { SinkTask } from './sink-task.ts';
import { type OpenFeeds, openFeeds } from './source-feeds.ts';
import { specialize } from './specialize.ts';
import type { SpoutTask } from './spout-task.ts';
import { TupleQueue } from './tuple-queue.ts';

export interface LaneOptions {
  readonly plan: TopologyPlan;
  readonly guarantee: Guarantee;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly stores: LaneStores;
  readonly checkpoint: Checkpoint;
  /** Sources stop at what they hold now. */
  readonly untilEnd: boolean;
  connectorContext(component: string): ConnectorContext;
  /** Aborted when the start is to be given up; what was opened is closed then. */
  readonly giveUp?: AbortSignal;
}

/** A lane and what has to be closed with it. */
export interface OpenLane {
  readonly lane: Lane;
  readonly readers: readonly OpenFeeds[];
}

interface Closable {
  close(): Promise<void>;
}

export async function openLane(options: LaneOptions): Promise<OpenLane> {
  const builder = new LaneBuilder(options);
  return await builder.open();
}

class LaneBuilder {
  private readonly options: LaneOptions;
  private readonly lane = new Lane();
  private readonly acker: Acker;
  private readonly anchors = new AnchorSets();
  private readonly ids: IdSource;
  private readonly acks: AckBatch;
  private readonly delivery: Delivery;
  private readonly services: LaneServices;
  private readonly queues: readonly (readonly TupleQueue[])[];
  private readonly feedOwners: DirectSpoutTask[] = [];
  private readonly latency = new LatencyRecorder();
  private readonly patience: Patience;

  constructor(options: LaneOptions) {
    this.options = options;
    const { plan, clock, random, logger, stores } = options;
    this.patience = new Patience('open', plan.options.openLimitMs, options.giveUp);
    const { lane } = this;
    this.acker = new Acker(clock.monotonicMs());
    this.ids = new IdSource(random);
    this.acks = new AckBatch(this.acker, this.anchors, lane);
    this.delivery = createDelivery(options.guarantee, {
      options: plan.options,
      ids: this.ids,
      acker: this.acker,
      random,
      ...portsOver(lane, stores, (feed) => this.feedOwners[feed]!),
    });
    const pressure = { raised: false };
    this.services = {
      plan,
      clock,
      logger,
      emit: this.emitContext(),
      state: stores.state,
      pressure,
      counters: { tuples: 0, dropped: 0, untrackedFailed: 0, doubleAcks: 0, abandonedCalls: 0 },
      untracked: lane,
      fail: (tuple, cause) => lane.fail(tuple, cause),
      extend: (tuple, ms) => lane.extend(tuple, ms),
      fatal: (error) => lane.fatal(error),
      wake: () => lane.wake(),
    };
    this.queues = plan.components.map((component) => this.queuesOf(component));
  }

  async open(): Promise<OpenLane> {
    const opened: Closable[] = [];
    try {
      return await this.openInto(opened);
    } catch (error) {
      // The error that stopped the start is the one to tell, whatever closing says.
      const { closeLimitMs } = this.options.plan.options;
      const patience = new Patience('close', closeLimitMs, undefined);
      for (const one of opened.reverse()) await patience.wait('', one.close()).catch(() => {});
      throw error;
    }
  }

  /** `opened` is told what has to be closed again if the rest cannot be opened. */
  private async openInto(opened: Closable[]): Promise<OpenLane> {
    const { plan, clock, logger } = this.options;
    const tasks = plan.components.flatMap((component) => this.tasksOf(component)).reverse();
    const spouts: SpoutTask[] = [];
    this.lane.assemble({
      clock,
      logger,
      acker: this.acker,
      acks: this.acks,
      delivery: this.delivery,
      latency: this.latency,
      counters: this.services.counters,
      tasks,
      spouts,
    });
    for (const task of tasks) {
      await this.patience.wait(task.component, task.open(), () => task.close());
      opened.push(task);
    }
    const readers: OpenFeeds[] = [];
    for (const component of plan.components) {
      if (component.kind !== 'spout') continue;
      if (component.source.kind === 'classic') await this.classicTasks(component, spouts, opened);
      else {
        const opening = this.directTasks(component, spouts);
        const reader = await this.patience.wait(component.name, opening, (late) => late.close());
        readers.push(reader);
        opened.push(reader);
      }
    }
    return { lane: this.lane, readers };
  }

  private emitContext(): EmitContext {
    return {
      ids: this.ids,
      acker: this.acker,
      acks: this.acks,
      anchors: this.anchors,
      wake: () => this.lane.wake(),
      misuse: (error) => this.lane.fatal(error),
    };
  }

  private queuesOf(component: ComponentPlan): TupleQueue[] {
    if (component.kind === 'spout') return [];
    const { name, queueCapacity, parallelism } = component;
    const group = { component: name, capacity: queueCapacity, pressure: this.services.pressure, full: 0 };
    return Array.from({ length: parallelism }, () => new TupleQueue(group));
  }

  /** Every producer task has its own routes: round-robin and load counts are per producer. */
  private outletsFor(component: ComponentPlan): Outlets {
    const { plan, random } = this.options;
    const routes = component.outputs.map((output) => {
      const subscriber = plan.components[output.subscriber]!;
      const input = subscriber.inputs.indexOf(output);
      return new Route(output.stream, output.grouping, this.queues[output.subscriber]!, input, random);
    });
    return outletsOf(component.name, component.streams, routes);
  }

  private tasksOf(component: ComponentPlan): LaneTask[] {
    const queues = this.queues[component.id]!;
    if (component.kind === 'sink') {
      const context = this.contextOf(component);
      return queues.map(
        (queue, task) =>
          new SinkTask(this.services, component, task, queue, () => component.sink.open(context)),
      );
    }
    if (component.kind === 'spout') return [];
    const loop = specialize(executeLoop, `${component.id} ${this.options.random.int32()}`);
    const Task = component.ack === 'manual' ? ManualBoltTask : BoltTask;
    return queues.map((queue, task) => {
      return new Task(this.services, component, task, queue, this.outletsFor(component), loop);
    });
  }

  /** What a connector says of its start is a sign of life. */
  private contextOf(component: ComponentPlan): ConnectorContext {
    const context = this.options.connectorContext(component.name);
    const status = (text: string) => {
      this.patience.stir();
      context.status(text);
    };
    return { ...context, status };
  }

  private emitterFor(component: ComponentPlan): RootEmitter {
    return new RootEmitter(this.services.emit, this.outletsFor(component), this.delivery);
  }

  private async directTasks(component: SpoutPlan, spouts: SpoutTask[]): Promise<OpenFeeds> {
    const { options, lane, delivery } = this;
    const opened = await openFeeds(component, {
      context: this.contextOf(component),
      positions: options.checkpoint.positions.get(component.name) ?? new Map(),
      untilEnd: options.untilEnd,
      firstId: this.feedOwners.length,
      owner: { wake: () => lane.wake(), fatal: (error) => lane.fatal(error) },
    });
    const tasks = Array.from({ length: component.parallelism }, (_, task) => {
      const feeds = opened.feeds.filter((_feed, index) => index % component.parallelism === task);
      const emitter = this.emitterFor(component);
      const { pressure } = this.services;
      const fatal = (error: MillraceError) => lane.fatal(error);
      return new DirectSpoutTask(component.name, feeds, emitter, delivery, pressure, fatal);
    });
    for (const [index, feed] of opened.feeds.entries()) {
      this.feedOwners.push(tasks[index % component.parallelism]!);
      delivery.addFeed({
        id: feed.id,
        component: component.name,
        partition: feed.partition,
        treeTimeoutMs: component.treeTimeoutMs,
        position: feed.position,
      });
    }
    spouts.push(...tasks);
    return opened;
  }

  private async classicTasks(component: SpoutPlan, spouts: SpoutTask[], opened: Closable[]): Promise<void> {
    const { lane, delivery, options } = this;
    if (component.source.kind !== 'classic') return;
    const owner = {
      nowMs: () => lane.passMs,
      stamp: () => lane.passStamp,
      wake: () => lane.wake(),
      fatal: (error: MillraceError) => lane.fatal(error),
    };
    for (let task = 0; task < component.parallelism; task++) {
      const { name, parallelism, treeTimeoutMs } = component;
      const info = { topology: options.plan.name, component: name, task, parallelism };
      const spout = component.source.create(info);
      try {
        await this.patience.wait(name, Promise.resolve(spout.open?.(info)), () => spout.close?.());
      } catch (error) {
        if (error instanceof MillraceError || options.giveUp?.aborted === true) throw error;
        throw new MillraceError('MR_SPOUT_FAILED', `Spout '${name}' could not be opened.`, {
          expected: 'open to succeed',
          got: messageOf(error),
          next: 'Mend what open complains about and run again.',
          cause: error,
        });
      }
      const emitter = this.emitterFor(component);
      const spoutTask = new ClassicSpoutTask(name, spout, treeTimeoutMs, emitter, delivery, owner);
      spouts.push(spoutTask);
      opened.push(spoutTask);
    }
  }
}
