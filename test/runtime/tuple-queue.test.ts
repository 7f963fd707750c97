// Owns: the queue in front of a task against a plain model: order, segments, limits.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { type Pressure, TupleQueue } from '../../src/runtime/tuple-queue.ts';

interface Waiting {
  readonly value: number;
  readonly tree: number;
  readonly input: number;
}

function queueOf(component: string, capacity: number, pressure: Pressure): TupleQueue {
  return new TupleQueue({ component, capacity, pressure, full: 0 });
}

function push(queue: TupleQueue, { value, tree, input }: Waiting): void {
  const extends_ =
    queue.openHandle === tree &&
    queue.openRootLo === tree * 2 &&
    queue.openRootHi === 0 &&
    queue.openInput === input;
  if (extends_) queue.extend(value);
  else queue.open(value, tree, tree * 2, 0, tree * 3, 0, input);
}

/** Takes one tuple as the tasks do. */
function take(queue: TupleQueue): Waiting {
  const at = queue.segment;
  const place = queue.head & queue.mask;
  const taken = {
    value: queue.values[place] as number,
    tree: queue.segments[at]!,
    input: queue.segments[at + 5]!,
  };
  expect(queue.segments[at + 1]).toBe(taken.tree * 2);
  expect(queue.segments[at + 3]).toBe(taken.tree * 3);
  queue.values[place] = undefined;
  const head = (queue.head + 1) | 0;
  if (head === queue.segmentEnd) queue.endSegment();
  queue.advance(head);
  return taken;
}

it('gives tuples in order with their tree and input, through growth and wrap-around', () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 90 }), tree: fc.nat(2), input: fc.nat(1) }),
    fc.record({ take: fc.integer({ min: 1, max: 120 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 200 }), (steps, capacity) => {
      const pressure = { raised: false };
      const queue = queueOf('c', capacity, pressure);
      const model: Waiting[] = [];
      let value = 0;
      for (const one of steps) {
        if ('push' in one) {
          for (let n = 0; n < one.push; n++) {
            const waiting = { value: value++, tree: one.tree, input: one.input };
            pressure.raised = false;
            push(queue, waiting);
            // Told at the latest when the first tuple goes past the capacity.
            if (model.length === capacity) expect(pressure.raised).toBe(true);
            if (model.length < capacity) expect(pressure.raised).toBe(false);
            model.push(waiting);
          }
        } else {
          for (let n = 0; n < one.take && model.length > 0; n++) expect(take(queue)).toEqual(model.shift());
        }
        expect(queue.size).toBe(model.length);
        expect(queue.full).toBe(model.length >= capacity);
        expect(queue.values.filter((one) => one !== undefined)).toHaveLength(model.length);
      }
    }),
  );
});

it('has one segment per run of tuples of one tree and input', () => {
  const queue = queueOf('c', 100, { raised: false });
  const trees = [1, 1, 1, 2, 2, 1];
  for (const [value, tree] of trees.entries()) push(queue, { value, tree, input: 0 });
  push(queue, { value: 9, tree: 1, input: 1 });
  let segments = 0;
  queue.someSegment(() => {
    segments++;
    return false;
  });
  expect(segments).toBe(4);
  expect(queue.someSegment((words, at) => words[at] === 2)).toBe(true);
  expect(queue.someSegment((words, at) => words[at] === 3)).toBe(false);
});

it('does not extend a segment that was taken, whose edge may be acked already', () => {
  const queue = queueOf('c', 100, { raised: false });
  push(queue, { value: 1, tree: 5, input: 0 });
  take(queue);
  expect(queue.openHandle).not.toBe(5);
});

it('refuses a tuple past the hard limit and is unchanged then', () => {
  const queue = queueOf('count', 10, { raised: false });
  for (let value = 0; value < 10 + LIMITS.queueOverflow; value++) push(queue, { value, tree: 1, input: 0 });
  const { size } = queue;
  for (const tree of [1, 2]) {
    expect(() => push(queue, { value: 0, tree, input: 0 })).toThrow(
      expect.objectContaining({ code: 'MR_QUEUE_OVERFLOW' }),
    );
    expect(queue.size).toBe(size);
  }
  expect(take(queue)).toEqual({ value: 0, tree: 1, input: 0 });
});
