// Owns: everything that replicas must agree on, in one place, and its hash. Not here: how it changes (machine.ts), how it
// is written out (snapshot-writer.ts).

import { OPEN_ACL, READ_ONLY_ACL } from './acl.ts';
import { Lanes } from './lanes.ts';
import { NUMBER, WORD } from './node-slab.ts';
import { ROOT } from './node-store.ts';
import { lastName, parentPath, RESERVED } from './paths.ts';
import { Quotas } from './quota.ts';
import { Sessions } from './sessions.ts';
import { PartHash, StateHash } from './state-hash.ts';
import { Tables } from './tables.ts';
import type { AclEntry } from './types.ts';
import { ZnodeTree } from './znode-tree.ts';

export interface MachineOptions {
  /** Refuse writes over a hard quota. Must be the same in all replicas, always. Default: false, as ZooKeeper's. */
  readonly enforceQuotas?: boolean;
}

const SCALARS_PART = 12;

export class MachineState {
  private readonly hash = new StateHash();
  readonly tree = new ZnodeTree(this.hash);
  readonly sessions = new Sessions(this.hash);
  readonly tables = new Tables(this.hash);
  readonly lanes = new Lanes(this.hash, this.tables);
  readonly quotas: Quotas;
  /** The last entry applied, or -1. */
  index = -1;
  /** Time, as far as the log knows it. Never goes back. */
  timeMs = 0;
  /** That of the present leader. */
  tenure = 0;

  constructor(options: MachineOptions = {}) {
    this.quotas = new Quotas(this.tree, options.enforceQuotas ?? false);
  }

  /** The znodes that are there from the start. */
  plant(): void {
    const { nodes } = this.tree.store;
    nodes.take();
    nodes.setWord(ROOT, WORD.acl, this.tree.store.acls.acquire(OPEN_ACL));
    this.tree.store.storeData(ROOT, new Uint8Array(0));
    this.tree.store.attach(ROOT);
    this.plantNode(RESERVED.system, OPEN_ACL);
    this.plantNode(RESERVED.quota, OPEN_ACL);
    const config = this.plantNode(RESERVED.config, READ_ONLY_ACL);
    // As a ZooKeeper shows it: its access control list was set once, from -1.
    this.tree.store.unhash(config);
    nodes.setWord(config, WORD.aversion, -1);
    this.tree.store.rehash(config);
  }

  /** 16 hexadecimal digits. Equal states have equal hashes, whatever their history; `index` is no part of the state. */
  checksum(): string {
    const part = new PartHash();
    part.begin(SCALARS_PART);
    part.number(this.timeMs);
    part.number(this.tenure);
    part.number(this.lanes.lastEpoch);
    part.finish();
    const sum = new StateHash();
    sum.add(this.hash);
    sum.add(part);
    return sum.toString();
  }

  private plantNode(path: string, acl: readonly AclEntry[]): number {
    const { store } = this.tree;
    const slot = store.nodes.take();
    store.nodes.setWord(slot, WORD.parent, this.tree.find(parentPath(path)!));
    store.nodes.setNumber(slot, NUMBER.owner, 0);
    store.nodes.setWord(slot, WORD.acl, store.acls.acquire(acl));
    store.names.store(slot, lastName(path));
    store.storeData(slot, new Uint8Array(0));
    store.attach(slot);
    return slot;
  }
}
