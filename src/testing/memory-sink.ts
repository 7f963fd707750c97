// Owns: a sink in memory. It plays the other side of a real sink: what was acknowledged stays there, also after `crash()`; a
// write that is held when the process dies is lost. Not here: which writes go wrong (interference.ts).
// Invariant: `accepted` holds values in the order in which their writes were acknowledged, each once per acknowledgement.

import type { RejectedWrite, SinkDefinition, SinkWriter } from '../topology/sink.ts';
import type { Interference } from './interference.ts';
import type { Life } from './life.ts';

type Answer = undefined | readonly RejectedWrite[];

interface HeldWrite {
  readonly life: Life;
  readonly values: readonly unknown[];
  readonly release: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

export class MemorySink {
  readonly accepted: unknown[] = [];
  holding = false;
  private readonly name: string;
  private readonly interference: Interference;
  private held: HeldWrite[] = [];

  constructor(name: string, interference: Interference) {
    this.name = name;
    this.interference = interference;
  }

  /** Values in writes that are held. */
  get waiting(): number {
    return this.held.reduce((sum, { values, life }) => sum + (life.over ? 0 : values.length), 0);
  }

  definition(life: Life): SinkDefinition<unknown> {
    const writer: SinkWriter<unknown> = { write: (values) => this.write(values, life) };
    return { kind: 'sink', description: `test sink ${this.name}`, open: () => Promise.resolve(writer) };
  }

  /** Acknowledges every held write, in order. */
  release(): void {
    this.holding = false;
    for (const { values, release } of this.take()) release(this.accept(values));
  }

  /** Fails every held write. */
  fail(error: unknown): void {
    this.holding = false;
    for (const { fail } of this.take()) fail(error);
  }

  private take(): HeldWrite[] {
    const held = this.held.filter(({ life }) => !life.over);
    this.held = [];
    return held;
  }

  private write(values: readonly unknown[], life: Life): undefined | Promise<Answer> {
    const disturbance = this.interference.forWrite(this.name);
    if (disturbance?.kind === 'fail') return Promise.reject(disturbance.error);
    if (disturbance?.kind === 'delay') {
      return life.after(disturbance.ms).then(() => this.settle(values, life));
    }
    return this.settle(values, life);
  }

  private settle(values: readonly unknown[], life: Life): undefined | Promise<Answer> {
    if (this.holding) {
      return new Promise((release, fail) => {
        this.held.push({ life, values, release, fail });
      });
    }
    const refused = this.accept(values);
    return refused === undefined ? undefined : Promise.resolve(refused);
  }

  private accept(values: readonly unknown[]): Answer {
    const refused: RejectedWrite[] = [];
    for (const [index, value] of values.entries()) {
      const refusal = this.interference.refusalOf(this.name, value);
      if (refusal?.kind === 'fail') refused.push({ index, error: refusal.error });
      else this.accepted.push(value);
    }
    return refused.length === 0 ? undefined : refused;
  }
}
