// Owns: what a run stores (positions, state, dead letters), in memory and under the control of a test. Not here: the content
// of a checkpoint (store/).
// Invariants: commits are applied in the order of their calls; a commit that was not acknowledged when the process died is
// there or not as the test says, but always as a prefix of those that waited.

import type { MillraceError } from '../base/errors.ts';
import type { DeadLetter } from '../delivery/delivery.ts';
import type { DeadLetterWriter } from '../runtime/lane-ports.ts';
import type { Checkpoint, CheckpointDelta, CheckpointStore } from '../store/checkpoint.ts';
import { MemoryCheckpointStore } from '../store/memory-checkpoint-store.ts';

interface WaitingCommit {
  readonly delta: CheckpointDelta;
  readonly done: () => void;
}

export class TestCheckpoints implements CheckpointStore {
  /** Commits are kept waiting. */
  holding = false;
  /** What commits are refused with. */
  failure: MillraceError | null = null;
  private readonly durable = new MemoryCheckpointStore();
  private waiting: WaitingCommit[] = [];

  load(): Promise<Checkpoint> {
    return this.durable.load();
  }

  commit(delta: CheckpointDelta): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    if (!this.holding) return this.durable.commit(delta);
    return new Promise((done) => {
      this.waiting.push({ delta, done });
    });
  }

  release(): void {
    this.holding = false;
    for (const { delta, done } of this.waiting.splice(0)) {
      void this.durable.commit(delta);
      done();
    }
  }

  /** The process dies: the first `kept` of the commits that waited are on the disk, though nobody heard of it. */
  crash(kept: number): void {
    this.holding = false;
    for (const { delta } of this.waiting.splice(0).slice(0, kept)) void this.durable.commit(delta);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export class TestDeadLetters implements DeadLetterWriter {
  readonly letters: DeadLetter[] = [];
  /** What letters are refused with. */
  failure: MillraceError | null = null;

  write(letter: DeadLetter): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    this.letters.push(letter);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
