// Owns: one process with a replica in it: the driver that carries out its effects on simulated disk and network, applies
// what is decided, and dies before, after or between any two effects of a step. Not here: when it dies (fault-injector.ts), what clients ask for.
// Invariant: what a process knows and its disk does not is gone when it dies.

import type { ReplicaId } from '../paxos/ballot.ts';
import type { Effects, ProposeResult, ReadResult, Write } from '../paxos/effects.ts';
import { command, type Entry } from '../paxos/entry.ts';
import type { Event } from '../paxos/event.ts';
import type { Message } from '../paxos/message.ts';
import { commandIdentity, encodeCommand, identityOf } from './command.ts';
import { CONCERN, Dice } from './dice.ts';
import type { SimulatedDisk } from './disk.ts';
import { ALL_EFFECTS, countEffects } from './effect-list.ts';
import { LostCopies } from './lost-copies.ts';
import type { Operation } from './operation.ts';
import { type Image, Registers } from './registers.ts';
import type { ReplicaUnderTest, ReplicaView } from './replica-under-test.ts';
import { HAPPENING } from './world/happening.ts';
import type { World } from './world/world.ts';

const START: Event = { kind: 'start' };
const TICK: Event = { kind: 'tick' };
const NOT_DYING = -1;

/** After a flush that was refused for want of space. */
const FULL_RETRY_MICROS = 20_000;

/** A snapshot on its way from another replica. */
export interface Transfer {
  readonly from: ReplicaId;
  readonly index: number;
}

export class ReplicaProcess {
  readonly place: number;
  readonly id: ReplicaId;
  disk: SimulatedDisk;
  /** Undefined while the process is down. */
  core: ReplicaUnderTest | undefined;
  /** Counts the processes that ran on this place. */
  life = 0;
  /** Virtual time until which nothing is processed. */
  pausedUntil = 0;
  /** Dies in the middle of its next step of at least so many effects. */
  diesInStepOf = NOT_DYING;
  /** Dies when its disk refuses a flush for the so manieth time from here on; 0 for never. */
  diesAtRefusal = 0;
  /** What was on the disks that it lost. */
  readonly gone = new LostCopies();
  /** Its disk was lost after it had taken part: it must never vote again. */
  mustNotVote = false;
  /** It is not started again. */
  isSwitchedOff = false;
  /** Why the core said that it must not take part, or undefined. */
  refused: string | undefined;
  /** Microseconds to add to the next tick: the clock was set back. */
  setBack = 0;
  /** Its clock's ticks are this many times as long as they should be. */
  rate = 1;
  registers: Registers;

  private readonly world: World;
  private readonly dice: Dice;
  private proposing: Operation | undefined;
  /** By the index at which they were appended. */
  private readonly waiting = new Map<number, Operation>();
  /** By identity: taken during phase 1, so nobody knows their index. */
  private readonly kept = new Map<number, Operation>();
  private readonly reading = new Map<number, Operation>();
  private confirmed: { readonly index: number; readonly operation: Operation }[] = [];
  private snapshotting = false;
  private fetching = false;

  constructor(world: World, place: number, id: ReplicaId, disk: SimulatedDisk) {
    this.world = world;
    this.place = place;
    this.id = id;
    this.disk = disk;
    this.registers = new Registers(disk.image);
    this.dice = new Dice(world.seed, CONCERN.process + place);
  }

  get isUp(): boolean {
    return this.core !== undefined;
  }

  get isLeading(): boolean {
    return this.core?.view.role === 'leading';
  }

  /** Up and not paused. */
  get canAnswer(): boolean {
    return this.core !== undefined && this.pausedUntil <= this.world.queue.now;
  }

  start(): void {
    if (this.isSwitchedOff) return;
    const { world, disk } = this;
    const random = new Dice(world.seed, CONCERN.core + this.place * 100 + this.life);
    const recovered = disk.recover();
    this.pausedUntil = 0;
    this.core = world.makeReplica({ id: this.id, random, recovered, limits: world.limits });
    this.registers = new Registers(disk.image);
    world.checks.started(this, recovered);
    world.trace.note(this.id, recovered.damaged ? 'starts, log damaged' : 'starts');
    this.step(START);
    this.scheduleTick();
  }

  /** Ends for good what has no place in the cluster any more. */
  switchOff(why: string): void {
    this.isSwitchedOff = true;
    this.crash(why, true);
  }

  /** The process dies here. It comes back unless `forGood`. */
  crash(why: string, forGood = false): void {
    if (this.core === undefined) return;
    const { world } = this;
    this.core = undefined;
    this.life++;
    this.diesInStepOf = NOT_DYING;
    this.diesAtRefusal = 0;
    this.disk.crash();
    this.waiting.clear();
    this.kept.clear();
    this.reading.clear();
    this.confirmed = [];
    this.proposing = undefined;
    this.snapshotting = false;
    this.fetching = false;
    world.trace.note(this.id, why);
    if (!forGood) {
      const down = this.dice.exponential(world.plan.downTime);
      world.queue.push(down, HAPPENING.restart, this.place, this.life);
    }
  }

  tick(): void {
    this.step(TICK);
    this.scheduleTick();
  }

  /** The clock is set forward: `ticks` intervals have passed at once. */
  jump(ticks: number): void {
    for (let left = ticks; left > 0 && this.core !== undefined; left--) this.step(TICK);
  }

  receive(message: Message): void {
    this.step({ kind: 'receive', message });
  }

  flushed(): void {
    if (this.disk.failsNext) {
      this.world.counts['fsync-error']++;
      this.crash('fsync failed: the process ends');
      return;
    }
    const write = this.disk.flushed(this.world.queue.now);
    if (write === 0) {
      this.whileFull();
      return;
    }
    this.step({ kind: 'persisted', write });
    this.flush();
  }

  /** The disk took nothing: what waits for it stays, and is tried again, unless the process dies over it. */
  private whileFull(): void {
    const { queue } = this.world;
    if (this.diesAtRefusal > 0 && --this.diesAtRefusal === 0) this.crash('dies while its disk is full');
    else queue.push(FULL_RETRY_MICROS, HAPPENING.flushed, this.place, this.life);
  }

  /** A client's request arrives. */
  request(operation: Operation): void {
    const { core, world } = this;
    if (core === undefined || (this.disk.isFull && !operation.direct)) {
      this.refuse(operation, 0);
      return;
    }
    if (operation.direct) {
      const token = world.nextToken++;
      this.reading.set(token, operation);
      this.step({ kind: 'read', token });
      return;
    }
    this.proposing = operation;
    const entries = [];
    for (let filler = operation.fillers; filler >= 0; filler--) {
      const sequence = operation.sequence - filler;
      const own = filler === 0;
      const { client, key, value, expected } = operation;
      entries.push(
        command(encodeCommand({ client, sequence, kind: own ? operation.kind : 0, key, value, expected })),
      );
    }
    this.step({ kind: 'propose', entries });
  }

  snapshotWritten(image: Image): void {
    this.snapshotting = false;
    if (!this.disk.hasSpace(this.world.queue.now)) return;
    // A driver trims only what is durable here: the log must reach the snapshot without a gap.
    if (image.index > this.disk.length || image.index <= this.core!.view.offset) return;
    this.disk.trim(image);
    this.world.counts.snapshot++;
    this.step({ kind: 'trim', index: image.index });
  }

  transferred({ from, index }: Transfer): void {
    this.fetching = false;
    const { world } = this;
    const source = world.processOf(from);
    if (source?.core === undefined || world.network.isCut(source.place, this.place)) return;
    if (!this.disk.hasSpace(world.queue.now)) return;
    const image = source.disk.snapshotOf(index);
    if (image === undefined) return;
    this.disk.stage(image);
    this.step({ kind: 'snapshot-staged', index: image.index, configuration: image.configuration });
  }

  /** Commands of the simulation itself. Undefined if the process dies over it. */
  propose(entries: readonly Entry[]): ProposeResult | undefined {
    return this.step({ kind: 'propose', entries });
  }

  /** No more faults from here on. */
  heal(): void {
    this.rate = 1;
    this.setBack = 0;
    this.diesInStepOf = NOT_DYING;
    this.diesAtRefusal = 0;
    this.disk.heal();
  }

  /** Hands `event` to the core and carries out what it wants. The answer to a proposal. */
  step(event: Event): ProposeResult | undefined {
    const core = this.core!;
    const effects = core.step(event);
    const { view } = core;
    this.world.steps++;
    this.world.trace.step(this, event, view, effects.send.length);
    this.carryOut(effects, view);
    if (this.core === undefined) return undefined;
    this.world.checks.stepped(this, view);
    if (effects.refused !== undefined && this.refused === undefined) {
      this.refused = effects.refused;
      this.crash('is refused: the process ends', true);
    }
    return effects.proposed;
  }

  private carryOut(effects: Effects, view: ReplicaView): void {
    if (this.diesInStepOf === NOT_DYING) {
      this.carryOutFirst(ALL_EFFECTS, effects, view);
      return;
    }
    const all = countEffects(effects, this.registers.applied);
    const isDying = all >= this.diesInStepOf;
    const count = isDying ? this.dice.between(0, all) : all;
    this.carryOutFirst(count, effects, view);
    if (!isDying) return;
    this.world.counts.crash++;
    this.crash(`dies after ${count} of ${all} effects`);
  }

  /** The first `count` effects. */
  private carryOutFirst(count: number, effects: Effects, view: ReplicaView): void {
    const { write, send, proposed, decided, reads, fetch } = effects;
    let left = count;
    if (write !== undefined && left-- > 0) this.write(write);
    for (let at = 0; at < send.length && left-- > 0; at++) this.send(send[at]!);
    if (proposed !== undefined && left-- > 0) this.answerProposal(proposed);
    const { applied } = this.registers;
    if (decided > applied && left > 0) {
      const until = Math.min(decided, applied + left);
      this.apply(until, view);
      left -= until - applied;
    }
    for (let at = 0; at < reads.length && left-- > 0; at++) this.answerRead(reads[at]!);
    if (fetch !== undefined && left > 0) this.fetch(fetch);
  }

  private write(write: Write): void {
    this.disk.append(write);
    if (write.snapshot > this.registers.applied) {
      const image = this.disk.snapshotAt(write.snapshot)!;
      this.registers = new Registers(image);
      this.world.checks.installed(this, image);
      this.answerConfirmed();
    }
    this.flush();
  }

  private flush(): void {
    const delay = this.disk.flush(this.world.queue.now);
    if (delay > 0) this.world.queue.push(delay, HAPPENING.flushed, this.place, this.life);
  }

  private send(message: Message): void {
    this.world.checks.sent(this, message);
    const to = this.world.processOf(message.to);
    if (to !== undefined) this.world.network.send(message, this.place, to.place);
  }

  private apply(decided: number, view: ReplicaView): void {
    const { registers, world, waiting } = this;
    while (registers.applied < decided) {
      const index = registers.applied;
      const entry = world.checks.decidedEntry(this, index, view);
      const result = registers.apply(entry);
      world.checks.applied(this, registers);
      if (waiting.size > 0) this.answerAppended(index, entry, result);
      if (this.kept.size > 0 && entry.configuration === undefined)
        this.answerKept(commandIdentity(entry.data), result);
    }
    this.answerConfirmed();
    this.considerSnapshot(view.offset);
  }

  private answerAppended(index: number, entry: Entry, result: number): void {
    const operation = this.waiting.get(index);
    if (operation === undefined) return;
    this.waiting.delete(index);
    const identity = identityOf(operation.client, operation.sequence);
    const isOurs = entry.configuration === undefined && commandIdentity(entry.data) === identity;
    if (isOurs) this.reply(operation, result);
    // Another entry got its place, so it has none.
    else this.refuse(operation, 0);
  }

  private answerKept(identity: number, result: number): void {
    const operation = this.kept.get(identity);
    if (operation === undefined) return;
    this.kept.delete(identity);
    this.reply(operation, result);
  }

  private considerSnapshot(offset: number): void {
    const { plan, queue } = this.world;
    if (plan.snapshotEvery === 0 || this.snapshotting) return;
    if (this.registers.applied - offset < plan.snapshotEvery) return;
    this.snapshotting = true;
    const delay = 5 * this.dice.exponential(plan.flush);
    queue.push(delay, HAPPENING.snapshotWritten, this.place, this.life, this.registers.image());
  }

  private fetch(transfer: Transfer): void {
    if (this.fetching) return;
    this.fetching = true;
    const delay = this.dice.exponential(20 * this.world.plan.flush) + this.world.network.delay();
    this.world.queue.push(delay, HAPPENING.transferred, this.place, this.life, transfer);
  }

  private answerProposal(proposed: ProposeResult): void {
    const operation = this.proposing;
    this.proposing = undefined;
    if (operation === undefined) return;
    if (proposed.status === 'appended') this.waiting.set(proposed.index + operation.fillers, operation);
    else if (proposed.status === 'kept')
      this.kept.set(identityOf(operation.client, operation.sequence), operation);
    else this.refuse(operation, proposed.status === 'not-leader' ? proposed.leader : 0);
  }

  private answerRead({ token, index }: ReadResult): void {
    const operation = this.reading.get(token);
    if (operation === undefined) return;
    this.reading.delete(token);
    if (index < 0) this.refuse(operation, this.core!.view.leader);
    else if (this.registers.applied >= index) this.reply(operation, this.registers.value(operation.key));
    else this.confirmed.push({ index, operation });
  }

  /** Reads that waited for the state to be new enough. */
  private answerConfirmed(): void {
    if (this.confirmed.length === 0) return;
    const { applied } = this.registers;
    for (const { index, operation } of this.confirmed)
      if (applied >= index) this.reply(operation, this.registers.value(operation.key));
    this.confirmed = this.confirmed.filter(({ index }) => applied < index);
  }

  private reply(operation: Operation, result: number): void {
    operation.outcome = 'done';
    operation.result = result;
    this.answer(operation);
  }

  private refuse(operation: Operation, hint: number): void {
    operation.outcome = 'refused';
    operation.hint = hint;
    if (!operation.direct) this.world.checks.refused(identityOf(operation.client, operation.sequence));
    this.answer(operation);
  }

  private answer(operation: Operation): void {
    const { queue, network } = this.world;
    queue.push(network.delay(), HAPPENING.reply, operation.client, 0, operation);
  }

  private scheduleTick(): void {
    if (this.core === undefined) return;
    const { queue, plan } = this.world;
    const interval = Math.round(plan.heartbeat * this.rate) + this.setBack;
    this.setBack = 0;
    queue.push(interval, HAPPENING.tick, this.place, this.life);
  }
}
