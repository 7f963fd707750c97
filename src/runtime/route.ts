// Owns: one subscription at run time: which tasks of the subscriber a tuple goes to. Not here: edge ids and trees
// (collector.ts). One class for all groupings, so that the call sites stay monomorphic.
// Invariant: `choose` returns a task of the subscriber or throws; it keeps no tuple.

import { unreachable } from '../base/assert.ts';
import { MillraceError } from '../base/errors.ts';
import { fraction, type Random } from '../base/random.ts';
import type { Grouping } from '../topology/plan.ts';
import { hashKey } from './hash-key.ts';
import type { TupleQueue } from './tuple-queue.ts';

/** Several tasks, or none: what `choose` returns when the answer is in `Route.chosen`. */
export const SEVERAL = -1;

/** Spreads the second choice of partial key grouping away from the first. */
const SECOND_CHOICE = 0x9e3779b1;

export class Route {
  readonly stream: string;
  readonly grouping: Grouping;
  /** Queues of the subscriber, by task. */
  readonly queues: readonly TupleQueue[];
  /** Number of the subscriber's input that this is. */
  readonly input: number;
  /** The only task, where the grouping leaves no choice. */
  readonly only: TupleQueue | null;
  /** Tasks chosen last, after `choose` returned SEVERAL. */
  chosen: readonly number[] = [];
  private readonly all: readonly number[];
  private readonly sent: Float64Array;
  private turn: number;

  constructor(
    stream: string,
    grouping: Grouping,
    queues: readonly TupleQueue[],
    input: number,
    random: Random,
  ) {
    this.stream = stream;
    this.grouping = grouping;
    this.queues = queues;
    this.input = input;
    this.all = queues.map((_, task) => task);
    this.sent = new Float64Array(queues.length);
    // Producers start at different tasks, or the first task would get the first tuple of every one of them.
    this.turn = Math.floor(fraction(random) * queues.length);
    const free = grouping.kind === 'custom' || grouping.kind === 'direct';
    const one = queues.length === 1 || grouping.kind === 'global';
    this.only = one && !free && queues[0] !== undefined ? queues[0] : null;
  }

  get component(): string {
    return this.queues[0]?.component ?? '';
  }

  /** The task for a value, or SEVERAL. Throws MR_KEY_UNHASHABLE, MR_GROUPING_TASK, and whatever the user's function throws. */
  choose(value: unknown): number {
    const grouping = this.grouping;
    switch (grouping.kind) {
      case 'shuffle':
      case 'none':
      case 'local-or-shuffle':
        return this.next();
      case 'key':
        return this.queues.length === 1
          ? 0
          : hashKey(grouping.key(value), this.component) % this.queues.length;
      case 'partial-key':
        return this.lessLoaded(hashKey(grouping.key(value), this.component));
      case 'global':
        return 0;
      case 'all':
        this.chosen = this.all;
        return SEVERAL;
      case 'custom':
        return this.custom(grouping.choose(value, this.queues.length));
      case 'direct':
        this.chosen = [];
        return SEVERAL;
      default:
        return unreachable(grouping, 'every grouping has a rule');
    }
  }

  /** The queue of a task that the user named. Throws MR_GROUPING_TASK. */
  queueOf(task: number): TupleQueue {
    const queue = this.queues[task];
    if (queue !== undefined) return queue;
    throw new MillraceError(
      'MR_GROUPING_TASK',
      `Component '${this.component}' has no task ${String(task)}.`,
      {
        expected: `a whole number from 0 to ${this.queues.length - 1}`,
        got: String(task),
        next: 'Correct the custom grouping or the call of emitDirect, or raise the parallelism of the component.',
      },
    );
  }

  private next(): number {
    const task = this.turn;
    this.turn = task + 1 === this.queues.length ? 0 : task + 1;
    return task;
  }

  /**
   * "The Power of Both Choices" (Nasir et al., ICDE 2015): each key has two tasks, and each producer sends to the one
   * that it has sent less to so far.
   */
  private lessLoaded(hash: number): number {
    const count = this.queues.length;
    const first = hash % count;
    const step = count > 2 ? (Math.imul(hash, SECOND_CHOICE) >>> 0) % (count - 1) : 0;
    const second = (first + 1 + step) % count;
    const task = this.sent[second]! < this.sent[first]! ? second : first;
    this.sent[task]!++;
    return task;
  }

  private custom(answer: number | readonly number[]): number {
    if (typeof answer === 'number') {
      this.queueOf(answer);
      return answer;
    }
    for (const task of answer) this.queueOf(task);
    this.chosen = answer;
    return SEVERAL;
  }
}
