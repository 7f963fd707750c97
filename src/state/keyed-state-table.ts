// Owns: one keyed state of one task in memory, and what changed in it since the last collect. Not here: where the
// changes go (store/), which tables there are (lane-state.ts).
//
// `update` of a known key costs one Map lookup and one comparison. Each entry carries the number of the interval in
// which it was put on the change list; only the first touch in an interval finds another number there and takes the
// slow way through `touch`. Undo per batch (exactly once) hangs on the same place: intervals become batches and `touch`,
// which runs before a value is replaced for the first time, keeps the previous one.
//
// Invariants: an entry is on `changed` exactly if |entry.interval| is the current interval; a negative interval means
// that it was deleted, and then it is in `removed` and not in `live`. So a key is listed once per interval, however
// often it is deleted and made again.

import { MillraceError, messageOf } from '../base/errors.ts';
import type { KeyedState, StateKey, ValueCodec } from '../topology/state-types.ts';
import { initialValue } from './initial-value.ts';
import { jsonCodec, UnstorableValue } from './json-codec.ts';
import type { TableChanges } from './state-changes.ts';
import { checkKey, decodeKey, encodeKey, isWellFormed, showKey } from './state-key.ts';

/** Where a table belongs. */
export interface TableAddress {
  readonly component: string;
  readonly task: number;
  readonly state: string;
}

interface Entry<V> {
  readonly key: StateKey;
  value: V;
  /** See the header. */
  interval: number;
  /** Left this table at least once, so a deletion has to be told. */
  stored: boolean;
}

/**
 * Values are not watched: a value that is changed in place must be handed to `set` or returned from `update` to be
 * stored. All methods that take a key throw MR_STATE_KEY for one that is none.
 */
export class KeyedStateTable<V> implements KeyedState<V> {
  readonly address: TableAddress;
  private readonly codec: ValueCodec<V>;
  /** JSON.stringify writes well-formed text only, so its texts need no check. */
  private readonly codecIsJson: boolean;
  private readonly initial: () => V;
  private readonly where: string;
  private readonly live = new Map<StateKey, Entry<V>>();
  private readonly removed = new Map<StateKey, Entry<V>>();
  private changed: Entry<V>[] = [];
  private interval = 1;

  /** Throws MR_STATE_VALUE if the initial value is one that the codec can never store. */
  constructor(address: TableAddress, initial: V, codec: ValueCodec<V> = jsonCodec as ValueCodec<V>) {
    this.address = address;
    this.codec = codec;
    this.codecIsJson = (codec as ValueCodec<unknown>) === jsonCodec;
    this.where = `State '${address.state}' of component '${address.component}'`;
    this.initial = initialValue(initial, codec, this.where);
  }

  get size(): number {
    return this.live.size;
  }

  get(key: StateKey): V {
    const entry = this.live.get(key);
    if (entry !== undefined) return entry.value;
    checkKey(key, this.where);
    return this.initial();
  }

  has(key: StateKey): boolean {
    if (this.live.has(key)) return true;
    checkKey(key, this.where);
    return false;
  }

  set(key: StateKey, value: V): void {
    const entry = this.live.get(key);
    if (entry === undefined) {
      this.insert(key, value);
      return;
    }
    if (entry.interval !== this.interval) this.touch(entry);
    entry.value = value;
  }

  update(key: StateKey, change: (current: V) => V): V {
    const entry = this.live.get(key);
    if (entry === undefined) {
      checkKey(key, this.where);
      const first = change(this.initial());
      this.set(key, first); // not insert: `change` itself may have made the key
      return first;
    }
    const value = change(entry.value);
    // After `change`, which may have deleted this very key: touch brings it back.
    if (entry.interval !== this.interval) this.touch(entry);
    entry.value = value;
    return value;
  }

  delete(key: StateKey): boolean {
    const entry = this.live.get(key);
    if (entry === undefined) {
      checkKey(key, this.where);
      return false;
    }
    if (entry.interval !== this.interval) this.changed.push(entry);
    entry.interval = -this.interval;
    this.live.delete(key);
    this.removed.set(key, entry);
    return true;
  }

  *entries(): IterableIterator<[StateKey, V]> {
    for (const entry of this.live.values()) yield [entry.key, entry.value];
  }

  keys(): IterableIterator<StateKey> {
    return this.live.keys();
  }

  *values(): IterableIterator<V> {
    for (const entry of this.live.values()) yield entry.value;
  }

  /** Keys touched since the last collect. */
  get changes(): number {
    return this.changed.length;
  }

  /**
   * The changes since the last collect, or null. They count as handed over afterwards. Throws MR_STATE_VALUE for a
   * value that the codec refuses; then nothing counts as handed over.
   */
  collect(): TableChanges | null {
    if (this.changed.length === 0) return null;
    const keys: string[] = [];
    const values: (string | null)[] = [];
    for (const entry of this.changed) {
      const deleted = entry.interval < 0;
      if (deleted && !entry.stored) continue;
      keys.push(encodeKey(entry.key));
      values.push(deleted ? null : this.encode(entry));
    }
    for (const entry of this.changed) entry.stored = true;
    this.changed = [];
    this.removed.clear();
    this.interval++;
    return keys.length === 0 ? null : { ...this.address, keys, values };
  }

  /** Puts back an entry that was stored; it does not count as a change. Throws MR_STATE_VALUE if it cannot be read. */
  restore(encodedKey: string, encodedValue: string): void {
    const key = decodeKey(encodedKey);
    let value: V;
    try {
      if (key === undefined) throw new UnstorableValue('the key is in no known form');
      value = this.codec.decode(encodedValue);
    } catch (error) {
      throw new MillraceError('MR_STATE_VALUE', `${this.where} cannot read what an earlier run stored.`, {
        expected: `a value that the codec '${this.codec.name}' can decode`,
        got: `key ${key === undefined ? encodedKey : showKey(key)}: ${messageOf(error)}`,
        next: 'Give the state the codec that wrote it, or drop the stored state.',
        cause: error,
      });
    }
    this.live.set(key, { key, value, interval: 0, stored: true });
  }

  private insert(key: StateKey, value: V): void {
    checkKey(key, this.where);
    const before = this.removed.get(key);
    if (before !== undefined) {
      this.touch(before);
      before.value = value;
      return;
    }
    const entry: Entry<V> = { key, value, interval: this.interval, stored: false };
    this.live.set(key, entry);
    this.changed.push(entry);
  }

  /** First touch of an entry in this interval, or its return after it was deleted in this interval. */
  private touch(entry: Entry<V>): void {
    if (entry.interval === -this.interval) {
      this.removed.delete(entry.key);
      this.live.set(entry.key, entry);
    } else {
      this.changed.push(entry);
    }
    entry.interval = this.interval;
  }

  private encode(entry: Entry<V>): string {
    let problem: unknown;
    try {
      const text = this.codec.encode(entry.value);
      if (typeof text === 'string' && (this.codecIsJson || isWellFormed(text))) return text;
      problem = new UnstorableValue('the codec made no well-formed text of it');
    } catch (error) {
      problem = error;
    }
    throw new MillraceError(
      'MR_STATE_VALUE',
      `${this.where} cannot store the value of key ${showKey(entry.key)}.`,
      {
        expected: `a value that the codec '${this.codec.name}' can write and read back`,
        got: messageOf(problem),
        next: 'Store plain objects, arrays, strings, finite numbers and booleans, or declare the state with its own codec: keyed(initial, { codec }).',
        cause: problem,
      },
    );
  }
}
