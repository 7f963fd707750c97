// Owns: one run: a seed, a budget of events, and what came of it. Not here: many runs (run-many.ts), shorter ones (shrink.ts).
// Invariant: the result is a function of the options, to the byte of the trace.

import { messageOf } from '../base/errors.ts';
import { firstConfiguration } from '../paxos/configuration.ts';
import type { Message } from '../paxos/message.ts';
import { Replica } from '../paxos/replica.ts';
import { CheckFailure, type CheckName, fail } from './check-failure.ts';
import { type DiskParts, SimulatedDisk } from './disk.ts';
import { FaultInjector } from './fault-injector.ts';
import { FAULT_KINDS, type FaultCounts, type FaultKind } from './fault-kinds.ts';
import { drawPlan } from './fault-plan.ts';
import { checkLinearizability } from './linearizability/checker.ts';
import { explanationTable } from './linearizability/explanation.ts';
import { registerModel } from './linearizability/register-model.ts';
import type { Operation } from './operation.ts';
import { Operator } from './operator.ts';
import type { Image } from './registers.ts';
import type { Transfer } from './replica-process.ts';
import type { MakeReplica } from './replica-under-test.ts';
import { Settling } from './settling.ts';
import type { PrintLine } from './trace.ts';
import { Workload } from './workload.ts';
import { HAPPENING, needsProcess } from './world/happening.ts';
import { World } from './world/world.ts';

export interface RunOptions {
  /** From 0 up. */
  readonly seed: number;
  readonly replicas: 3 | 5;
  /** Steps of all replicas until the faults end. */
  readonly events: number;
  /** Fault kinds that may be there; which of them are is drawn. */
  readonly kinds: ReadonlySet<FaultKind>;
  readonly clients: number;
  /** Operations of all clients. */
  readonly operations: number;
}

/** What tests put in the place of the real thing. */
export interface RunParts {
  readonly makeReplica?: MakeReplica;
  readonly makeDisk?: (parts: DiskParts) => SimulatedDisk;
  /** Takes the trace, line by line. */
  readonly print?: PrintLine;
  /** Takes a fingerprint of the whole trace. Costs about as much as the run. */
  readonly hashText?: boolean;
}

export interface RunFailure {
  readonly check: CheckName;
  readonly message: string;
  /** The number of the step, and the virtual time in seconds. */
  readonly event: number;
  readonly seconds: number;
}

export interface RunResult {
  readonly failure: RunFailure | undefined;
  readonly events: number;
  readonly decided: number;
  /** Operations that clients began, and those of which they know that they took place. */
  readonly operations: number;
  readonly answered: number;
  readonly messages: number;
  readonly refusedFrames: number;
  readonly seconds: number;
  readonly faults: FaultCounts;
  /** Over all steps, of some of what the trace says of them. */
  readonly hash: number;
  /** The fingerprint of the trace's text, if it was asked for. */
  readonly textHash: string | undefined;
}

/** Virtual time of the first phase, if nobody is up to make steps. */
const LONGEST_MICROS = 3_600_000_000;

export const ALL_KINDS: ReadonlySet<FaultKind> = new Set(FAULT_KINDS);

export function defaultOptions(seed: number): RunOptions {
  return {
    seed,
    replicas: 3,
    events: 20_000,
    kinds: ALL_KINDS,
    clients: 8,
    operations: Number.MAX_SAFE_INTEGER,
  };
}

export function runPaxos(options: RunOptions, parts: RunParts = {}): RunResult {
  return new Run(options, parts).run();
}

class Run {
  private readonly options: RunOptions;
  private readonly world: World;
  private readonly workload: Workload;
  private readonly operator: Operator;
  private readonly injector: FaultInjector;
  private settling: Settling | undefined;

  constructor(options: RunOptions, { makeReplica, makeDisk, print, hashText }: RunParts) {
    this.options = options;
    const ids = Array.from({ length: options.replicas }, (_, place) => place + 1);
    const first = firstConfiguration(ids);
    this.world = new World({
      seed: options.seed,
      plan: drawPlan(options.seed, options.kinds),
      first,
      makeReplica: makeReplica ?? ((replica) => new Replica(replica)),
      makeDisk: makeDisk ?? ((disk) => new SimulatedDisk(disk)),
      print,
      hashText: hashText ?? false,
    });
    for (const id of ids) this.world.add(id, first);
    this.workload = new Workload(this.world, options.clients, options.operations);
    this.operator = new Operator(this.world);
    this.injector = new FaultInjector(this.world, this.operator);
  }

  run(): RunResult {
    let failure: RunFailure | undefined;
    try {
      this.live();
    } catch (error) {
      failure = this.failureOf(error);
      this.world.trace.note(0, `${failure.check}: ${failure.message}`);
    }
    const { world, workload } = this;
    return {
      failure,
      events: world.steps,
      decided: world.checks.log.length,
      operations: workload.begun,
      answered: workload.done,
      messages: world.network.sent,
      refusedFrames: world.network.refusedFrames,
      seconds: world.queue.now / 1_000_000,
      faults: world.counts,
      hash: world.trace.hash >>> 0,
      textHash: world.trace.textHash,
    };
  }

  /** Both phases, and the judgement on the history. */
  private live(): void {
    const { world } = this;
    for (const process of world.processes) process.start();
    while (world.steps < this.options.events && world.queue.now < LONGEST_MICROS) this.next();
    this.settling = new Settling(world, this.operator, this.injector, this.workload);
    while (!this.settling.isDone) this.next();
    const verdict = checkLinearizability(registerModel(0), this.workload.history.operations());
    if (verdict.outcome === 'violation')
      fail('linearizable', explanationTable(registerModel(0), verdict.explanation));
    if (verdict.outcome === 'undecided') fail('linearizable', `not decided: ${verdict.reason}`);
  }

  private next(): void {
    const { queue, processes } = this.world;
    queue.pop();
    const { kind, subject, argument, reference } = queue;
    if (!needsProcess(kind)) {
      this.around(kind, subject, reference);
      return;
    }
    const process = processes[subject]!;
    if (process.pausedUntil > queue.now && process.isUp) {
      queue.push(process.pausedUntil - queue.now, kind, subject, argument, reference);
      return;
    }
    if (kind === HAPPENING.deliver) {
      const message = process.isUp ? this.world.network.open(reference) : undefined;
      if (message !== undefined) process.receive(message as Message);
    } else if (kind === HAPPENING.request) process.request(reference as Operation);
    else if (argument === process.life) this.within(kind, subject, reference);
  }

  /** What a process set up for itself. */
  private within(kind: number, place: number, reference: unknown): void {
    const process = this.world.processes[place]!;
    switch (kind) {
      case HAPPENING.restart:
        process.start();
        return;
      case HAPPENING.tick:
        process.tick();
        return;
      case HAPPENING.flushed:
        process.flushed();
        return;
      case HAPPENING.snapshotWritten:
        process.snapshotWritten(reference as Image);
        return;
      default:
        process.transferred(reference as Transfer);
    }
  }

  /** What happens to clients, or to all. */
  private around(kind: number, subject: number, reference: unknown): void {
    switch (kind) {
      case HAPPENING.client:
        this.workload.begin(subject);
        return;
      case HAPPENING.reply:
        this.workload.replied(reference as Operation);
        return;
      case HAPPENING.patience:
        this.workload.lostPatience(reference as Operation);
        return;
      case HAPPENING.fault:
        this.injector.happen(subject);
        return;
      case HAPPENING.operator:
        this.operator.look();
        return;
      default:
        this.settling?.probe();
    }
  }

  private failureOf(error: unknown): RunFailure {
    const check = error instanceof CheckFailure ? error.check : 'assertion';
    const { steps, queue } = this.world;
    return { check, message: messageOf(error), event: steps, seconds: queue.now / 1_000_000 };
  }
}
