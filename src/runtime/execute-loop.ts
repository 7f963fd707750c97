// Owns: the innermost loop of the engine: one run of synchronous `execute` calls over waiting tuples. Not here: what
// happens to a tuple that threw or went asynchronous (bolt-task.ts).
//
// The function is copied from its text for each component (specialize.ts), so it uses nothing but its parameters.
// Segments have 8 words, as in tuple-queue.ts; -1 is NO_TREE.
//
// Invariants: a tuple is taken (and its place cleared) before it is executed; on return `queue.head` is behind the last tuple
// taken. If `task.threw` is set or `task.result` is not undefined, that is the tuple at `head - 1`, its segment is still the
// first one, and the collector's tree is its tree. Tuples with several trees are left to the caller.

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
  const { values, mask, segments, head: start } = queue;
  const stop = (start + Math.min(queue.size, max)) | 0;
  let head = start;
  out.enter();
  try {
    run: while (head !== stop) {
      const at = queue.segment;
      const handle = segments[at]!;
      if (handle < -1) break;
      out.begin(handle, segments[at + 1]!, segments[at + 2]!, head);
      out.takeInput(segments[at + 3]!, segments[at + 4]!);
      task.input = segments[at + 5]!;
      const end = queue.segmentEnd;
      const until = ((end - stop) | 0) > 0 ? stop : end;
      while (head !== until) {
        const index = head & mask;
        const value = values[index];
        values[index] = undefined;
        head = (head + 1) | 0;
        const result: unknown = bolt.execute(value, out, context);
        if (result !== undefined) {
          task.result = result;
          break run;
        }
        if (pressure.raised) break;
      }
      if (head === end) {
        out.ackInput();
        queue.endSegment();
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
