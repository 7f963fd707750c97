// Owns: nodes as a structure: records, names, data, access control lists, the index by path, the lists of children,
// the index by kind, and the nodes' part of the state hash. Not here: which stat fields change when (znode-tree.ts).
// Invariants: a node that is attached has an attached parent, and is in the index, in its parent's list of children, in
// `kinds` unless it is persistent, and in the hash; a change of a hashed field stands between `unhash` and `rehash`.

import { AclCache } from './acl-cache.ts';
import { BlobSlab } from './blob-slab.ts';
import { NodeKindsIndex } from './node-kinds-index.ts';
import { NodeNames, PathHash } from './node-names.ts';
import { NodeSlab, NUMBER, WORD } from './node-slab.ts';
import { PathIndex } from './path-index.ts';
import { avalanche, PartHash, type StateHash } from './state-hash.ts';

export const ROOT = 0;
const DATA_PART = 1;
const NODE_PART = 2;

export class NodeStore {
  readonly nodes = new NodeSlab();
  readonly blobs = new BlobSlab();
  readonly names = new NodeNames(this.nodes, this.blobs);
  readonly kinds = new NodeKindsIndex();
  readonly acls = new AclCache();
  private readonly index: PathIndex;
  private readonly hash: StateHash;
  private readonly part = new PartHash();
  private readonly pathHash = new PathHash();
  private dataTotal = 0;

  /** `hash`: where the nodes' hashes are added up. */
  constructor(hash: StateHash) {
    this.hash = hash;
    this.index = new PathIndex((slot, path) => {
      return this.nodes.word(slot, WORD.pathHigh) === this.pathHash.high && this.names.isPathOf(slot, path);
    });
  }

  /** Bytes of all data. */
  get dataBytes(): number {
    return this.dataTotal;
  }

  /** The slot of the node at `path` (the root: empty or `/`), or -1. */
  find(path: string): number {
    if (path.length < 2) return path === '' || path === '/' ? ROOT : -1;
    this.pathHash.begin();
    this.pathHash.append(path);
    return this.index.find(avalanche(this.pathHash.low), path);
  }

  /** Puts a node whose fields are filled in (`nodes.place`) into the tree. Its parent is already there. */
  attach(slot: number): void {
    const { nodes, pathHash } = this;
    if (slot !== ROOT) {
      const parent = nodes.word(slot, WORD.parent);
      pathHash.low = nodes.word(parent, WORD.pathLow);
      pathHash.high = nodes.word(parent, WORD.pathHigh);
      pathHash.append('/');
      pathHash.append(this.names.nameOf(slot));
      this.link(slot, parent);
      this.index.insert(avalanche(pathHash.low), slot);
    } else pathHash.begin();
    nodes.setWord(slot, WORD.pathLow, pathHash.low);
    nodes.setWord(slot, WORD.pathHigh, pathHash.high);
    this.kinds.add(slot, nodes.number(slot, NUMBER.owner));
    this.rehash(slot);
  }

  /** Keeps `data` as that of `slot`, which has none. */
  storeData(slot: number, data: Uint8Array | null): void {
    const { nodes, part } = this;
    nodes.setWord(slot, WORD.dataRef, data === null ? 0 : this.blobs.store(data));
    nodes.setWord(slot, WORD.dataLength, data === null ? -1 : data.length);
    this.dataTotal += data === null ? 0 : data.length;
    part.begin(DATA_PART);
    if (data !== null) part.bytes(data);
    part.finish();
    nodes.setWord(slot, WORD.dataLow, part.low);
    nodes.setWord(slot, WORD.dataHigh, part.high);
  }

  /** Gives the data's memory back; the node has none until `storeData`. */
  dropData(slot: number): void {
    this.dataTotal -= Math.max(0, this.nodes.word(slot, WORD.dataLength));
    this.blobs.free(this.nodes.word(slot, WORD.dataRef) >>> 0);
  }

  /** Takes a node out of the tree and leaves its record as it is. */
  detach(slot: number): void {
    const { nodes } = this;
    this.unhash(slot);
    this.kinds.remove(slot, nodes.number(slot, NUMBER.owner));
    this.index.remove(avalanche(nodes.word(slot, WORD.pathLow)), slot);
    this.unlink(slot);
  }

  /** Gives the memory of a detached node back. */
  discard(slot: number): void {
    this.dropData(slot);
    this.acls.release(this.nodes.word(slot, WORD.acl));
    this.blobs.free(this.nodes.word(slot, WORD.nameRef) >>> 0);
    this.nodes.give(slot);
  }

  unhash(slot: number): void {
    this.hashNode(slot);
    this.hash.remove(this.part);
  }

  rehash(slot: number): void {
    this.hashNode(slot);
    this.hash.add(this.part);
  }

  private hashNode(slot: number): void {
    const { nodes, part } = this;
    part.begin(NODE_PART);
    for (let field: number = WORD.pathLow; field <= WORD.dataHigh; field++) part.int(nodes.word(slot, field));
    for (let field: number = NUMBER.czxid; field <= NUMBER.owner; field++) {
      part.number(nodes.number(slot, field));
    }
    part.int(nodes.word(slot, WORD.version));
    part.int(nodes.word(slot, WORD.cversion));
    part.int(nodes.word(slot, WORD.aversion));
    part.int(nodes.word(slot, WORD.dataLength));
    part.int(this.acls.hash(nodes.word(slot, WORD.acl)));
    part.finish();
  }

  private link(slot: number, parent: number): void {
    const { nodes } = this;
    const first = nodes.word(parent, WORD.firstChild);
    nodes.setWord(slot, WORD.nextSibling, first);
    nodes.setWord(slot, WORD.previousSibling, ROOT);
    if (first !== ROOT) nodes.setWord(first, WORD.previousSibling, slot);
    nodes.setWord(parent, WORD.firstChild, slot);
    nodes.setWord(parent, WORD.children, nodes.word(parent, WORD.children) + 1);
  }

  private unlink(slot: number): void {
    const { nodes } = this;
    const parent = nodes.word(slot, WORD.parent);
    const next = nodes.word(slot, WORD.nextSibling);
    const previous = nodes.word(slot, WORD.previousSibling);
    if (previous === ROOT) nodes.setWord(parent, WORD.firstChild, next);
    else nodes.setWord(previous, WORD.nextSibling, next);
    if (next !== ROOT) nodes.setWord(next, WORD.previousSibling, previous);
    nodes.setWord(parent, WORD.children, nodes.word(parent, WORD.children) - 1);
  }
}
