// Owns: the faults that come from time to time: cuts, crashes, pauses, jumps of clocks, everything that happens to disks.
// Not here: those that befall single messages (network.ts) or writes (disk.ts), and how often each comes (fault-plan.ts).

import { CONCERN, Dice } from './dice.ts';
import { isWhole, mayImpair } from './fault-budget.ts';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';
import type { Operator } from './operator.ts';
import type { ReplicaProcess } from './replica-process.ts';
import { contacts } from './replica-under-test.ts';
import { HAPPENING } from './world/happening.ts';
import type { World } from './world/world.ts';

const MILLISECOND = 1_000;
const SECOND = 1_000_000;

/** Kinds that this file makes happen. */
const TIMED: ReadonlySet<FaultKind> = new Set([
  'one-way-cut',
  'partition',
  'clog',
  'crash',
  'pause',
  'clock-jump',
  'bit-flip',
  'disk-full',
  'fsync-error',
  'slow-disk',
  'lost-disk',
  'reconfiguration',
]);

/** A disk is not lost every few seconds: that would only be one long replacing of members. */
const RARE: ReadonlySet<FaultKind> = new Set(['lost-disk', 'reconfiguration']);
const RARITY = 8;

/** Processes die in the next step that has at least a number of effects, drawn below this: most steps have one or none. */
const EFFECTS_OF_DEATH = 5;
/** Of the disks that get full, a share takes its process with it, after at most so many refused flushes. */
const FULL_AND_DEAD = 0.3;
const REFUSALS_OF_DEATH = 8;

export class FaultInjector {
  private readonly world: World;
  private readonly operator: Operator;
  /** One per kind, so that a kind that is switched off changes nothing about the others. */
  private readonly dice: readonly Dice[];
  private healed = false;

  constructor(world: World, operator: Operator) {
    this.world = world;
    this.operator = operator;
    this.dice = FAULT_KINDS.map((_, index) => new Dice(world.seed, CONCERN.faults + index));
    for (const kind of world.plan.kinds) if (TIMED.has(kind)) this.schedule(kind);
  }

  /** A fault of this kind is due. */
  happen(index: number): void {
    if (this.healed) return;
    const kind = FAULT_KINDS[index]!;
    const dice = this.dice[index]!;
    if (this.inflict(kind, dice)) this.world.counts[kind]++;
    this.schedule(kind);
  }

  stop(): void {
    this.healed = true;
  }

  private schedule(kind: FaultKind): void {
    const index = FAULT_KINDS.indexOf(kind);
    const mean = this.world.plan.interval[kind] * (RARE.has(kind) ? RARITY : 1);
    this.world.queue.push(this.dice[index]!.exponential(mean), HAPPENING.fault, index);
  }

  /** True if it happened; not if it cannot happen now. Crashes and refused writes are counted where they happen. */
  private inflict(kind: FaultKind, dice: Dice): boolean {
    const process = dice.pick(this.world.processes);
    switch (kind) {
      case 'one-way-cut':
        return this.cutOneWay(dice);
      case 'partition':
        return this.divide(dice);
      case 'clog':
        return this.clog(dice);
      case 'clock-jump':
        return this.jump(dice, process);
      case 'reconfiguration':
        return this.replaceWithoutReason(process);
      default:
        return process.isUp && this.strike(kind, dice, process);
    }
  }

  /** What happens to one process or its disk. */
  private strike(kind: FaultKind, dice: Dice, process: ReplicaProcess): boolean {
    const { now } = this.world.queue;
    switch (kind) {
      case 'crash':
        process.diesInStepOf = dice.below(EFFECTS_OF_DEATH);
        return false;
      case 'pause':
        process.pausedUntil = now + duration(dice, 5 * MILLISECOND, 5 * SECOND);
        this.note(process, `pauses until ${(process.pausedUntil / SECOND).toFixed(3)}`);
        return true;
      case 'disk-full':
        process.disk.fullUntil = now + duration(dice, 50 * MILLISECOND, 3 * SECOND);
        process.diesAtRefusal = dice.chance(FULL_AND_DEAD) ? dice.between(1, REFUSALS_OF_DEATH) : 0;
        this.note(process, 'no space on its disk');
        return false;
      case 'slow-disk':
        process.disk.slowUntil = now + duration(dice, 50 * MILLISECOND, 3 * SECOND);
        return true;
      case 'fsync-error':
        process.disk.failsNext = true;
        return false;
      case 'bit-flip':
        return this.flip(dice, process);
      case 'lost-disk':
        return this.lose(process);
      default:
        return false;
    }
  }

  private cutOneWay(dice: Dice): boolean {
    const { processes, network } = this.world;
    const from = dice.below(processes.length);
    const to = dice.below(processes.length);
    if (from === to) return false;
    network.cut(from, to, duration(dice, 50 * MILLISECOND, 4 * SECOND));
    this.note(processes[from]!, `is not heard by ${processes[to]!.id}`);
    return true;
  }

  private divide(dice: Dice): boolean {
    const { processes, network } = this.world;
    const side = processes.map(() => dice.chance(0.5));
    if (side.every((one) => one === side[0])) return false;
    const lasting = duration(dice, 50 * MILLISECOND, 4 * SECOND);
    for (let from = 0; from < side.length; from++)
      for (let to = 0; to < side.length; to++) if (side[from] !== side[to]) network.cut(from, to, lasting);
    const apart = processes.filter((_, place) => side[place]).map(({ id }) => id);
    this.world.trace.note(0, `partition: ${apart.join(' ')} apart from the rest`);
    return true;
  }

  private clog(dice: Dice): boolean {
    const { processes, network } = this.world;
    const from = dice.below(processes.length);
    const to = dice.below(processes.length);
    if (from === to) return false;
    network.clog(from, to, duration(dice, 20 * MILLISECOND, 2 * SECOND));
    return true;
  }

  private jump(dice: Dice, process: ReplicaProcess): boolean {
    if (!process.canAnswer) return false;
    if (dice.chance(0.5)) process.setBack = duration(dice, 20 * MILLISECOND, 2 * SECOND);
    else process.jump(dice.between(2, 30));
    return true;
  }

  /** Damage shows when the disk is read, so the process dies with it. */
  private flip(dice: Dice, process: ReplicaProcess): boolean {
    if (!mayImpair(this.world, this.operator, process)) return false;
    process.crash('dies');
    let flipped = false;
    for (let flips = dice.between(1, 3); flips > 0; flips--) flipped = process.disk.flipBit() || flipped;
    if (flipped) this.note(process, 'bits flip on its disk');
    return flipped;
  }

  private lose(process: ReplicaProcess): boolean {
    const { world, operator } = this;
    if (!operator.canReplace || operator.isReplacing(process)) return false;
    if (!mayImpair(world, operator, process)) return false;
    const { disk, place } = process;
    const { admitted, promised, accepted } = disk.hard;
    const hadAVoice = admitted || promised.round > 0 || accepted.round > 0;
    process.gone.addAll(disk.lost);
    process.gone.add(disk.image.index, disk.entries);
    process.crash('loses its disk');
    const isFirst = world.first.members.some(({ id }) => id === process.id);
    process.disk = world.emptyDisk(place, isFirst ? world.first : contacts(world.checks.log.configuration));
    process.mustNotVote ||= hadAVoice;
    world.checks.forget(place);
    operator.replace(process);
    return true;
  }

  private replaceWithoutReason(process: ReplicaProcess): boolean {
    const { world, operator } = this;
    const isMember = world.checks.log.configuration.members.some(({ id }) => id === process.id);
    if (!isMember || operator.isBusy || !operator.canReplace || !isWhole(world, operator)) return false;
    operator.replace(process);
    this.note(process, 'is to be replaced');
    return true;
  }

  private note({ id }: ReplicaProcess, what: string): void {
    this.world.trace.note(id, what);
  }
}

function duration(dice: Dice, low: number, high: number): number {
  return Math.round(dice.logarithmic(low, high));
}
