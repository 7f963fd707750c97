// Owns: what a guarantee may do to the outside, over the stores of this lane: commits, dead letters. Not here: when.

import { MillraceError, messageOf } from '../base/errors.ts';
import type { CommitRequest, DeadLetter, DeliveryPorts } from '../delivery/delivery.ts';
import type { LaneState } from '../state/lane-state.ts';
import type { CheckpointStore } from '../store/checkpoint.ts';
import type { DirectSpoutTask } from './direct-spout-task.ts';
import type { Lane } from './lane.ts';

/** Where records go that could not be processed. */
export interface DeadLetterWriter {
  /** Resolves when the letter is durable. */
  write(letter: DeadLetter): Promise<void>;
  close(): Promise<void>;
}

export interface LaneStores {
  readonly state: LaneState;
  readonly checkpoints: CheckpointStore;
  readonly deadLetters: DeadLetterWriter;
}

type PortsOverStores = Pick<
  DeliveryPorts,
  'commit' | 'stateChanged' | 'deadLetter' | 'hasRoom' | 'emitAgain' | 'latency' | 'fatal'
>;

/** `spoutOf`: the task that emits the records of a feed. */
export function portsOver(
  lane: Lane,
  stores: LaneStores,
  spoutOf: (feed: number) => DirectSpoutTask,
): PortsOverStores {
  const { state, checkpoints, deadLetters } = stores;
  let diskWasFull = false;
  return {
    commit: (request, done) => {
      answer(lane, commit(state, checkpoints, request), (error) => {
        const full = error?.code === 'MR_DISK_FULL';
        if (full && !diskWasFull) lane.assembled.logger.warn({}, error.describe());
        diskWasFull = full;
        done(error);
      });
    },
    stateChanged: () => state.changes > 0,
    deadLetter: (letter, done) => {
      answer(lane, deadLetters.write(letter), done);
    },
    hasRoom: (feed) => spoutOf(feed).hasRoom,
    emitAgain: (feed, value) => {
      spoutOf(feed).emitAgain(value, lane.passStamp);
    },
    latency: (ms) => lane.assembled.latency.record(ms * 1_000, 1),
    fatal: (error) => lane.fatal(error),
  };
}

/** Collects the changed state at once, so that it belongs to the positions it is stored with. */
async function commit(state: LaneState, store: CheckpointStore, request: CommitRequest): Promise<void> {
  const delta = request.withState ? state.collect() : {};
  await store.commit({ positions: request.positions, ...delta });
}

function answer(lane: Lane, work: Promise<void>, done: (error: MillraceError | null) => void): void {
  const finish = (error: MillraceError | null) => {
    done(error);
    lane.wake();
  };
  work.then(
    () => finish(null),
    (error: unknown) => finish(asMillraceError(error)),
  );
}

function asMillraceError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  return new MillraceError('MR_IO', 'The data folder could not be written.', {
    expected: 'a write that succeeds',
    got: messageOf(error),
    next: 'Look at the disk and run again; nothing was acknowledged that is not stored.',
    cause: error,
  });
}
