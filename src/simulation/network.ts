// Owns: what happens to a message between two replicas: lost, doubled, late, overtaken, cut off, held up, damaged. Not
// here: when links are cut (fault-injector.ts). Messages are handed on by reference, or as frames through the codec, so
// that damaged bytes are really refused by its checksum.

import type { Message } from '../paxos/message.ts';
import { CONCERN, Dice } from './dice.ts';
import type { FaultCounts } from './fault-kinds.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { EventQueue } from './world/event-queue.ts';
import { HAPPENING } from './world/happening.ts';

/** Messages to bytes and back. */
export interface FrameCodec {
  encode(message: Message): Uint8Array;
  /** Undefined if the frame is damaged. */
  decode(frame: Uint8Array): Message | undefined;
}

/** Places of replicas that a network has links for: the first ones and all that ever replace them. */
export const MAX_PLACES = 16;

const SPIKE_MICROS = 500_000;

export class Network {
  /** Frames that the checksum refused. */
  refusedFrames = 0;
  /** Messages handed over. */
  sent = 0;

  private readonly queue: EventQueue;
  private readonly plan: FaultPlan;
  private readonly counts: FaultCounts;
  private readonly codec: FrameCodec | undefined;
  private readonly dice: Dice;
  private readonly ordered: boolean;
  /** Per link, `from * MAX_PLACES + to`: cut until, held up until, last arrival. In virtual time. */
  private readonly cutUntil = new Float64Array(MAX_PLACES * MAX_PLACES);
  private readonly clogUntil = new Float64Array(MAX_PLACES * MAX_PLACES);
  private readonly lastArrival = new Float64Array(MAX_PLACES * MAX_PLACES);
  private healed = false;

  constructor(
    seed: number,
    plan: FaultPlan,
    counts: FaultCounts,
    queue: EventQueue,
    codec: FrameCodec | undefined,
  ) {
    this.queue = queue;
    this.plan = plan;
    this.counts = counts;
    this.codec = plan.frames ? codec : undefined;
    this.dice = new Dice(seed, CONCERN.network);
    this.ordered = !plan.kinds.has('reordering');
  }

  /** Sends `message` from the replica at place `from` to that at place `to`. */
  send(message: Message, from: number, to: number): void {
    this.sent++;
    const { dice, plan } = this;
    const isLost = dice.chance(plan.loss);
    const isDoubled = dice.chance(plan.duplication);
    const link = from * MAX_PLACES + to;
    if (this.cutUntil[link]! > this.queue.now) return;
    if (!this.healed && isLost) {
      this.counts.loss++;
      return;
    }
    this.carry(message, from, to, link);
    if (this.healed || !isDoubled) return;
    this.counts.duplication++;
    this.carry(message, from, to, link);
  }

  /** The message in what arrived, or undefined if it is damaged. */
  open(arrived: unknown): Message | undefined {
    if (!(arrived instanceof Uint8Array)) return arrived as Message;
    const message = this.codec?.decode(arrived);
    if (message === undefined) this.refusedFrames++;
    return message;
  }

  /** Nothing gets from `from` to `to` for this long; the other way is not touched. */
  cut(from: number, to: number, duration: number): void {
    const link = from * MAX_PLACES + to;
    this.cutUntil[link] = Math.max(this.cutUntil[link]!, this.queue.now + duration);
  }

  /** What is sent from `from` to `to` arrives only after this long, all of it at once. */
  clog(from: number, to: number, duration: number): void {
    const link = from * MAX_PLACES + to;
    this.clogUntil[link] = Math.max(this.clogUntil[link]!, this.queue.now + duration);
  }

  isCut(from: number, to: number): boolean {
    return this.cutUntil[from * MAX_PLACES + to]! > this.queue.now;
  }

  /** From here on every message arrives, soon, once and whole. What is on its way stays so. */
  heal(): void {
    this.healed = true;
    this.cutUntil.fill(0);
    this.clogUntil.fill(0);
  }

  /** Microseconds until what is sent now arrives. */
  delay(): number {
    const { dice, plan, healed } = this;
    const usual = plan.latency + dice.exponential(plan.jitter);
    if (healed || !dice.chance(plan.delaySpike)) return usual;
    this.counts.delay++;
    return usual + dice.exponential(SPIKE_MICROS);
  }

  private carry(message: Message, from: number, to: number, link: number): void {
    const { now } = this.queue;
    let arrival = now + this.delay();
    const clogged = this.clogUntil[link]!;
    if (clogged > arrival) arrival = clogged;
    const last = this.lastArrival[link]!;
    if (arrival < last) {
      if (this.ordered) arrival = last;
      else this.counts.reordering++;
    }
    if (arrival > last) this.lastArrival[link] = arrival;
    const packet = this.codec === undefined ? message : this.frame(this.codec.encode(message));
    this.queue.push(arrival - now, HAPPENING.deliver, to, from, packet);
  }

  private frame(bytes: Uint8Array): Uint8Array {
    const { dice } = this;
    if (this.healed || !dice.chance(this.plan.frameDamage)) return bytes;
    this.counts['frame-damage']++;
    if (dice.chance(0.3)) return bytes.slice(0, dice.below(bytes.length));
    const damaged = bytes.slice();
    for (let flips = dice.between(1, 3); flips > 0; flips--) {
      const at = dice.below(damaged.length);
      damaged[at] = damaged[at]! ^ (1 << dice.below(8));
    }
    // Several flips may fall on one bit and undo each other.
    if (damaged.every((byte, at) => byte === bytes[at])) damaged[0] = damaged[0]! ^ 1;
    return damaged;
  }
}
