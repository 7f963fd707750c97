// Owns: all keyed state of one lane: which tables there are, what `ctx.state` of a task is, what changed since the last
// checkpoint, and whether the state that an earlier run left fits this topology. Not here: when checkpoints are taken
// (delivery/), how they are stored (store/).
//
// Invariant: state never moves between tasks. Keys are dealt to tasks by their hash modulo the parallelism, so state
// of a component that has another parallelism now would sit in the wrong tasks; it is refused, never dealt anew.

import { assert } from '../base/assert.ts';
import { MillraceError } from '../base/errors.ts';
import type {
  KeyedState,
  StateDeclarations,
  StateDefinition,
  StateKey,
  StateViews,
} from '../topology/state-types.ts';
import { KeyedStateTable } from './keyed-state-table.ts';
import type { DroppedState, SavedState, StateDelta, TableChanges } from './state-changes.ts';

/** A component as this file needs it; a BoltPlan is one. */
export interface StatefulComponent {
  readonly name: string;
  readonly parallelism: number;
  readonly state: StateDeclarations;
}

interface ComponentState {
  readonly parallelism: number;
  /** Per task: state name to table. */
  readonly tasks: readonly ReadonlyMap<string, KeyedStateTable<unknown>>[];
}

/** Problems found while restoring; reported together. */
interface Misfits {
  readonly unknown: Set<string>;
  readonly parallelism: Map<string, number>;
}

export class LaneState {
  private readonly components = new Map<string, ComponentState>();
  private drop: readonly DroppedState[] = [];
  private told = false;

  /** Components without state may be among `components`. Throws MR_STATE_VALUE for an initial value that cannot be stored. */
  constructor(components: Iterable<StatefulComponent>) {
    for (const { name, parallelism, state } of components) {
      const declarations = Object.entries(state);
      if (declarations.length === 0) continue;
      const tasks = Array.from({ length: parallelism }, (_, task) => {
        return new Map(declarations.map(([key, declared]) => [key, makeTable(name, task, key, declared)]));
      });
      this.components.set(name, { parallelism, tasks });
    }
  }

  /** What `ctx.state` of one task is. An empty object for a component without state. */
  views(component: string, task: number): StateViews<StateDeclarations> {
    const tables = this.components.get(component)?.tasks[task];
    return Object.freeze(
      Object.fromEntries<KeyedState<unknown>>(tables ?? []),
    ) as StateViews<StateDeclarations>;
  }

  /** All entries of one state over all tasks of its component; nothing for one that is not declared. */
  *entries(component: string, state: string): IterableIterator<[StateKey, unknown]> {
    for (const tables of this.components.get(component)?.tasks ?? []) {
      const table = tables.get(state);
      if (table !== undefined) yield* table.entries();
    }
  }

  /** Keys that changed since the last collect, and before the first one the states that are dropped. */
  get changes(): number {
    let sum = this.told ? 0 : this.drop.length;
    for (const table of this.tables()) sum += table.changes;
    return sum;
  }

  /**
   * What changed since the last collect; it counts as handed over afterwards, so it has to reach the store.
   * Throws MR_STATE_VALUE for a value that its codec refuses: the run cannot go on then.
   */
  collect(): StateDelta {
    const state: TableChanges[] = [];
    for (const table of this.tables()) {
      const changes = table.collect();
      if (changes !== null) state.push(changes);
    }
    if (this.told) return { drop: [], parallelism: new Map(), state };
    this.told = true;
    const parallelism = new Map(
      Array.from(this.components, ([name, { parallelism }]) => [name, parallelism]),
    );
    return { drop: this.drop, parallelism, state };
  }

  /**
   * Takes over what an earlier run stored. To be called at most once, before any state is touched. `dropState` names
   * components (`count`) or single states (`count.totals`) whose stored state is forgotten; naming one that is not
   * there is no error, so that a run that was killed can be started again with the same options.
   *
   * Throws MR_STATE_UNKNOWN_COMPONENT for stored state that this topology has no place for, MR_STATE_PARALLELISM for a
   * component whose number of tasks changed, MR_STATE_VALUE for a value that its codec cannot read. Nothing may be run
   * on the state after that.
   */
  restore(saved: SavedState, dropState: readonly string[] = []): void {
    assert(!this.told, 'state is restored before it is collected');
    const dropping = new Set(dropState);
    const dropped = new Map<string, DroppedState>();
    const misfits: Misfits = { unknown: new Set(), parallelism: new Map() };
    for (const piece of saved.state) {
      const { component, state } = piece;
      if (dropping.has(component)) dropped.set(component, { component, state: null });
      else if (dropping.has(`${component}.${state}`))
        dropped.set(`${component}.${state}`, { component, state });
      else this.restorePiece(piece, saved.parallelism.get(component), misfits);
    }
    if (misfits.unknown.size > 0) throw unknownError([...misfits.unknown]);
    if (misfits.parallelism.size > 0) throw this.parallelismError(misfits.parallelism);
    this.drop = [...dropped.values()];
  }

  private restorePiece(piece: TableChanges, savedParallelism: number | undefined, misfits: Misfits): void {
    const component = this.components.get(piece.component);
    if (component === undefined || !component.tasks[0]?.has(piece.state)) {
      misfits.unknown.add(`${piece.component}.${piece.state}`);
      return;
    }
    assert(savedParallelism !== undefined, 'state is stored together with the parallelism of its component');
    if (savedParallelism !== component.parallelism) {
      misfits.parallelism.set(piece.component, savedParallelism);
      return;
    }
    const table = component.tasks[piece.task]?.get(piece.state);
    assert(table !== undefined, 'stored state belongs to a task below the stored parallelism');
    for (let index = 0; index < piece.keys.length; index++) {
      const value = piece.values[index];
      if (typeof value === 'string') table.restore(piece.keys[index] as string, value);
    }
  }

  private *tables(): IterableIterator<KeyedStateTable<unknown>> {
    for (const { tasks } of this.components.values()) for (const tables of tasks) yield* tables.values();
  }

  private parallelismError(saved: ReadonlyMap<string, number>): MillraceError {
    const names = [...saved.keys()];
    const of = (count: number | undefined) => `${count} ${count === 1 ? 'task' : 'tasks'}`;
    const show = (count: (name: string) => number | undefined) =>
      names.map((name) => `${name}: ${of(count(name))}`).join('\n');
    const sets = names.map((name) => `--set ${name}.parallelism=${saved.get(name)}`).join(' ');
    return new MillraceError(
      'MR_STATE_PARALLELISM',
      `The stored state of ${quoted(names)} is dealt to another number of tasks.`,
      {
        expected: show((name) => saved.get(name)),
        got: show((name) => this.components.get(name)?.parallelism),
        next: `Run with ${sets}, or start over in a new data folder or under a new topology name, or forget the stored state with ${dropFlags(names)}.`,
      },
    );
  }
}

function makeTable(
  component: string,
  task: number,
  state: string,
  declared: unknown,
): KeyedStateTable<unknown> {
  const address = { component, task, state };
  if (!isDefinition(declared)) return new KeyedStateTable(address, declared);
  return declared.codec === undefined
    ? new KeyedStateTable(address, declared.initial)
    : new KeyedStateTable(address, declared.initial, declared.codec);
}

function isDefinition(declared: unknown): declared is StateDefinition<unknown> {
  return (
    typeof declared === 'object' &&
    declared !== null &&
    (declared as { kind?: unknown }).kind === 'keyed' &&
    Object.hasOwn(declared, 'initial')
  );
}

function unknownError(names: readonly string[]): MillraceError {
  const components = [...new Set(names.map((name) => name.slice(0, name.lastIndexOf('.'))))];
  return new MillraceError(
    'MR_STATE_UNKNOWN_COMPONENT',
    'There is stored state that this topology has no place for.',
    {
      expected: 'every stored state to be declared by a component of the topology',
      got: names.join('\n'),
      next: `To keep it, give the component and the state their old names back. To forget it, run with ${dropFlags(components)}, or with ${dropFlags(names)} for those states alone.`,
    },
  );
}

function dropFlags(names: readonly string[]): string {
  return names.map((name) => `--drop-state ${name}`).join(' ');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
