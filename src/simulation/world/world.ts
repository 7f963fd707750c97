// Owns: what the parts of one run share: time, network, plan, checks, trace, and the processes by id and place.

import type { ReplicaId } from '../../paxos/ballot.ts';
import type { Configuration } from '../../paxos/configuration.ts';
import { PAXOS_LIMITS } from '../../paxos/limits.ts';
import { Checks } from '../checks.ts';
import { CONCERN, Dice } from '../dice.ts';
import type { DiskParts, SimulatedDisk } from '../disk.ts';
import { type FaultCounts, noFaults } from '../fault-kinds.ts';
import type { FaultPlan } from '../fault-plan.ts';
import { frameCodec } from '../frames.ts';
import { Network } from '../network.ts';
import { emptyImage } from '../registers.ts';
import { ReplicaProcess } from '../replica-process.ts';
import { emptyHardState, type MakeReplica, type ReplicaParts, TIGHT_LIMITS } from '../replica-under-test.ts';
import { type PrintLine, Trace } from '../trace.ts';
import { EventQueue } from './event-queue.ts';

export interface WorldParts {
  readonly seed: number;
  readonly plan: FaultPlan;
  readonly first: Configuration;
  readonly makeReplica: MakeReplica;
  readonly makeDisk: (parts: DiskParts) => SimulatedDisk;
  readonly print: PrintLine | undefined;
  readonly hashText: boolean;
}

export class World {
  readonly seed: number;
  readonly plan: FaultPlan;
  readonly first: Configuration;
  readonly limits: ReplicaParts['limits'];
  readonly counts: FaultCounts = noFaults();
  readonly queue = new EventQueue();
  readonly network: Network;
  readonly checks: Checks;
  readonly trace: Trace;
  readonly makeReplica: MakeReplica;
  /** By place. */
  readonly processes: ReplicaProcess[] = [];
  /** Steps of all replicas. */
  steps = 0;
  nextToken = 1;
  private readonly byId: (ReplicaProcess | undefined)[] = [];
  private readonly makeDisk: WorldParts['makeDisk'];
  private readonly incarnations: Dice;

  constructor({ seed, plan, first, makeReplica, makeDisk, print, hashText }: WorldParts) {
    this.seed = seed;
    this.plan = plan;
    this.first = first;
    this.limits = plan.tightLimits ? TIGHT_LIMITS : PAXOS_LIMITS;
    this.makeReplica = makeReplica;
    this.makeDisk = makeDisk;
    this.network = new Network(seed, plan, this.counts, this.queue, frameCodec());
    this.checks = new Checks(first);
    this.trace = new Trace(this.queue, print, hashText);
    this.incarnations = new Dice(seed, CONCERN.disk - 1);
  }

  processOf(id: ReplicaId): ReplicaProcess | undefined {
    return this.byId[id];
  }

  /** A new process with an empty disk, told of `configuration`. It is not started. */
  add(id: ReplicaId, configuration: Configuration): ReplicaProcess {
    const place = this.processes.length;
    const process = new ReplicaProcess(this, place, id, this.emptyDisk(place, configuration));
    if (this.plan.kinds.has('drift')) {
      const exponent = new Dice(this.seed, CONCERN.process - 1 - place).between(-100, 100) / 100;
      process.rate = this.plan.drift ** exponent;
      this.counts.drift++;
    }
    this.processes.push(process);
    this.byId[id] = process;
    return process;
  }

  /** A disk that was just formatted. */
  emptyDisk(place: number, configuration: Configuration): SimulatedDisk {
    const incarnation = 1 + (this.incarnations.int32() >>> 0);
    return this.makeDisk({
      seed: this.seed,
      place,
      plan: this.plan,
      counts: this.counts,
      hard: emptyHardState(configuration, incarnation),
      image: emptyImage(this.plan.keys, this.first),
    });
  }
}
