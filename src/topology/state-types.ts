// Owns: the types of keyed state as a bolt sees it. state/ implements them.

/** Keys of keyed state. Two keys are the same if they have the same type and value. */
export type StateKey = string | number | bigint | boolean;

/** How values are written to disk. `encode` throws on a value that it cannot represent. */
export interface ValueCodec<V> {
  readonly name: string;
  encode(value: V): string;
  decode(text: string): V;
}

/** A state with more than an initial value. Made by `keyed`. */
export interface StateDefinition<V> {
  readonly kind: 'keyed';
  readonly initial: V;
  readonly codec?: ValueCodec<V>;
}

/** One keyed state of one task. `get` and `update` start from the initial value where the key is absent. */
export interface KeyedState<V> {
  readonly size: number;
  get(key: StateKey): V;
  has(key: StateKey): boolean;
  set(key: StateKey, value: V): void;
  /** Stores and returns `change(current)`. Return a new value instead of changing `current` in place: an undo needs the old one. */
  update(key: StateKey, change: (current: V) => V): V;
  /** True if the key was there. */
  delete(key: StateKey): boolean;
  entries(): IterableIterator<[StateKey, V]>;
  keys(): IterableIterator<StateKey>;
  values(): IterableIterator<V>;
}

/** `{ counts: 0 }` declares one keyed state `counts` of numbers that start at 0. */
export type StateDeclarations = Record<string, unknown>;

/** The value type of one declaration. */
export type StateValue<D> = [D] extends [StateDefinition<infer V>] ? V : D;

export type StateViews<S> = {
  readonly [K in keyof S]: KeyedState<StateValue<S[K]>>;
};

/** Declares a keyed state with its own codec (default: JSON). */
export function keyed<V>(initial: V, options: { codec?: ValueCodec<V> } = {}): StateDefinition<V> {
  return options.codec === undefined
    ? { kind: 'keyed', initial }
    : { kind: 'keyed', initial, codec: options.codec };
}
