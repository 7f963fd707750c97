// Owns: which ordered tables there are: one for each (app, lane, table). Not here: entries (ordered-table.ts), who may
// write (lanes.ts).
// Invariant: the state hash has the sum of each table's hash.

import { type LeafObserver, OrderedTable, type TableName } from './ordered-table.ts';
import type { StateHash } from './state-hash.ts';
import type { TableUpdate } from './types.ts';

export class Tables {
  private readonly tables = new Map<string, OrderedTable>();
  private readonly hash: StateHash;
  private observing: LeafObserver | null = null;

  constructor(hash: StateHash) {
    this.hash = hash;
  }

  set observer(observer: LeafObserver | null) {
    this.observing = observer;
    for (const table of this.tables.values()) table.observer = observer;
  }

  get(name: TableName): OrderedTable | undefined {
    return this.tables.get(keyOf(name));
  }

  values(): IterableIterator<OrderedTable> {
    return this.tables.values();
  }

  /** Tables of a lane, by name. */
  ofLane(app: string, lane: number): OrderedTable[] {
    return [...this.tables.values()]
      .filter(({ name }) => name.app === app && name.lane === lane)
      .sort((one, other) => (one.name.table < other.name.table ? -1 : 1));
  }

  /** Keys strictly ascend. */
  update(name: TableName, entries: TableUpdate['entries']): void {
    const table = this.get(name) ?? this.make(name);
    this.hash.remove(table.hash);
    table.update(entries);
    this.hash.add(table.hash);
    if (table.size === 0) this.tables.delete(keyOf(name));
  }

  dropApp(app: string): void {
    for (const [key, table] of this.tables) {
      if (table.name.app !== app) continue;
      this.hash.remove(table.hash);
      this.tables.delete(key);
    }
  }

  private make(name: TableName): OrderedTable {
    const { app, lane, table } = name;
    const made = new OrderedTable({ app, lane, table }, this.observing?.snapshot ?? 0);
    made.observer = this.observing;
    this.tables.set(keyOf(name), made);
    return made;
  }
}

function keyOf({ app, lane, table }: TableName): string {
  return `${lane} ${app.length} ${app}${table}`;
}
