// Owns: the search for an order of the operations of one partition in which each could have taken effect at one moment between its
// invocation and its return. Not here: partitioning and verdicts (checker.ts).
// Invariants: an operation is placed before another only if it was invoked before the other returned; an operation with an unknown
// result is placed once or never; a configuration is searched once.
//
// Wing and Gong, "Testing and verifying concurrent objects" (1993): place any operation that no unplaced one precedes,
// and go back when stuck. Lowe, "Testing for linearizability" (2017): remember configurations, which are the set of placed
// operations and the object's state. Added here: among configurations of equal state and equal placed operations with known
// results, one that has placed a superset of another's unknown operations is left out, for whatever can follow it can follow
// the other. Without that, u operations with unknown results mean 2^u configurations.

import { assert } from '../../base/assert.ts';
import type { Operation } from './history.ts';
import { type Model, UNKNOWN } from './model.ts';

export interface SearchResult<Op, Result> {
  readonly outcome: 'linearizable' | 'violation' | 'undecided';
  /** Configurations generated. */
  readonly configurations: number;
  /** An order of all operations with known results, or, of the orders that reach furthest, the longest. */
  readonly longest: readonly Operation<Op, Result>[];
  /** The operation that no order reaches: its return ends the shortest prefix of the history that fails. */
  readonly stuck: Operation<Op, Result> | undefined;
}

/** A configuration that was generated from its parent by placing one operation. */
interface Move<State> {
  /** Below the number of known operations: one of them; from there on: an unknown one. */
  readonly operation: number;
  readonly state: State;
  /** The last known operation that is placed, by invocation; -1 for none. */
  readonly top: number;
}

interface Frame<State> {
  readonly moves: readonly Move<State>[];
  taken: number;
}

/** One use. */
export class WingGong<State, Op, Result> {
  private readonly model: Model<State, Op, Result>;
  private readonly budget: number;
  /** By invocation. */
  private readonly known: readonly Operation<Op, Result>[];
  private readonly unknown: readonly Operation<Op, Result>[];
  /** Unplaced known operations by invocation, doubly linked; the place behind the last one is the end. */
  private readonly after: Int32Array;
  private readonly before: Int32Array;
  private readonly placed: Uint32Array;
  private readonly placedUnknown: Uint32Array;
  private readonly seen = new Map<string, Uint32Array[]>();
  private head = 0;
  private configurations = 0;
  private stuck: Operation<Op, Result> | undefined;
  private longest: number[] = [];

  constructor(model: Model<State, Op, Result>, operations: readonly Operation<Op, Result>[], budget: number) {
    this.model = model;
    this.budget = budget;
    const sorted = [...operations].sort((a, b) => a.invoked - b.invoked);
    this.known = sorted.filter(({ result }) => result !== UNKNOWN);
    this.unknown = sorted.filter(({ result }) => result === UNKNOWN);
    const count = this.known.length;
    this.after = Int32Array.from({ length: count }, (_, index) => index + 1);
    this.before = Int32Array.from({ length: count + 1 }, (_, index) => index - 1);
    this.placed = new Uint32Array((count + 31) >>> 5);
    this.placedUnknown = new Uint32Array((this.unknown.length + 31) >>> 5);
  }

  run(): SearchResult<Op, Result> {
    const path: Frame<State>[] = [this.expand(this.model.initial, -1)];
    while (path.length > 0) {
      if (this.head === this.known.length) return this.result('linearizable', placedOn(path));
      if (this.configurations > this.budget) return this.result('undecided', this.longest);
      const frame = path[path.length - 1]!;
      const move = frame.moves[frame.taken];
      if (move !== undefined) {
        frame.taken++;
        this.place(move.operation);
        path.push(this.expand(move.state, move.top));
        continue;
      }
      this.remember(path);
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) this.lift(parent.moves[parent.taken - 1]!.operation);
    }
    return this.result('violation', this.longest);
  }

  /** All configurations that follow this one and were not generated before. Known operations first: they are needed anyway. */
  private expand(state: State, top: number): Frame<State> {
    const moves: Move<State>[] = [];
    const { known } = this;
    let reach = Number.POSITIVE_INFINITY;
    for (let at = this.head; at < known.length; at = this.after[at]!) {
      const operation = known[at]!;
      if (operation.invoked > reach) break;
      reach = Math.min(reach, operation.returned);
      this.generate(moves, at, this.model.step(state, operation.op, operation.result), Math.max(top, at));
    }
    for (let at = 0; at < this.unknown.length; at++) {
      const operation = this.unknown[at]!;
      if (operation.invoked > reach) break;
      if (has(this.placedUnknown, at)) continue;
      this.generate(moves, known.length + at, this.model.step(state, operation.op, UNKNOWN), top);
    }
    return { moves, taken: 0 };
  }

  private generate(moves: Move<State>[], operation: number, states: readonly State[], top: number): void {
    if (states.length === 0) return;
    this.place(operation);
    for (const state of states) {
      if (!this.isNew(state, top)) continue;
      this.configurations++;
      moves.push({ operation, state, top });
    }
    this.lift(operation);
  }

  private isNew(state: State, top: number): boolean {
    // All before the head is placed and nothing behind `top` is: the words between tell the whole set.
    let key = `${this.head}`;
    for (let word = this.head >>> 5; word <= top >>> 5 && top >= 0; word++) key += `,${this.placed[word]!}`;
    key += `|${this.model.stateKey(state)}`;
    const earlier = this.seen.get(key);
    if (earlier === undefined) {
      this.seen.set(key, [this.placedUnknown.slice()]);
      return true;
    }
    if (earlier.some((set) => isSubset(set, this.placedUnknown))) return false;
    earlier.push(this.placedUnknown.slice());
    return true;
  }

  private place(operation: number): void {
    const unknown = operation - this.known.length;
    if (unknown >= 0) {
      this.placedUnknown[unknown >>> 5]! |= 1 << (unknown & 31);
      return;
    }
    this.placed[operation >>> 5]! |= 1 << (operation & 31);
    const previous = this.before[operation]!;
    const following = this.after[operation]!;
    if (previous === -1) this.head = following;
    else this.after[previous] = following;
    this.before[following] = previous;
  }

  /** Undoes `place`. In the reverse order of placing, so the operation's own links are still those of its place. */
  private lift(operation: number): void {
    const unknown = operation - this.known.length;
    if (unknown >= 0) {
      this.placedUnknown[unknown >>> 5]! &= ~(1 << (unknown & 31));
      return;
    }
    this.placed[operation >>> 5]! &= ~(1 << (operation & 31));
    const previous = this.before[operation]!;
    if (previous === -1) this.head = operation;
    else this.after[previous] = operation;
    this.before[this.after[operation]!] = operation;
  }

  /** Keeps the order on `path`, which leads no further, if none reached further, or as far with more operations. */
  private remember(path: readonly Frame<State>[]): void {
    let stuck: Operation<Op, Result> | undefined;
    for (let at = this.head; at < this.known.length; at = this.after[at]!) {
      const operation = this.known[at]!;
      if (stuck !== undefined && operation.invoked > stuck.returned) break;
      if (stuck === undefined || operation.returned < stuck.returned) stuck = operation;
    }
    assert(stuck !== undefined, 'an order that leads no further leaves an operation out');
    if (this.stuck !== undefined && stuck.returned < this.stuck.returned) return;
    if (stuck.returned === this.stuck?.returned && path.length - 1 <= this.longest.length) return;
    this.stuck = stuck;
    this.longest = placedOn(path);
  }

  private result(
    outcome: SearchResult<Op, Result>['outcome'],
    order: readonly number[],
  ): SearchResult<Op, Result> {
    const count = this.known.length;
    return {
      outcome,
      configurations: this.configurations,
      longest: order.map((at) => (at < count ? this.known[at]! : this.unknown[at - count]!)),
      stuck: outcome === 'linearizable' ? undefined : this.stuck,
    };
  }
}

function placedOn<State>(path: readonly Frame<State>[]): number[] {
  // The last frame has taken no move that is still placed.
  return path.slice(0, -1).map((frame) => frame.moves[frame.taken - 1]!.operation);
}

function has(set: Uint32Array, at: number): boolean {
  return ((set[at >>> 5]! >>> (at & 31)) & 1) === 1;
}

function isSubset(smaller: Uint32Array, larger: Uint32Array): boolean {
  for (let word = 0; word < smaller.length; word++) {
    if ((smaller[word]! & ~larger[word]!) !== 0) return false;
  }
  return true;
}
