// Owns: which nodes are ephemeral (by session), containers and TTL nodes. Not here: when they go away.

import type { SessionId } from './types.ts';
import { CONTAINER, isEphemeral, PERSISTENT } from './znode-kinds.ts';

const NOBODY: ReadonlySet<number> = new Set();

export class NodeKindsIndex {
  private readonly ephemerals = new Map<SessionId, Set<number>>();
  private readonly containerSlots = new Set<number>();
  private readonly ttlSlots = new Set<number>();

  get containers(): ReadonlySet<number> {
    return this.containerSlots;
  }

  get ttlNodes(): ReadonlySet<number> {
    return this.ttlSlots;
  }

  /** Sessions that own a node. */
  owners(): IterableIterator<SessionId> {
    return this.ephemerals.keys();
  }

  ephemeralsOf(session: SessionId): ReadonlySet<number> {
    return this.ephemerals.get(session) ?? NOBODY;
  }

  get ephemeralCount(): number {
    let count = 0;
    for (const slots of this.ephemerals.values()) count += slots.size;
    return count;
  }

  add(slot: number, owner: number): void {
    if (owner === PERSISTENT) return;
    if (isEphemeral(owner)) {
      const slots = this.ephemerals.get(owner);
      if (slots === undefined) this.ephemerals.set(owner, new Set([slot]));
      else slots.add(slot);
    } else if (owner === CONTAINER) this.containerSlots.add(slot);
    else this.ttlSlots.add(slot);
  }

  remove(slot: number, owner: number): void {
    if (owner === PERSISTENT) return;
    if (isEphemeral(owner)) {
      const slots = this.ephemerals.get(owner)!;
      slots.delete(slot);
      if (slots.size === 0) this.ephemerals.delete(owner);
    } else if (owner === CONTAINER) this.containerSlots.delete(slot);
    else this.ttlSlots.delete(slot);
  }
}
