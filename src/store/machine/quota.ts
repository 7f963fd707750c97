// Owns: quotas as ZooKeeper 3.9 keeps them: limits in /zookeeper/quota/PATH/zookeeper_limits, use in zookeeper_stats
// beside it. Not here: the nodes (znode-tree.ts).
// Invariants: `paths` are the paths that have a limits node; the use is kept in the data of the stats node only, whose
// version and times do not change with it, as in ZooKeeper.
//
// In a multi each operation is checked alone against the use from before the multi, as ZooKeeper checks it.
// The nearest path with a limit counts. Soft limits (count, bytes) are never refused; hard ones (countHardLimit,
// byteHardLimit) are, if quotas are enforced.

import { lastName, parentPath, RESERVED } from './paths.ts';
import { formatUsage, parseUsage, type Usage } from './quota-usage.ts';
import type { ZnodeTree } from './znode-tree.ts';

const LIMITS_NODE = 'zookeeper_limits';
const STATS_NODE = 'zookeeper_stats';

export class Quotas {
  private readonly tree: ZnodeTree;
  private readonly isEnforced: boolean;
  private readonly paths = new Set<string>();
  /** In a multi: the use from before it, by the path of the stats node, where it has changed. */
  private readonly before = new Map<string, Usage>();

  constructor(tree: ZnodeTree, isEnforced: boolean) {
    this.tree = tree;
    this.isEnforced = isEnforced;
  }

  /** False if `data` may not be written to `path`, because it is a node of a quota and the data is no usage. */
  accepts(path: string, data: Uint8Array | null): boolean {
    if (!path.startsWith(`${RESERVED.quota}/`)) return true;
    const name = lastName(path);
    if (name !== LIMITS_NODE && name !== STATS_NODE) return true;
    return limitedPath(path) !== '' && data !== null && parseUsage(data) !== undefined;
  }

  /** True if a write at `path` that adds `bytes` and `nodes` would pass an enforced limit. */
  refuses(path: string, bytes: number, nodes: number): boolean {
    if (!this.isEnforced) return false;
    const limited = this.nearest(path);
    if (limited === undefined) return false;
    const limits = this.usageAt(`${RESERVED.quota}${limited}/${LIMITS_NODE}`);
    const statsPath = `${RESERVED.quota}${limited}/${STATS_NODE}`;
    const used = this.before.get(statsPath) ?? this.usageAt(statsPath);
    if (limits === undefined || used === undefined) return false;
    const isOver = (limit: number | undefined, use: number) =>
      limit !== undefined && limit > -1 && use > limit;
    return (
      (nodes !== 0 && isOver(limits.get('countHardLimit'), amountOf(used, 'count') + nodes)) ||
      (bytes !== 0 && isOver(limits.get('byteHardLimit'), amountOf(used, 'bytes') + bytes))
    );
  }

  /** After a node was made. */
  created(path: string, bytes: number): void {
    if (path.startsWith(`${RESERVED.quota}/`)) this.quotaNodeCreated(path);
    this.count(path, bytes, 1);
  }

  /** After a node was removed. */
  deleted(path: string, bytes: number): void {
    if (path.startsWith(`${RESERVED.quota}/`) && lastName(path) === LIMITS_NODE) {
      const limited = limitedPath(path);
      if (this.paths.delete(limited)) this.tree.journal?.onRollback(() => this.paths.add(limited));
    }
    this.count(path, -bytes, -1);
  }

  /** After data at `path` became `bytes` longer. */
  resized(path: string, bytes: number): void {
    this.count(path, bytes, 0);
  }

  /** After a restore: finds the limits in the tree. */
  rescan(): void {
    this.paths.clear();
    const { tree } = this;
    const open = tree.childrenOf(tree.find(RESERVED.quota));
    for (let slot = open.pop(); slot !== undefined; slot = open.pop()) {
      if (tree.store.names.nameOf(slot) === LIMITS_NODE) {
        const limited = limitedPath(tree.store.names.pathOf(slot));
        if (limited !== '') this.paths.add(limited);
      }
      for (const child of tree.childrenOf(slot)) open.push(child);
    }
  }

  private quotaNodeCreated(path: string): void {
    const limited = limitedPath(path);
    if (limited === '') return;
    const name = lastName(path);
    if (name === LIMITS_NODE) {
      this.paths.add(limited);
      this.tree.journal?.onRollback(() => this.paths.delete(limited));
    } else if (name === STATS_NODE) {
      const usage: Usage = new Map();
      const { bytes, nodes } = this.measure(limited);
      usage.set('bytes', bytes).set('count', nodes);
      this.tree.replaceData(this.tree.find(path), formatUsage(usage));
    }
  }

  private count(path: string, bytes: number, nodes: number): void {
    const limited = this.nearest(path);
    if (limited === undefined) return;
    const statsPath = `${RESERVED.quota}${limited}/${STATS_NODE}`;
    const usage = this.usageAt(statsPath);
    if (usage === undefined) return;
    this.keepBefore(statsPath, usage);
    usage.set('count', amountOf(usage, 'count') + nodes).set('bytes', amountOf(usage, 'bytes') + bytes);
    this.tree.replaceData(this.tree.find(statsPath), formatUsage(usage));
  }

  private keepBefore(statsPath: string, usage: Usage): void {
    const { journal } = this.tree;
    if (journal === null || this.before.has(statsPath)) return;
    this.before.set(statsPath, new Map(usage));
    journal.onCommit(() => this.before.delete(statsPath));
    journal.onRollback(() => this.before.delete(statsPath));
  }

  private nearest(path: string): string | undefined {
    if (this.paths.size === 0) return undefined;
    for (let at: string | undefined = path; at !== undefined && at !== ''; at = parentPath(at)) {
      if (this.paths.has(at)) return at;
    }
    return undefined;
  }

  private usageAt(path: string): Usage | undefined {
    const slot = this.tree.find(path);
    return slot < 0 ? undefined : parseUsage(this.tree.dataOf(slot) ?? new Uint8Array(0));
  }

  private measure(path: string): { bytes: number; nodes: number } {
    const { tree } = this;
    const top = tree.find(path);
    let bytes = 0;
    let nodes = 0;
    const open = top < 0 ? [] : [top];
    for (let slot = open.pop(); slot !== undefined; slot = open.pop()) {
      bytes += tree.dataLengthOf(slot);
      nodes++;
      for (const child of tree.childrenOf(slot)) open.push(child);
    }
    return { bytes, nodes };
  }
}

/** The path that the quota node at `path` is about; empty for one that lies in /zookeeper/quota itself. */
function limitedPath(path: string): string {
  return (parentPath(path) ?? '').slice(RESERVED.quota.length);
}

function amountOf(usage: Usage, key: string): number {
  return usage.get(key) ?? -1;
}
