// Owns: the heap of due things against a sorted list.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueQueue } from '../../src/delivery/due-queue.ts';

it('gives what is due in the order of times, equal times first in first out', () => {
  const steps = fc.array(fc.oneof(fc.record({ add: fc.nat(20) }), fc.record({ take: fc.nat(20) })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const queue = new DueQueue<number>();
      const model: { due: number; item: number }[] = [];
      let item = 0;
      for (const step of all) {
        if ('add' in step) {
          queue.add(item, step.add);
          model.push({ due: step.add, item: item++ });
        } else {
          model.sort((a, b) => a.due - b.due || a.item - b.item);
          const expected =
            (model[0]?.due ?? Number.POSITIVE_INFINITY) <= step.take ? model.shift() : undefined;
          expect(queue.take(step.take)).toBe(expected?.item);
        }
        expect(queue.size).toBe(model.length);
        expect(queue.nextDueMs()).toBe(Math.min(Number.POSITIVE_INFINITY, ...model.map(({ due }) => due)));
      }
    }),
  );
});
