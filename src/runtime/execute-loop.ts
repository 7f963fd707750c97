// Owns: the innermost loop of the engine: one run of synchronous `execute` calls over waiting tuples. Not here: what
// happens to a tuple that threw or went asynchronous (bolt-task.ts).
//
// The function is copied from its text for each component (specialize.ts), so it uses nothing but its parameters.
// Segments have 8 words, as in tuple-queue.ts; -1 is NO_TREE. What is short is written out instead of called, because V8 inlines
// only so much into one function, and all of that is needed for what the bolt does.
//
// Invariants: a tuple is taken (and its place cleared) before it is executed; on return `queue.head` is behind the last tuple
// taken. If `task.threw` is set or `task.result` is not undefined, that is the tuple at `head - 1`, its segment is still the
// first one, and the collector's tree and input are its own. The caller takes the input back. Tuples with several trees are left to the caller.

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
      const first = queue.firstSegment;
      const at = (first & queue.segmentMask) * 8;
      const handle = segments[at]!;
      if (handle < -1) break;
      out.begin(handle, segments[at + 1]!, segments[at + 2]!, head);
      out.inputLo = segments[at + 3]!;
      out.inputHi = segments[at + 4]!;
      task.input = segments[at + 5]!;
      const end = ((first + 1) | 0) === queue.endSegments ? queue.tail : segments[at + 6]!;
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
        out.lo ^= out.inputLo;
        out.hi ^= out.inputHi;
        out.handedOn = false;
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
