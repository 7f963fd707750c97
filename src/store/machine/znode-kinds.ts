// Owns: how a node's kind is kept in the one number `owner`.
// Not here: what a kind may do (operations.ts).
//
//   session id   ephemeral
//   0            persistent
//   -1           container
//   -2 - ttlMs   TTL

import { assert } from '../../base/assert.ts';
import type { NodeKind, SessionId } from './types.ts';

export const PERSISTENT = 0;
export const CONTAINER = -1;

/** ZooKeeper keeps a TTL in 40 bits: 34 years. */
export const MAX_TTL_MS = 2 ** 40 - 1;

export function ownerOf(node: NodeKind, session: SessionId): number {
  switch (node.kind) {
    case 'persistent':
      return PERSISTENT;
    case 'ephemeral':
      return session;
    case 'container':
      return CONTAINER;
    case 'ttl':
      assert(node.ttlMs > 0 && node.ttlMs <= MAX_TTL_MS, 'a TTL is checked before it is kept');
      return CONTAINER - 1 - node.ttlMs;
  }
}

export function isEphemeral(owner: number): boolean {
  return owner > PERSISTENT;
}

/** The time to live in ms, or 0 if the node has none. */
export function ttlOf(owner: number): number {
  return owner < CONTAINER ? CONTAINER - 1 - owner : 0;
}

/** What a stat shows: the session of an ephemeral node; ZooKeeper hides that a node is a container or has a TTL. */
export function shownOwner(owner: number): SessionId {
  return isEphemeral(owner) ? owner : PERSISTENT;
}
