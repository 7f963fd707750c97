// Owns: the operator of the simulated cluster, who replaces members: one that lost its disk, or any, for no reason.
// One at a time. Not here: losing the disk (fault-injector.ts).

import { isMember, replaceMember } from '../paxos/configuration.ts';
import { CONCERN, Dice } from './dice.ts';
import { MAX_PLACES } from './network.ts';
import type { ReplicaProcess } from './replica-process.ts';
import { contacts } from './replica-under-test.ts';
import { HAPPENING } from './world/happening.ts';
import type { World } from './world/world.ts';

const LOOK_MICROS = 150_000;

export class Operator {
  private readonly world: World;
  private readonly dice: Dice;
  private nextId: number;
  /** Members to replace, in order; the first is being replaced. */
  private readonly leaving: ReplicaProcess[] = [];
  private joining: ReplicaProcess | undefined;

  constructor(world: World) {
    this.world = world;
    this.dice = new Dice(world.seed, CONCERN.operator);
    this.nextId = world.processes.length + 1;
  }

  get isBusy(): boolean {
    return this.leaving.length > 0;
  }

  /** False while there is no room for another replica. */
  get canReplace(): boolean {
    return this.world.processes.length + this.leaving.length < MAX_PLACES;
  }

  isReplacing(process: ReplicaProcess): boolean {
    return this.leaving.includes(process);
  }

  /** Will replace `process`, when it notices. */
  replace(process: ReplicaProcess): void {
    this.leaving.push(process);
    if (this.leaving.length === 1) this.lookAgain();
  }

  /** Moves the replacement under way on, or begins the next. */
  look(): void {
    const { world } = this;
    const [leaving] = this.leaving;
    if (leaving === undefined) return;
    const { log } = world.checks;
    if (!isMember(log.configuration, leaving.id)) {
      this.leaving.shift();
      // With its disk it would only learn that it is retired. Without, several like it could take themselves for a new cluster.
      if (leaving.mustNotVote) leaving.switchOff('is replaced: the operator switches it off');
      this.joining = undefined;
      if (this.leaving.length > 0) this.lookAgain();
      return;
    }
    if (this.joining === undefined) {
      this.joining = world.add(this.nextId++, contacts(log.configuration));
      this.joining.start();
    }
    this.propose(leaving, this.joining);
    this.lookAgain();
  }

  private propose(leaving: ReplicaProcess, joining: ReplicaProcess): void {
    const leader = this.world.processes.find((process) => process.canAnswer && process.isLeading);
    if (leader?.core === undefined) return;
    const { configuration } = leader.core.view;
    if (!isMember(configuration, leaving.id)) return;
    leader.step({ kind: 'reconfigure', configuration: replaceMember(configuration, leaving.id, joining.id) });
  }

  private lookAgain(): void {
    this.world.queue.push(this.dice.exponential(LOOK_MICROS), HAPPENING.operator, 0);
  }
}
