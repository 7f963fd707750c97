// Owns: breadth-first search through all states that a system can reach, and the shortest way to the first bad one.
// Not here: any system. Invariants: each distinct state is checked once and expanded once; a violation's trace is as short
// as any; the same system gives the same result.
//
// As in TLC ("Model Checking TLA+ Specifications", Yu, Manolios, Lamport 1999), states are remembered by fingerprint and a trace is found
// again by running the system along the chain of parents. Live states are kept for two levels only: the one that is
// being expanded and the one after it.

import { assert } from '../../base/assert.ts';
import { collisionOdds, StateWriter } from './state-hash.ts';
import { ExactTable, FingerprintTable, KNOWN, NO_PARENT, type StateTable } from './state-table.ts';

export interface Step<S> {
  /** What happens, for people. */
  readonly action: string;
  readonly state: S;
}

/** A system that can be searched. States are never changed once they are handed out. */
export interface System<S> {
  initial(): Iterable<S>;
  /** All that can happen in `state`, in the same order each time. Steps back to `state` itself may be left out. */
  next(state: S): Iterable<Step<S>>;
  /** Writes all of the state that decides what can happen from it and whether it is good; equal states alike. */
  write(state: S, writer: StateWriter): void;
  /** What is wrong with `state`, or undefined. */
  check(state: S): string | undefined;
}

export interface ExploreOptions {
  /** The search ends as 'limit' when it has found this many distinct states. */
  readonly maxStates: number;
  /** 'exact' compares full keys instead of fingerprints. Slower and larger; for calibration. */
  readonly identity?: 'fingerprint' | 'exact';
}

export interface Violation {
  readonly reason: string;
  /** The actions from an initial state to the bad one. */
  readonly trace: readonly string[];
}

export interface Exploration {
  /** 'limit': nothing bad was found, but not all was searched. No proof; callers must treat it as a failure. */
  readonly outcome: 'complete' | 'violation' | 'limit';
  /** Distinct states found. */
  readonly states: number;
  /** Steps taken, those to known states included. */
  readonly transitions: number;
  /** Steps of the longest of the shortest ways to a state. */
  readonly depth: number;
  readonly violation: Violation | undefined;
  /** The odds that two different states were taken for one; 0 in exact mode. */
  readonly collisionOdds: number;
}

export const EXPLORE_LIMITS = {
  /** Numbers of states are 32-bit integers, and the index must stay a typed array that engines allow. */
  maxStates: 268_435_456,
} as const;

export function explore<S>(system: System<S>, options: ExploreOptions): Exploration {
  assert(
    options.maxStates > 0 && options.maxStates <= EXPLORE_LIMITS.maxStates,
    `maxStates is 1 to ${EXPLORE_LIMITS.maxStates}, not ${options.maxStates}`,
  );
  return new Search(system, options).run();
}

interface Level<S> {
  readonly states: S[];
  readonly numbers: number[];
}

class Search<S> {
  private readonly writer = new StateWriter();
  private readonly table: StateTable;
  private readonly system: System<S>;
  private readonly options: ExploreOptions;
  private transitions = 0;
  private depth = 0;

  constructor(system: System<S>, options: ExploreOptions) {
    this.system = system;
    this.options = options;
    this.table = options.identity === 'exact' ? new ExactTable() : new FingerprintTable();
  }

  run(): Exploration {
    let level: Level<S> = { states: [], numbers: [] };
    for (const state of this.system.initial()) {
      const end = this.visit(state, NO_PARENT, level);
      if (end !== undefined) return end;
    }
    while (level.states.length > 0) {
      const following: Level<S> = { states: [], numbers: [] };
      const end = this.expand(level, following);
      if (end !== undefined) return end;
      if (following.states.length > 0) this.depth++;
      level = following;
    }
    return this.result('complete', undefined);
  }

  private expand(level: Level<S>, following: Level<S>): Exploration | undefined {
    for (let at = 0; at < level.states.length; at++) {
      for (const { state } of this.system.next(level.states[at]!)) {
        this.transitions++;
        const end = this.visit(state, level.numbers[at]!, following);
        if (end !== undefined) return end;
      }
    }
    return undefined;
  }

  /** Puts `state` into `level` if it is new. Answers the result of the search if it ends here. */
  private visit(state: S, parent: number, level: Level<S>): Exploration | undefined {
    this.fill(state);
    const number = this.table.add(this.writer, parent);
    if (number === KNOWN) return undefined;
    const reason = this.system.check(state);
    if (reason !== undefined) {
      if (parent !== NO_PARENT) this.depth++;
      return this.result('violation', { reason, trace: this.traceTo(number) });
    }
    level.states.push(state);
    level.numbers.push(number);
    return this.table.size >= this.options.maxStates ? this.result('limit', undefined) : undefined;
  }

  private fill(state: S): void {
    this.writer.begin();
    this.system.write(state, this.writer);
    this.writer.finish();
  }

  private result(outcome: Exploration['outcome'], violation: Violation | undefined): Exploration {
    const states = this.table.size;
    return {
      outcome,
      states,
      transitions: this.transitions,
      depth: this.depth,
      violation,
      collisionOdds: this.options.identity === 'exact' ? 0 : collisionOdds(states),
    };
  }

  private traceTo(number: number): string[] {
    const chain: number[] = [];
    for (let at = number; at !== NO_PARENT; at = this.table.parentOf(at)) chain.push(at);
    const trace: string[] = [];
    let state = this.initialState(chain.pop()!);
    for (let wanted = chain.pop(); wanted !== undefined; wanted = chain.pop()) {
      const step = this.stepTo(state, wanted);
      trace.push(step.action);
      state = step.state;
    }
    return trace;
  }

  private initialState(number: number): S {
    for (const state of this.system.initial()) {
      if (this.holds(state, number)) return state;
    }
    throw changed();
  }

  private stepTo(state: S, number: number): Step<S> {
    for (const step of this.system.next(state)) {
      if (this.holds(step.state, number)) return step;
    }
    throw changed();
  }

  private holds(state: S, number: number): boolean {
    this.fill(state);
    return this.table.is(number, this.writer);
  }
}

function changed(): Error {
  return new Error(
    'the system gave other steps the second time: it is not deterministic, or its states change',
  );
}
