// Owns: which nodes may be removed without being asked for: containers that are empty again, TTL nodes that were left
// alone for too long; the rules are those of ZooKeeper's ContainerManager. Not here: who proposes it and when (the leader).

import { NUMBER } from './node-slab.ts';
import { CONTAINER, ttlOf } from './znode-kinds.ts';
import type { ZnodeTree } from './znode-tree.ts';

/** A container that never had a child stays: whoever made it is about to make one. */
export function isRemovable(tree: ZnodeTree, slot: number, timeMs: number): boolean {
  if (tree.childCount(slot) > 0) return false;
  const owner = tree.ownerOf(slot);
  if (owner === CONTAINER) return tree.creationsUnder(slot) > 0;
  const ttl = ttlOf(owner);
  return ttl > 0 && timeMs - tree.store.nodes.number(slot, NUMBER.mtime) > ttl;
}

/** Paths of at most `limit` nodes that may be removed at `timeMs`. */
export function removableNodes(tree: ZnodeTree, timeMs: number, limit: number): string[] {
  const { kinds, names } = tree.store;
  const paths: string[] = [];
  for (const slots of [kinds.containers, kinds.ttlNodes]) {
    for (const slot of slots) {
      if (paths.length === limit) return paths;
      if (isRemovable(tree, slot, timeMs)) paths.push(names.pathOf(slot));
    }
  }
  return paths;
}
