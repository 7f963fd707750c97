// A register service in virtual time, for the checker's tests: a primary, and a follower that hears of writes later. Told to, it has a
// mistake. Clients ask one operation at a time; some answers are lost, and then the client goes on under a new name.

import type { Random } from '../../../src/base/random.ts';
import { fraction } from '../../../src/base/random.ts';
import { History, type Operation } from '../../../src/simulation/linearizability/history.ts';
import type { RegisterOp, RegisterResult } from '../../../src/simulation/linearizability/register-model.ts';

export interface ServicePlan {
  readonly operations: number;
  readonly keys: number;
  readonly clients: number;
  /** The share of answers that are lost. */
  readonly lost: number;
  readonly mistake: 'none' | 'follower-reads' | 'blind-set' | 'repeated-request';
}

interface Happening {
  readonly at: number;
  readonly run: () => void;
}

class Service {
  readonly history = new History<RegisterOp, RegisterResult>();
  private readonly plan: ServicePlan;
  private readonly random: Random;
  private readonly primary = new Map<string, number>();
  private readonly follower = new Map<string, number>();
  private readonly agenda: Happening[] = [];
  private now = 0;
  private started = 0;
  private names = 0;

  constructor(plan: ServicePlan, random: Random) {
    this.plan = plan;
    this.random = random;
  }

  run(): readonly Operation<RegisterOp, RegisterResult>[] {
    for (let client = 0; client < this.plan.clients; client++) this.ask(++this.names);
    for (let next = this.agenda.shift(); next !== undefined; next = this.agenda.shift()) {
      this.now = next.at;
      next.run();
    }
    return this.history.operations();
  }

  private later(longest: number, run: () => void): void {
    const at = this.now + 1 + Math.floor(fraction(this.random) * longest);
    const place = this.agenda.findLastIndex((happening) => happening.at <= at);
    this.agenda.splice(place + 1, 0, { at, run });
  }

  private ask(client: number): void {
    if (this.started === this.plan.operations) return;
    this.started++;
    const op = this.draw();
    const operation = this.history.invoke(client, op, this.now);
    const lost = fraction(this.random) < this.plan.lost;
    if (lost && fraction(this.random) < 0.5) {
      this.later(200, () => this.execute(op));
      this.later(10, () => this.ask(++this.names));
      return;
    }
    this.later(5, () => {
      const result = this.execute(op);
      this.later(5, () => {
        if (!lost) this.history.return(operation, result, this.now);
        this.ask(lost ? ++this.names : client);
      });
    });
  }

  private draw(): RegisterOp {
    const key = `k${this.below(this.plan.keys)}`;
    const kind = this.below(10);
    if (kind < 5) return { kind: 'read', key };
    if (kind < 8) return { kind: 'write', key, value: this.started };
    return { kind: 'compare-and-set', key, expected: this.primary.get(key) ?? 0, value: this.started };
  }

  private execute(op: RegisterOp): RegisterResult {
    const { mistake } = this.plan;
    const value = this.primary.get(op.key) ?? 0;
    if (op.kind === 'read') {
      return mistake === 'follower-reads' ? (this.follower.get(op.key) ?? 0) : value;
    }
    if (op.kind === 'compare-and-set' && value !== op.expected && mistake !== 'blind-set') return false;
    this.primary.set(op.key, op.value);
    this.later(4, () => this.follower.set(op.key, op.value));
    if (mistake === 'repeated-request' && this.below(20) === 0) {
      this.later(30, () => this.primary.set(op.key, op.value));
    }
    return true;
  }

  private below(limit: number): number {
    return Math.floor(fraction(this.random) * limit);
  }
}

/** Runs the service to its end and answers what the clients saw. */
export function simulateRegister(
  plan: ServicePlan,
  random: Random,
): readonly Operation<RegisterOp, RegisterResult>[] {
  return new Service(plan, random).run();
}
