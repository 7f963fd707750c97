// Owns: the plain model that the property tests compare the acker with: a tree is the set of its outstanding edges.
// Not here: slots, XOR, time-outs by wheel; none of the code under test.

export interface ModelTree {
  readonly slot: number;
  readonly root: bigint;
  readonly owner: number;
  deadlineMs: number;
  /** Edges seen once: emitted and not acked, or acked before the init that tells of them. */
  readonly outstanding: Set<bigint>;
  ended: boolean;
}

export function modelTree(slot: number, root: bigint, owner: number, deadlineMs: number): ModelTree {
  // The root itself stands for the init that is still to come.
  return { slot, root, owner, deadlineMs, outstanding: new Set([root]), ended: false };
}

/** An edge is outstanding between the first and the second time that it is named. True if nothing is outstanding any more. */
export function name(tree: ModelTree, edges: readonly bigint[]): boolean {
  for (const edge of edges) {
    if (!tree.outstanding.delete(edge)) tree.outstanding.add(edge);
  }
  if (tree.outstanding.size === 0) tree.ended = true;
  return tree.ended;
}

export function lo(id: bigint): number {
  return Number(BigInt.asIntN(32, id));
}

export function hi(id: bigint): number {
  return Number(BigInt.asIntN(32, id >> 32n));
}

export function xorAll(ids: readonly bigint[]): bigint {
  return ids.reduce((sum, id) => sum ^ id, 0n);
}
