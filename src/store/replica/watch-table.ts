// Owns: who watches which path, in which way. Not here: what happened (local-watches.ts), who the watchers are.
// Invariants: a watcher that is removed leaves nothing behind; a one-shot watch is told once.
// Source: WatchManagerOptimized and WatcherMode of ZooKeeper 3.9: the ways are independent of each other, one path can be
// watched in all three by the same watcher.

/** A set of bits. */
export const WATCH_MODE = { once: 1, persistent: 2, recursive: 4, any: 7 } as const;

export class WatchTable<W> {
  private readonly byPath = new Map<string, Map<W, number>>();
  private readonly byWatcher = new Map<W, Set<string>>();
  /** Watches that see what is below them: without any, only the path itself is looked up. */
  private recursive = 0;
  private count = 0;

  /** Pairs of a watcher and a path. */
  get size(): number {
    return this.count;
  }

  get paths(): number {
    return this.byPath.size;
  }

  /** Paths with their watchers. */
  entries(): Iterable<[string, ReadonlyMap<W, number>]> {
    return this.byPath;
  }

  pathsOf(watcher: W): ReadonlySet<string> {
    return this.byWatcher.get(watcher) ?? new Set();
  }

  add(path: string, watcher: W, mode: number): void {
    const watchers = this.byPath.get(path) ?? new Map<W, number>();
    this.byPath.set(path, watchers);
    const before = watchers.get(watcher) ?? 0;
    const after = before | mode;
    if (after === before) return;
    watchers.set(watcher, after);
    this.recursive += recursiveIn(after) - recursiveIn(before);
    if (before !== 0) return;
    this.count++;
    const paths = this.byWatcher.get(watcher);
    if (paths === undefined) this.byWatcher.set(watcher, new Set([path]));
    else paths.add(path);
  }

  /** True if the watcher watches `path` in one of the ways of `mode`. */
  has(path: string, watcher: W, mode: number): boolean {
    return ((this.byPath.get(path)?.get(watcher) ?? 0) & mode) !== 0;
  }

  /** True if there was such a watch. */
  remove(path: string, watcher: W, mode: number): boolean {
    const watchers = this.byPath.get(path);
    const before = watchers?.get(watcher) ?? 0;
    const after = before & ~mode;
    if (watchers === undefined || after === before) return false;
    this.recursive += recursiveIn(after) - recursiveIn(before);
    if (after !== 0) {
      watchers.set(watcher, after);
      return true;
    }
    this.count--;
    watchers.delete(watcher);
    if (watchers.size === 0) this.byPath.delete(path);
    const paths = this.byWatcher.get(watcher)!;
    paths.delete(path);
    if (paths.size === 0) this.byWatcher.delete(watcher);
    return true;
  }

  removeAll(watcher: W): void {
    for (const path of [...this.pathsOf(watcher)]) this.remove(path, watcher, WATCH_MODE.any);
  }

  /** Who is to be told of a change at `path`. One-shot watches there are over with it. */
  take(path: string): ReadonlySet<W> | undefined {
    const told = new Set<W>();
    const here = this.byPath.get(path);
    if (here !== undefined) {
      for (const watcher of [...here.keys()]) {
        told.add(watcher);
        this.remove(path, watcher, WATCH_MODE.once);
      }
    }
    if (this.recursive > 0) this.addAbove(path, told);
    return told.size === 0 ? undefined : told;
  }

  private addAbove(path: string, told: Set<W>): void {
    for (let above = path; above.length > 1; ) {
      above = above.slice(0, Math.max(1, above.lastIndexOf('/')));
      for (const [watcher, mode] of this.byPath.get(above) ?? [])
        if ((mode & WATCH_MODE.recursive) !== 0) told.add(watcher);
    }
  }
}

function recursiveIn(mode: number): number {
  return (mode & WATCH_MODE.recursive) === 0 ? 0 : 1;
}
