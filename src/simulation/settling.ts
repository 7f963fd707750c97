// Owns: the second phase of a run: all faults end, everyone with a usable disk is up, and then everything must decide: a
// fresh command is decided and applied on all members, and each of them answers a linearizable read, within a bounded
// virtual time. Not here: the faults.

import { command } from '../paxos/entry.ts';
import { fail } from './check-failure.ts';
import { COMMAND, commandIdentity, encodeCommand, identityOf } from './command.ts';
import type { FaultInjector } from './fault-injector.ts';
import type { Operation } from './operation.ts';
import type { Operator } from './operator.ts';
import type { ReplicaProcess } from './replica-process.ts';
import type { Workload } from './workload.ts';
import { HAPPENING } from './world/happening.ts';
import type { World } from './world/world.ts';

/** Virtual time in which everything must be decided, counted from the end of the last fault. */
export const SETTLE_MICROS = 60_000_000;
/** Steps for the same: messages that breed messages let no time pass. */
export const SETTLE_STEPS = 100_000;
const PROBE_MICROS = 50_000;
/** Probes until the command is proposed again. */
const PROBE_PATIENCE = 40;
/** No client has this number. */
const PROBER = 255;

export class Settling {
  isDone = false;
  private readonly world: World;
  private readonly operator: Operator;
  private readonly deadline: number;
  private readonly lastStep: number;
  private sequence = 0;
  /** The index at which the fresh command was appended, or -1. */
  private index = -1;
  private waited = 0;
  private readonly reads = new Map<ReplicaProcess, Operation>();

  constructor(world: World, operator: Operator, injector: FaultInjector, workload: Workload) {
    this.world = world;
    this.operator = operator;
    injector.stop();
    workload.stop();
    world.network.heal();
    world.trace.note(0, 'the faults end');
    let calm = world.queue.now;
    for (const process of world.processes) {
      process.heal();
      calm = Math.max(calm, process.pausedUntil);
    }
    this.deadline = calm + SETTLE_MICROS;
    this.lastStep = world.steps + SETTLE_STEPS;
    this.again();
  }

  /** Looks how far it has come. */
  probe(): void {
    if (this.world.queue.now > this.deadline || this.world.steps > this.lastStep) this.giveUp();
    if (!this.operator.isBusy && this.isDecided() && this.allRead()) this.isDone = true;
    else this.again();
  }

  private again(): void {
    this.world.queue.push(PROBE_MICROS, HAPPENING.probe, 0);
  }

  private members(): readonly (ReplicaProcess | undefined)[] {
    const { log } = this.world.checks;
    return log.configuration.members.map(({ id }) => this.world.processOf(id));
  }

  /** True when the fresh command is decided and every member has applied it. */
  private isDecided(): boolean {
    const entry = this.index < 0 ? undefined : this.world.checks.log.entries[this.index];
    if (entry !== undefined) {
      const isOurs =
        entry.configuration === undefined &&
        commandIdentity(entry.data) === identityOf(PROBER, this.sequence);
      if (isOurs) return this.members().every((process) => process!.registers.applied > this.index);
      this.index = -1;
    }
    // Once more if its leader is gone: another one may never have heard of it.
    if (this.index < 0 || ++this.waited > PROBE_PATIENCE) this.propose();
    return false;
  }

  private propose(): void {
    const leader = this.members().find((process) => process?.canAnswer && process.isLeading);
    if (leader === undefined) return;
    this.waited = 0;
    this.sequence++;
    const data = encodeCommand({
      client: PROBER,
      sequence: this.sequence,
      kind: COMMAND.filler,
      key: 0,
      value: 0,
      expected: 0,
    });
    const proposed = leader.propose([command(data)]);
    if (proposed?.status === 'appended') this.index = proposed.index;
  }

  private allRead(): boolean {
    let answered = 0;
    const members = this.members();
    for (const process of members) if (this.hasRead(process!)) answered++;
    return answered === members.length;
  }

  private hasRead(process: ReplicaProcess): boolean {
    const read = this.reads.get(process);
    if (read?.outcome === 'done') return true;
    if (read?.outcome !== 'pending' && process.canAnswer) {
      const operation = probeRead();
      this.reads.set(process, operation);
      process.request(operation);
    }
    return false;
  }

  private giveUp(): never {
    const { log } = this.world.checks;
    const states = this.members().map((process) => {
      const view = process?.core?.view;
      if (process === undefined || view === undefined) return 'a member is down';
      const { role, leader, decided, length } = view;
      return `replica ${process.id} is ${role} (leader ${leader}), decided ${decided} of ${length}`;
    });
    const late = this.operator.isBusy ? 'a member is still being replaced; ' : '';
    const steps = this.world.steps - this.lastStep + SETTLE_STEPS;
    fail(
      'decides after the faults',
      `${late}${steps} steps after the faults, ${log.length} decided: ${states.join('; ')}`,
    );
  }
}

function probeRead(): Operation {
  return {
    client: PROBER,
    sequence: 0,
    kind: COMMAND.read,
    key: 0,
    value: 0,
    expected: 0,
    direct: true,
    fillers: 0,
    outcome: 'pending',
    result: 0,
    hint: 0,
  };
}
