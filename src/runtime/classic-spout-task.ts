// Owns: driving a classic spout: asking it for tuples while there is room, telling it the end of those with an id. Not
// here: replays; a classic spout keeps its own books.
// Invariants: `next` is not called again before its promise has ended; `ack` and `fail` are called once per emit with id.

import { MillraceError, messageOf } from '../base/errors.ts';
import type { Delivery, SpoutEnds } from '../delivery/delivery.ts';
import type { ClassicSpout, FailReason, SpoutOut } from '../topology/source.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import type { RootEmitter } from './root-emitter.ts';
import type { SpoutTask } from './spout-task.ts';

/** Calls of `next` before the tasks downstream run. */
const QUANTUM = 64;
/** A spout that had nothing is asked again after this many milliseconds. */
const POLL_MS = 10;

export interface ClassicOwner {
  nowMs(): number;
  stamp(): number;
  wake(): void;
  fatal(error: MillraceError): void;
}

export class ClassicSpoutTask implements SpoutTask, SpoutEnds, SpoutOut<unknown> {
  readonly component: string;
  private readonly spout: ClassicSpout<unknown>;
  private readonly emitter: RootEmitter;
  private readonly delivery: Delivery;
  private readonly owner: ClassicOwner;
  private readonly number: number;
  private asking = false;
  /** Tuples emitted since the start. */
  private emitted = 0;
  private pollMs = Number.NEGATIVE_INFINITY;

  constructor(
    component: string,
    spout: ClassicSpout<unknown>,
    treeTimeoutMs: number,
    emitter: RootEmitter,
    delivery: Delivery,
    owner: ClassicOwner,
  ) {
    this.component = component;
    this.spout = spout;
    this.emitter = emitter;
    this.delivery = delivery;
    this.owner = owner;
    this.number = delivery.addSpout(this, treeTimeoutMs);
  }

  get exhausted(): boolean {
    if (this.asking) return false;
    try {
      return this.spout.done?.() ?? false;
    } catch (error) {
      this.broke(error);
      return false;
    }
  }

  /** Only the spout knows whether something is owed to it. */
  get waitsForSource(): boolean {
    return false;
  }

  run(nowMs: number): number {
    if (this.asking || nowMs < this.pollMs) return 0;
    const before = this.emitted;
    for (let calls = 0; calls < QUANTUM; calls++) {
      if (this.exhausted || this.delivery.spoutRoom() === 0 || !this.emitter.hasRoom) break;
      const more = this.ask();
      if (more === false) this.pollMs = nowMs + POLL_MS;
      if (more !== true) break;
    }
    return this.emitted - before;
  }

  emit(value: unknown, id?: unknown): void {
    this.emitted++;
    if (id === undefined) {
      this.delivery.rootHandle = NO_TREE;
      this.delivery.edgeLo = 0;
      this.delivery.edgeHi = 0;
    } else this.delivery.spoutRoot(this.number, id, this.owner.nowMs());
    this.emitter.emit(value, this.owner.stamp());
    // An asynchronous next emits while the lane may be asleep.
    if (this.asking) this.owner.wake();
    // An asynchronous `next` emits between two turns.
    this.owner.wake();
  }

  acked(id: unknown): void {
    this.guarded(() => this.spout.ack?.(id));
  }

  failed(id: unknown, reason: FailReason): void {
    this.guarded(() => this.spout.fail?.(id, reason));
  }

  nextPollMs(): number {
    return this.asking || this.exhausted ? Number.POSITIVE_INFINITY : this.pollMs;
  }

  heldUpBy(): string | null {
    return this.asking ? 'a call of next that has not ended' : null;
  }

  lag(): number | null {
    return null;
  }

  async close(): Promise<void> {
    await this.spout.close?.();
  }

  /** True: it may have more. False: nothing now. Null: the answer is still to come. */
  private ask(): boolean | null {
    try {
      const answer = this.spout.next(this);
      if (!(answer instanceof Promise)) return answer;
      this.asking = true;
      answer.then(
        (more) => this.answered(more),
        (error: unknown) => this.broke(error),
      );
      return null;
    } catch (error) {
      this.broke(error);
      return false;
    }
  }

  private answered(more: boolean): void {
    this.asking = false;
    if (!more) this.pollMs = this.owner.nowMs() + POLL_MS;
    this.owner.wake();
  }

  private guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.broke(error);
    }
  }

  private broke(error: unknown): void {
    this.owner.fatal(
      new MillraceError('MR_SPOUT_FAILED', `Spout '${this.component}' failed.`, {
        expected: 'next, ack and fail to return',
        got: messageOf(error),
        next: 'Mend the spout and run again. What it had not been told to be acked it should emit again.',
        cause: error,
      }),
    );
  }
}
