// Owns: the words for a tree that timed out. Not here: finding who holds it (lane.ts).

import { MillraceError } from '../base/errors.ts';
import type { FailureCause } from '../delivery/delivery.ts';

export interface HeldBy {
  readonly component: string;
  /** `it never acked the tuple`, `its execute has not ended` … */
  readonly how: string;
}

/** The cause of a time-out. Without a holder the tuple was lost between two tasks, or nobody had time to look. */
export function treeTimeout(held: HeldBy | null): FailureCause {
  const component = held?.component ?? '';
  return {
    component,
    error: new MillraceError(
      'MR_TREE_TIMEOUT',
      held === null
        ? 'A tuple tree was not done in time.'
        : `A tuple tree was not done in time: it hung at component '${held.component}'.`,
      {
        expected: 'every tuple of the tree to be acked within the time-out of its spout',
        got: held === null ? 'a tree with tuples that are not acked' : held.how,
        next: "Ack every tuple in bolts with ack: 'manual', speed the component up or raise its parallelism, or raise treeTimeoutMs.",
      },
    ),
  };
}
