// Owns: a checkpoint store in memory, for the testing kit. It keeps nothing when the process ends; a later run of the
// same test loads from it as if it came back after a crash.

import type { Checkpoint, CheckpointDelta, CheckpointStore } from './checkpoint.ts';
import { CheckpointImage } from './checkpoint-image.ts';

export class MemoryCheckpointStore implements CheckpointStore {
  private readonly image = new CheckpointImage();

  async load(): Promise<Checkpoint> {
    return this.image.view();
  }

  async commit(delta: CheckpointDelta): Promise<void> {
    this.image.sequence++;
    for (const _ of this.image.apply(delta));
  }

  async close(): Promise<void> {}
}
