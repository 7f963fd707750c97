// Owns: a run from start to end: stores, one lane, the end of it, the summary. Not here: the lane (lane.ts), signals and
// what is printed (cli/).
// Invariants: whatever was opened is closed, also if opening the rest failed; a summary is given for every run that started.

import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { Sfc32 } from '../base/random.ts';
import { FolderLock, Log } from '../log/index.ts';
import { LaneState } from '../state/lane-state.ts';
import { checkpointFolder } from '../store/checkpoint-folder.ts';
import { openCheckpointJournal } from '../store/checkpoint-journal.ts';
import { nodeFileSystem } from '../store/file-system.ts';
import type { BoltPlan } from '../topology/plan.ts';
import type { ConnectorContext } from '../topology/source.ts';
import { prepareDataFolder } from './data-folder.ts';
import { DeadLetterTopic } from './dead-letter-topic.ts';
import type { Lane } from './lane.ts';
import { type OpenLane, openLane } from './lane-builder.ts';
import { LaneDriver, type LaneEnd } from './lane-driver.ts';
import type { LaneStores } from './lane-ports.ts';
import { Patience } from './patience.ts';
import { countersOf, EMPTY_COUNTERS, lagOf, latencyOf, NO_LATENCY } from './run-figures.ts';
import { reportTables } from './run-reports.ts';
import type { Run, RunOptions, RunSnapshot, RunSummary } from './run-types.ts';
import { LOG_RESOURCE, SharedResources } from './shared-resources.ts';
import { blockedBy, RestMeter } from './stall-watch.ts';

export function createRun(options: RunOptions): Run {
  return new SingleLaneRun(options);
}

/** A component is said to hold the run up once nothing has moved for this long. */
const BLOCKED_AFTER_MS = 1_000;

class SingleLaneRun implements Run {
  private readonly rests = new RestMeter();
  private readonly options: RunOptions;
  private readonly shared = new SharedResources();
  private phase: RunSnapshot['phase'] = 'starting';
  private activity: string | null = null;
  private open: OpenLane | null = null;
  private driver: LaneDriver | null = null;
  private startedMs: number;
  private endedMs: number | null = null;
  private early: 'drain' | 'stop' | null = null;
  private readonly giveUpStart = new AbortController();
  private readonly giveUpEnd = new AbortController();

  constructor(options: RunOptions) {
    this.options = options;
    this.startedMs = options.clock.monotonicMs();
  }

  async start(): Promise<RunSummary> {
    const { options } = this;
    await prepareDataFolder(options.dataDir);
    let stores: LaneStores | null = null;
    try {
      stores = await this.openStores();
      const end = await this.runLane(stores);
      this.endedMs = options.clock.monotonicMs();
      this.phase = 'ended';
      return this.summary(await this.closeLane(end), stores);
    } finally {
      await this.closeAll(stores);
    }
  }

  drain(): void {
    this.early ??= 'drain';
    if (this.phase === 'running') this.phase = 'draining';
    this.driver?.drain();
  }

  stop(): void {
    this.early = 'stop';
    if (this.phase === 'starting') this.giveUpStart.abort();
    if (this.phase === 'ended') this.giveUpEnd.abort();
    this.driver?.stop();
  }

  snapshot(): RunSnapshot {
    const lane = this.lane;
    if (lane === null) {
      const nothing = { pending: 0, lag: null, latencyMs: NO_LATENCY, blockedBy: null };
      return { ...EMPTY_COUNTERS, ...this.phaseFigures(), ...nothing };
    }
    return {
      ...countersOf(lane),
      ...this.phaseFigures(),
      pending: lane.assembled.delivery.pending(),
      lag: lagOf(lane),
      latencyMs: latencyOf(lane),
      blockedBy:
        this.rests.since(lane, this.options.clock.monotonicMs()) < BLOCKED_AFTER_MS
          ? null
          : (blockedBy(lane)?.component ?? null),
    };
  }

  private phaseFigures(): Pick<RunSnapshot, 'phase' | 'seconds' | 'activity'> {
    return {
      phase: this.phase,
      seconds: this.seconds,
      activity: this.phase === 'starting' ? this.activity : null,
    };
  }

  private get lane(): Lane | null {
    return this.open?.lane ?? null;
  }

  private get seconds(): number {
    return ((this.endedMs ?? this.options.clock.monotonicMs()) - this.startedMs) / 1_000;
  }

  private async openStores(): Promise<LaneStores> {
    const { plan, dataDir, logger, clock } = this.options;
    const bolts = plan.components.filter((component): component is BoltPlan => component.kind === 'bolt');
    const state = new LaneState(bolts);
    const folder = checkpointFolder(dataDir, plan.name, 0);
    const checkpoints = await openCheckpointJournal({
      folder,
      fs: nodeFileSystem,
      logger,
      lock: () => FolderLock.acquire(join(folder, 'lock'), `topology ${plan.name} in ${dataDir}`),
    });
    const deadLetters = new DeadLetterTopic(plan.name, () => this.log(), clock);
    return { state, checkpoints, deadLetters };
  }

  private log(): Promise<Log> {
    const { dataDir, clock, logger } = this.options;
    return this.shared.get(LOG_RESOURCE, () => Log.open({ dataDir, clock, logger }));
  }

  private async runLane(stores: LaneStores): Promise<LaneEnd> {
    const { options } = this;
    const checkpoint = await stores.checkpoints.load();
    stores.state.restore(checkpoint, options.dropState);
    const opening = openLane({
      plan: options.plan,
      guarantee: options.guarantee,
      clock: options.clock,
      logger: options.logger,
      random: seededRandom(),
      stores,
      checkpoint,
      untilEnd: options.untilEnd,
      connectorContext: (component) => this.connectorContext(component),
      giveUp: this.giveUpStart.signal,
    });
    try {
      this.open = await opening;
    } catch (error) {
      if (this.giveUpStart.signal.aborted) return { status: 'stopped', error: null };
      throw error;
    }
    this.startedMs = options.clock.monotonicMs();
    this.phase = 'running';
    const driver = new LaneDriver(this.open.lane, options.clock, options.plan.options);
    this.driver = driver;
    if (this.early === 'stop') driver.stop();
    else if (this.early === 'drain') this.drain();
    driver.start();
    const timer =
      options.durationMs === undefined ? null : setTimeout(() => this.drain(), options.durationMs);
    const end = await driver.end;
    if (timer !== null) clearTimeout(timer);
    return end;
  }

  private connectorContext(component: string): ConnectorContext {
    const { dataDir, plan, clock, logger } = this.options;
    return {
      dataDir,
      app: plan.name,
      component,
      clock,
      logger,
      status: (text) => {
        this.activity = text;
      },
      shared: (key, open) => this.shared.get(key, open),
    };
  }

  /**
   * Closes tasks and readers, all of them. The first that fails makes an error of a run that had none, one that hangs makes
   * it stalled; a stop while they are closed waits for nobody.
   */
  private async closeLane(end: LaneEnd): Promise<LaneEnd> {
    if (this.open === null) return end;
    const { spouts, tasks } = this.open.lane.assembled;
    const patience = new Patience('close', this.options.plan.options.closeLimitMs, this.giveUpEnd.signal);
    let first: LaneEnd = end;
    for (const part of [...spouts, ...[...tasks].reverse(), ...this.open.readers]) {
      try {
        await patience.wait(part.component, part.close());
      } catch (thrown) {
        if (first.error === null) first = endOfClose(first, part.component, thrown, this.giveUpEnd.signal);
      }
    }
    return first;
  }

  /** Closes all, and throws the first error if there was one. */
  private async closeAll(stores: LaneStores | null): Promise<void> {
    const errors: unknown[] = [];
    for (const part of [stores?.deadLetters, stores?.checkpoints, this.shared]) {
      try {
        await part?.close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  private summary(end: LaneEnd, stores: LaneStores): RunSummary {
    const { plan, guarantee } = this.options;
    const { lane } = this;
    const counters = lane === null ? EMPTY_COUNTERS : countersOf(lane);
    const { seconds } = this;
    return {
      topology: plan.name,
      guarantee,
      status: end.status,
      ...counters,
      seconds,
      recordsPerSecond: seconds > 0 ? counters.records / seconds : 0,
      latencyMs: lane === null ? NO_LATENCY : latencyOf(lane),
      reports: end.status === 'completed' || end.status === 'drained' ? reportTables(plan, stores.state) : [],
      error: end.error,
    };
  }
}

function seededRandom(): Sfc32 {
  const seeds = webcrypto.getRandomValues(new Int32Array(3));
  return new Sfc32(seeds[0]!, seeds[1]!, seeds[2]!);
}

/** What becomes of a run whose lane ended well when closing a component did not. */
function endOfClose(end: LaneEnd, component: string, thrown: unknown, giveUp: AbortSignal): LaneEnd {
  if (giveUp.aborted && thrown === giveUp.reason) return { status: 'stopped', error: null };
  if (thrown instanceof MillraceError && thrown.code === 'MR_STALLED') {
    return { status: end.status === 'stopped' ? 'stopped' : 'stalled', error: thrown };
  }
  return { status: 'failed', error: closeError(component, thrown) };
}

function closeError(component: string, thrown: unknown): MillraceError {
  return new MillraceError('MR_BOLT_FAILED', `Component '${component}' could not be closed.`, {
    expected: 'close to succeed',
    got: thrown instanceof Error ? thrown.message : String(thrown),
    next: 'What was processed before is stored. Mend close.',
    cause: thrown,
  });
}
