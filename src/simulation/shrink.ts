// Owns: from a run that fails to a shorter one of the same seed that fails in the same check: fewer kinds of faults, fewer
// clients and operations, fewer events. Greedy ("Simplifying and isolating failure-inducing input", Zeller and
// Hildebrandt, 2002, with steps of one): every concern of a run draws from dice of its own, so the rest stays similar.

import type { FaultKind } from './fault-kinds.ts';
import { drawPlan } from './fault-plan.ts';
import type { FailedRun } from './run-many.ts';
import { type RunOptions, type RunParts, runPaxos } from './run-paxos.ts';

/** Runs that one search may make. */
export const SHRINK_RUNS = 400;

export interface Shrunk extends FailedRun {
  /** Runs that were made to find it. */
  readonly tried: number;
}

export function shrink(failed: FailedRun, parts: RunParts = {}): Shrunk {
  return new Shrinking(failed, parts).run();
}

class Shrinking {
  private best: FailedRun;
  private readonly parts: RunParts;
  private readonly events: number;
  private tried = 0;

  constructor(failed: FailedRun, parts: RunParts) {
    const { options } = failed;
    this.events = options.events;
    this.parts = parts;
    this.best = { ...failed, options: { ...options, kinds: drawPlan(options.seed, options.kinds).kinds } };
  }

  run(): Shrunk {
    this.cutEvents();
    for (let before = -1; before !== this.weight() && this.tried < SHRINK_RUNS; ) {
      before = this.weight();
      this.dropKinds();
      this.fewerClients();
      this.halveOperations();
      this.cutEvents();
    }
    return { ...this.best, tried: this.tried };
  }

  private weight(): number {
    const { kinds, clients, operations, events } = this.best.options;
    return kinds.size * 1e12 + clients * 1e11 + Math.min(operations, 1e6) * 1e5 + events;
  }

  /** Keeps `change` if the run still fails in the same check. */
  private attempt(change: Partial<RunOptions>): boolean {
    if (this.tried >= SHRINK_RUNS) return false;
    this.tried++;
    const options = { ...this.best.options, ...change };
    const { failure } = runPaxos(options, this.parts);
    if (failure?.check !== this.best.failure.check) return false;
    this.best = { options, failure };
    return true;
  }

  private dropKinds(): void {
    for (const kind of this.best.options.kinds) {
      const kinds: Set<FaultKind> = new Set(this.best.options.kinds);
      kinds.delete(kind);
      // What is left may need longer to fail; it is cut again afterwards.
      if (!this.attempt({ kinds })) this.attempt({ kinds, events: this.events });
    }
  }

  private fewerClients(): void {
    while (this.best.options.clients > 1 && this.attempt({ clients: this.best.options.clients - 1 }));
  }

  private halveOperations(): void {
    const { operations } = this.best.options;
    let low = 0;
    let high = Math.min(operations, this.best.options.events);
    while (low < high && this.tried < SHRINK_RUNS) {
      const middle = (low + high) >> 1;
      if (this.attempt({ operations: middle })) high = middle;
      else low = middle + 1;
    }
  }

  /** To where it failed; for a failure of the second phase, to ever shorter first phases. */
  private cutEvents(): void {
    const { failure, options } = this.best;
    if (failure.event < options.events) this.attempt({ events: failure.event });
    let step = this.best.options.events >> 1;
    while (step > 0 && this.tried < SHRINK_RUNS) {
      const events = this.best.options.events - step;
      if (events < 1 || !this.attempt({ events })) step >>= 1;
    }
  }
}
