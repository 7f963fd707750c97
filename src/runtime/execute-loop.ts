// Owns: the innermost loop of the engine: one run of synchronous `execute` calls over waiting tuples. Not here: what
// happens to a tuple that threw or went asynchronous (bolt-task.ts).
//
// The function is copied from its text for each component (specialize.ts), so it uses nothing but its parameters.
// 5 words a tuple, as in tuple-queue.ts; -1 is NO_TREE.
//
// Invariants: a tuple is taken (and its place cleared) before it is executed; its edge is XORed into the collector
// whatever comes of it; on return `queue.head` is behind the last tuple taken, and if `task.threw` is set or
// `task.result` is not undefined, that tuple is the one at `head - 1`. Tuples with several trees are left to the caller.

import type { BoltInstance } from '../topology/plan.ts';
import type { StateDeclarations } from '../topology/state-types.ts';
import type { ExecuteContext } from '../topology/types.ts';
import type { Collector } from './collector.ts';
import type { Pressure, TupleQueue } from './tuple-queue.ts';

/** What the loop tells its task. */
export interface LoopTask {
  /** Number of the input of the tuple being executed. */
  input: number;
  threw: boolean;
  error: unknown;
  result: unknown;
}

export type ExecuteLoop = typeof executeLoop;

/** Executes up to `max` tuples; stops early at a full queue downstream. Returns how many were taken. */
export function executeLoop(
  task: LoopTask,
  queue: TupleQueue,
  out: Collector,
  context: ExecuteContext<StateDeclarations>,
  bolt: BoltInstance,
  pressure: Pressure,
  max: number,
): number {
  const values = queue.values;
  const words = queue.words;
  const inputs = queue.inputs;
  const mask = queue.mask;
  const start = queue.head;
  const waiting = (queue.tail - start) | 0;
  const end = (start + Math.min(waiting, max)) | 0;
  let head = start;
  let handle = out.handle;
  let rootLo = out.rootLo;
  let rootHi = out.rootHi;
  out.enter();
  try {
    while (head !== end) {
      const index = head & mask;
      const at = index * 5;
      const nextHandle = words[at]!;
      const nextRootLo = words[at + 1]!;
      const nextRootHi = words[at + 2]!;
      if (nextHandle !== handle || nextRootLo !== rootLo || nextRootHi !== rootHi) {
        if (nextHandle < -1) break;
        out.begin(nextHandle, nextRootLo, nextRootHi, head);
        handle = nextHandle;
        rootLo = nextRootLo;
        rootHi = nextRootHi;
      }
      if (handle >= 0) {
        out.lo ^= words[at + 3]!;
        out.hi ^= words[at + 4]!;
      }
      if (inputs !== null) task.input = inputs[index]!;
      const value = values[index];
      values[index] = undefined;
      head = (head + 1) | 0;
      const result: unknown = bolt.execute(value, out, context);
      if (result !== undefined) {
        task.result = result;
        break;
      }
      if (pressure.raised) break;
    }
  } catch (error) {
    task.threw = true;
    task.error = error;
  }
  out.leave();
  queue.advance(head);
  return (head - start) | 0;
}
