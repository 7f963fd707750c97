// Owns: `multi`: several operations, all or none, and how ZooKeeper tells which one failed. Not here: the operations.
// Invariant: after a multi that failed, tree, hash and quotas are as before it. The tree is not copied: what was done is
// taken back step by step (journal.ts).

import { Journal } from './journal.ts';
import { type OperationContext, type Operations, refusal } from './operations.ts';
import { RESULT } from './result-codes.ts';
import type { MultiOperation, OperationResult } from './types.ts';
import type { ZnodeTree } from './znode-tree.ts';

/** Each operation sees what those before it did, with the same zxid. */
export function applyMulti(
  tree: ZnodeTree,
  operations: Operations,
  context: OperationContext,
  multi: MultiOperation,
): OperationResult {
  const journal = new Journal();
  const { changes } = context;
  const changesBefore = changes.length;
  const results: OperationResult[] = [];
  tree.journal = journal;
  for (const operation of multi.operations) {
    const result = operations.apply(context, operation);
    results.push(result);
    if (result.type === 'error') break;
  }
  tree.journal = null;
  const last = results.at(-1);
  if (last?.type !== 'error') {
    journal.commit();
    return { type: 'multi', results };
  }
  journal.rollback();
  changes.length = changesBefore;
  return { type: 'multi', results: failedResults(results.length - 1, last, multi.operations.length) };
}

/** 0 for the operations before the one that failed, RUNTIMEINCONSISTENCY for those behind it. */
function failedResults(failedAt: number, failure: OperationResult, count: number): OperationResult[] {
  return Array.from({ length: count }, (_, at) => {
    if (at === failedAt) return failure;
    return refusal(at < failedAt ? RESULT.OK : RESULT.RUNTIMEINCONSISTENCY);
  });
}
