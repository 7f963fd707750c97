// Owns: the changes of the znode tree with the stat fields that go with each, and how each is taken back.
// Not here: how nodes are kept (node-store.ts), what a client may do (operations.ts), quotas (quota.ts), watches.
// Invariants: before a node changes or goes the observer is told, so that a snapshot in progress can keep what was; while
// `journal` is set, every change can be taken back.

import { assert } from '../../base/assert.ts';
import type { Journal } from './journal.ts';
import { NUMBER, WORD } from './node-slab.ts';
import { NodeStore, ROOT } from './node-store.ts';
import type { StateHash } from './state-hash.ts';
import type { AclEntry, NodeStat } from './types.ts';
import { shownOwner } from './znode-kinds.ts';

/** Told before a node changes or goes. */
export interface NodeObserver {
  beforeNode(slot: number): void;
}

export interface NewNode {
  readonly parent: number;
  readonly name: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly AclEntry[];
  readonly owner: number;
  readonly zxid: number;
  readonly timeMs: number;
}

export class ZnodeTree {
  readonly store: NodeStore;
  observer: NodeObserver | null = null;
  journal: Journal | null = null;

  /** `hash`: where the nodes' hashes are added up. */
  constructor(hash: StateHash) {
    this.store = new NodeStore(hash);
  }

  /** Nodes, the root among them. */
  get size(): number {
    return this.store.nodes.size;
  }

  /** The slot of the node at `path` (the root: empty or `/`), or -1. */
  find(path: string): number {
    return this.store.find(path);
  }

  /** The parent's `cversion` and `pzxid` change with it, as ZooKeeper's do. */
  create(node: NewNode): number {
    const { store } = this;
    const { parent } = node;
    const slot = this.makeRecord(node);
    store.attach(slot);
    const before = store.nodes.word(parent, WORD.cversion);
    const next = (before + 1) | 0;
    const pzxid = store.nodes.number(parent, NUMBER.pzxid);
    // At the end of the 32 bits ZooKeeper leaves both as they are.
    if (next > before) this.changeParent(parent, next, node.zxid);
    this.journal?.onRollback(() => {
      this.changeParent(parent, before, pzxid);
      store.detach(slot);
      store.discard(slot);
    });
    return slot;
  }

  /** `slot` has no children and is not the root. */
  remove(slot: number, zxid: number): void {
    const { store, journal } = this;
    const { nodes } = store;
    assert(nodes.word(slot, WORD.children) === 0, 'only a node without children is removed');
    const parent = nodes.word(slot, WORD.parent);
    const pzxid = nodes.number(parent, NUMBER.pzxid);
    const cversion = nodes.word(parent, WORD.cversion);
    this.observer?.beforeNode(slot);
    store.detach(slot);
    if (zxid > pzxid) this.changeParent(parent, cversion, zxid);
    if (journal === null) {
      store.discard(slot);
      return;
    }
    journal.onCommit(() => store.discard(slot));
    journal.onRollback(() => {
      this.changeParent(parent, cversion, pzxid);
      store.attach(slot);
    });
  }

  setData(slot: number, data: Uint8Array | null, version: number, zxid: number, timeMs: number): void {
    this.observer?.beforeNode(slot);
    const { store, journal } = this;
    const { nodes } = store;
    if (journal !== null) this.journalData(journal, slot);
    store.unhash(slot);
    store.dropData(slot);
    store.storeData(slot, data);
    nodes.setWord(slot, WORD.version, version);
    nodes.setNumber(slot, NUMBER.mzxid, zxid);
    nodes.setNumber(slot, NUMBER.mtime, timeMs);
    store.rehash(slot);
  }

  /** Data only: no stat field changes but its length. */
  replaceData(slot: number, data: Uint8Array | null): void {
    const { nodes } = this.store;
    const version = nodes.word(slot, WORD.version);
    this.setData(slot, data, version, nodes.number(slot, NUMBER.mzxid), nodes.number(slot, NUMBER.mtime));
  }

  setAcl(slot: number, acl: readonly AclEntry[], version: number): void {
    this.observer?.beforeNode(slot);
    const { store, journal } = this;
    const oldAcl = store.nodes.word(slot, WORD.acl);
    const oldVersion = store.nodes.word(slot, WORD.aversion);
    const newAcl = store.acls.acquire(acl);
    this.putAcl(slot, newAcl, version);
    if (journal === null) {
      store.acls.release(oldAcl);
      return;
    }
    journal.onCommit(() => store.acls.release(oldAcl));
    journal.onRollback(() => {
      this.putAcl(slot, oldAcl, oldVersion);
      store.acls.release(newAcl);
    });
  }

  aclOf(slot: number): readonly AclEntry[] {
    return this.store.acls.entries(this.store.nodes.word(slot, WORD.acl));
  }

  /** A copy; null if the node was made without data. */
  dataOf(slot: number): Uint8Array | null {
    const { nodes, blobs } = this.store;
    const length = nodes.word(slot, WORD.dataLength);
    return length < 0 ? null : blobs.read(nodes.word(slot, WORD.dataRef) >>> 0, length);
  }

  dataLengthOf(slot: number): number {
    return Math.max(0, this.store.nodes.word(slot, WORD.dataLength));
  }

  ownerOf(slot: number): number {
    return this.store.nodes.number(slot, NUMBER.owner);
  }

  versionOf(slot: number): number {
    return this.store.nodes.word(slot, WORD.version);
  }

  aclVersionOf(slot: number): number {
    return this.store.nodes.word(slot, WORD.aversion);
  }

  /** Children ever created, which numbers the next sequential one. */
  creationsUnder(slot: number): number {
    return this.store.nodes.word(slot, WORD.cversion);
  }

  childCount(slot: number): number {
    return this.store.nodes.word(slot, WORD.children);
  }

  statOf(slot: number): NodeStat {
    const { nodes } = this.store;
    const numChildren = nodes.word(slot, WORD.children);
    return {
      czxid: nodes.number(slot, NUMBER.czxid),
      mzxid: nodes.number(slot, NUMBER.mzxid),
      pzxid: nodes.number(slot, NUMBER.pzxid),
      ctime: nodes.number(slot, NUMBER.ctime),
      mtime: nodes.number(slot, NUMBER.mtime),
      version: nodes.word(slot, WORD.version),
      // ZooKeeper counts creations and shows changes: a child that is gone was changed twice.
      cversion: (nodes.word(slot, WORD.cversion) * 2 - numChildren) | 0,
      aversion: nodes.word(slot, WORD.aversion),
      ephemeralOwner: shownOwner(nodes.number(slot, NUMBER.owner)),
      dataLength: Math.max(0, nodes.word(slot, WORD.dataLength)),
      numChildren,
    };
  }

  /** Slots of the children, in no order that means anything. */
  childrenOf(slot: number): number[] {
    const { nodes } = this.store;
    const children: number[] = [];
    let child = nodes.word(slot, WORD.firstChild);
    for (; child !== ROOT; child = nodes.word(child, WORD.nextSibling)) children.push(child);
    return children;
  }

  private makeRecord(node: NewNode): number {
    const { store } = this;
    const { nodes } = store;
    const slot = nodes.take();
    store.names.store(slot, node.name);
    nodes.setWord(slot, WORD.acl, store.acls.acquire(node.acl));
    nodes.setWord(slot, WORD.parent, node.parent);
    nodes.setNumber(slot, NUMBER.czxid, node.zxid);
    nodes.setNumber(slot, NUMBER.mzxid, node.zxid);
    nodes.setNumber(slot, NUMBER.pzxid, node.zxid);
    nodes.setNumber(slot, NUMBER.ctime, node.timeMs);
    nodes.setNumber(slot, NUMBER.mtime, node.timeMs);
    nodes.setNumber(slot, NUMBER.owner, node.owner);
    store.storeData(slot, node.data);
    return slot;
  }

  private journalData(journal: Journal, slot: number): void {
    const { nodes } = this.store;
    const data = this.dataOf(slot);
    const version = nodes.word(slot, WORD.version);
    const mzxid = nodes.number(slot, NUMBER.mzxid);
    const mtime = nodes.number(slot, NUMBER.mtime);
    journal.onRollback(() => this.setData(slot, data, version, mzxid, mtime));
  }

  private putAcl(slot: number, acl: number, version: number): void {
    this.store.unhash(slot);
    this.store.nodes.setWord(slot, WORD.acl, acl);
    this.store.nodes.setWord(slot, WORD.aversion, version);
    this.store.rehash(slot);
  }

  private changeParent(parent: number, cversion: number, pzxid: number): void {
    this.observer?.beforeNode(parent);
    this.store.unhash(parent);
    this.store.nodes.setWord(parent, WORD.cversion, cversion);
    this.store.nodes.setNumber(parent, NUMBER.pzxid, pzxid);
    this.store.rehash(parent);
  }
}
