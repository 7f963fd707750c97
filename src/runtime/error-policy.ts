// Owns: what a component's error policy makes of an error. Not here: replays and dead letters (delivery/).

import { unreachable } from '../base/assert.ts';
import { MillraceError, messageOf } from '../base/errors.ts';
import type { BoltPlan, SinkPlan } from '../topology/plan.ts';
import type { LaneServices, TreeHandle } from './lane-task.ts';

/** Applies `plan.onError` to a tuple. After `drop` the caller acks the tuple. */
export function applyPolicy(
  lane: LaneServices,
  plan: BoltPlan | SinkPlan,
  error: unknown,
  tuple: TreeHandle,
): void {
  const { name, kind, onError } = plan;
  // Our own errors that say "this topology is wrong" are not made better by trying again.
  if (error instanceof MillraceError && error.code === 'MR_EMIT_AFTER_ACK') {
    lane.fatal(error);
    return;
  }
  switch (onError) {
    case 'fail':
      lane.fail(tuple, { component: name, error });
      return;
    case 'drop':
      lane.counters.dropped++;
      lane.logger.warn({ component: name, error: messageOf(error) }, 'tuple dropped');
      return;
    case 'stop':
      lane.fatal(stopError(name, kind, error));
      return;
    default:
      unreachable(onError, 'every error policy has a rule');
  }
}

function stopError(component: string, kind: 'bolt' | 'sink', error: unknown): MillraceError {
  return new MillraceError(
    kind === 'bolt' ? 'MR_BOLT_FAILED' : 'MR_SINK_FAILED',
    `Component '${component}' failed, and its error policy is 'stop'.`,
    {
      expected: kind === 'bolt' ? 'execute to succeed' : 'write to succeed',
      got: messageOf(error),
      next: "Mend the cause and run again: what was in flight is replayed. Or choose the policy 'fail' (replay, then dead letter) or 'drop'.",
      cause: error,
    },
  );
}
