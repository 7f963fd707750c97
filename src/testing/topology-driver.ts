// Owns: `testTopology` and the driver that tests hold in their hands. Not here: turns (process.ts), what outlives a crash (world.ts).

import type { MillraceError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { DeadLetter } from '../delivery/delivery.ts';
import { countersOf } from '../runtime/run-figures.ts';
import { blockedBy } from '../runtime/stall-watch.ts';
import { applySettings } from '../topology/settings.ts';
import type { StateKey } from '../topology/state-types.ts';
import type { Topology } from '../topology/topology-types.ts';
import type { Settings } from '../topology/types.ts';
import { build } from '../topology/validate.ts';
import type {
  Component,
  CrashOptions,
  LogLine,
  TestCounters,
  TestOptions,
  TopologyDriver,
} from './driver-types.ts';
import type { Aim } from './interference.ts';
import { newState, type ProcessOptions, TestProcess } from './process.ts';
import { World } from './world.ts';

/**
 * Starts a topology in memory, with a clock that stands still and sources and sinks that belong to the test; bolts, state,
 * tracking, replays and commits are those of a real run.
 *
 * Throws what `millrace run` refuses to start with (TopologyError, MR_SETTING_UNKNOWN, MR_BOLT_OPEN_FAILED …).
 */
export async function testTopology<G extends Settings>(
  topology: Topology<G>,
  options: TestOptions,
): Promise<TopologyDriver> {
  const { guarantee, seed = 1, partitions = {}, replace = [], set = {} } = options;
  const plan = build(topology, applySettings(topology, set));
  const world = new World(plan, { partitions, replace });
  for (const name of [...Object.keys(partitions), ...replace]) world.source(name);
  const logs: LogLine[] = [];
  const driver = new Driver(world, logs, { plan, guarantee, seed, logger: loggerInto(logs) });
  await driver.start();
  return driver;
}

class Driver implements TopologyDriver {
  private readonly world: World;
  private readonly lines: LogLine[];
  private readonly options: ProcessOptions;
  private readonly process: TestProcess;

  constructor(world: World, lines: LogLine[], options: ProcessOptions) {
    this.world = world;
    this.lines = lines;
    this.options = options;
    this.process = new TestProcess(world, options);
  }

  start(): Promise<void> {
    return this.process.start();
  }

  feed(spout: Component, ...values: unknown[]): void {
    this.world.source(nameOf(spout)).feed(0, values);
  }

  feedTo(spout: Component, partition: number, ...values: unknown[]): void {
    this.world.source(nameOf(spout)).feed(partition, values);
  }

  feedUndecodable(spout: Component, raw: Uint8Array, error: unknown = new Error('not decodable')): void {
    this.world.source(nameOf(spout)).feedUndecodable(0, raw, error);
  }

  run(): Promise<void> {
    return this.process.run();
  }

  advance(ms: number): Promise<void> {
    return this.process.advance(ms);
  }

  until(condition: () => boolean, limitMs = 5_000): Promise<void> {
    return this.process.until(condition, limitMs);
  }

  now(): number {
    return this.world.clock.monotonicMs();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the interface gives the values their type, by the sink they came from.
  output(sink: Component): readonly any[] {
    return this.world.sink(nameOf(sink)).accepted;
  }

  async state(
    bolt: Component,
    state: string,
    which: 'live' | 'committed' = 'live',
    // biome-ignore lint/suspicious/noExplicitAny: the interface gives the values their type, by the bolt they belong to.
  ): Promise<Map<StateKey, any>> {
    const component = nameOf(bolt);
    this.world.check(component, 'bolt');
    if (which === 'live') return new Map(this.process.state.entries(component, state));
    const stored = newState(this.options.plan);
    stored.restore(await this.world.checkpoints.load());
    return new Map(stored.entries(component, state));
  }

  async positions(spout: Component): Promise<ReadonlyMap<number, number>> {
    this.world.check(nameOf(spout), 'spout');
    const { positions } = await this.world.checkpoints.load();
    return positions.get(nameOf(spout)) ?? new Map();
  }

  deadLetters(): readonly DeadLetter[] {
    return this.world.deadLetters.letters;
  }

  counters(): TestCounters {
    const { lane } = this.process;
    return { ...countersOf(lane), doubleAcks: lane.assembled.counters.doubleAcks };
  }

  pending(): number {
    return this.process.lane.assembled.delivery.pending();
  }

  waiting(component: Component): readonly number[] {
    const name = nameOf(component);
    this.world.check(name, 'bolt', 'sink');
    const tasks = this.process.lane.assembled.tasks.filter((task) => task.component === name);
    return tasks.sort((a, b) => a.task - b.task).map((task) => task.pending());
  }

  blockedBy(): { readonly component: string; readonly why: string } | null {
    return blockedBy(this.process.lane);
  }

  logs(): readonly LogLine[] {
    return this.lines;
  }

  turns(): number {
    return this.process.turns;
  }

  failNext(component: Component, aim: Aim & { readonly error?: unknown } = {}): void {
    const name = this.target(component);
    const error = aim.error ?? new Error(`the test made '${name}' fail`);
    this.world.interference.add(name, { kind: 'fail', error }, aim);
  }

  delayNext(component: Component, ms: number, aim: Aim = {}): void {
    this.world.interference.add(this.target(component), { kind: 'delay', ms }, aim);
  }

  clear(component: Component): void {
    this.world.interference.clear(this.target(component));
  }

  holdWrites(sink: Component): void {
    this.world.sink(nameOf(sink)).holding = true;
  }

  releaseWrites(sink: Component): void {
    this.world.sink(nameOf(sink)).release();
  }

  failWrites(sink: Component, error: unknown = new Error('the test failed the write')): void {
    this.world.sink(nameOf(sink)).fail(error);
  }

  holdCommits(): void {
    this.world.checkpoints.holding = true;
  }

  releaseCommits(): void {
    this.world.checkpoints.release();
  }

  refuseCommits(error: MillraceError | null): void {
    this.world.checkpoints.failure = error;
  }

  refuseDeadLetters(error: MillraceError | null): void {
    this.world.deadLetters.failure = error;
  }

  drain(): Promise<boolean> {
    return this.process.drain();
  }

  async commit(): Promise<void> {
    await this.process.store();
  }

  async crash({ keptCommits = 0 }: CrashOptions = {}): Promise<TopologyDriver> {
    this.process.crash();
    this.world.checkpoints.crash(keptCommits);
    const next = new Driver(this.world, this.lines, { ...this.options, seed: this.options.seed + 1 });
    await next.start();
    return next;
  }

  close(): Promise<void> {
    return this.process.close();
  }

  private target(component: Component): string {
    const name = nameOf(component);
    this.world.check(name, 'bolt', 'sink');
    return name;
  }
}

function nameOf(component: Component): string {
  return typeof component === 'string' ? component : component.name;
}

function loggerInto(lines: LogLine[]): Logger {
  const at = (level: LogLine['level']) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
