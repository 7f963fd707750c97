// Owns: the simulated clients: what they ask, whom, how long they wait, and the history that linearizability is judged
// by. Invariants: a client has one operation at a time; an operation whose outcome is not known is never asked again; a
// refused one is left out of the history, for it never takes place (the decided log checks that).

import { COMMAND, uniqueValue } from './command.ts';
import { CONCERN, Dice } from './dice.ts';
import { History } from './linearizability/history.ts';
import type { RegisterOp, RegisterResult } from './linearizability/register-model.ts';
import type { Operation } from './operation.ts';
import { HAPPENING } from './world/happening.ts';
import type { World } from './world/world.ts';

interface Client {
  readonly number: number;
  /** Undefined between two operations. */
  current: Operation | undefined;
  /** The number of its operation in the history. */
  recorded: number;
  sequence: number;
  /** The place of the replica that it asks. */
  target: number;
  /** How long it waits for an answer; doubles each time that none comes. */
  patience: number;
  /** The last value that it saw, per key: what it expects in a compare-and-set. */
  readonly seen: number[];
}

/**
 * Operations of one run whose outcome may stay unknown: each makes the judgement on all later ones harder, for it may take
 * place at any time. When there are so many, clients go on with reads and with commands that change nothing.
 */
export const UNKNOWN_OPERATIONS = 40;

const KEYS = ['a', 'b', 'c', 'd'] as const;

export class Workload {
  readonly history = new History<RegisterOp, RegisterResult>();
  /** Operations that were begun. */
  begun = 0;
  /** Operations that took place, as far as their clients know. */
  done = 0;
  private readonly world: World;
  private readonly limit: number;
  private readonly dice: Dice;
  private readonly clients: Client[] = [];
  private stopped = false;
  private unknown = 0;

  /** At most `clients` clients and `limit` operations. */
  constructor(world: World, clients: number, limit: number) {
    this.world = world;
    this.limit = limit;
    this.dice = new Dice(world.seed, CONCERN.clients);
    const { plan } = world;
    for (let number = 0; number < Math.min(plan.clients, clients); number++) {
      const seen = new Array<number>(plan.keys).fill(0);
      this.clients.push({
        number,
        current: undefined,
        recorded: 0,
        sequence: 0,
        target: 0,
        patience: plan.patience,
        seen,
      });
      world.queue.push(this.dice.exponential(plan.think), HAPPENING.client, number);
    }
  }

  /** No new operations from here on. */
  stop(): void {
    this.stopped = true;
  }

  /** A client begins its next operation. */
  begin(number: number): void {
    const client = this.clients[number]!;
    if (this.stopped || this.begun >= this.limit) return;
    this.begun++;
    const { dice, world } = this;
    const { queue, network } = world;
    if (dice.chance(0.1)) client.target = dice.below(world.processes.length);
    const operation = this.draw(client);
    client.current = operation;
    if (operation.kind !== COMMAND.filler) {
      client.recorded = this.history.invoke(number, registerOp(operation), queue.now);
    }
    queue.push(network.delay(), HAPPENING.request, client.target, number, operation);
    queue.push(client.patience, HAPPENING.patience, number, 0, operation);
  }

  /** An answer arrives at its client, who may have given up. */
  replied(operation: Operation): void {
    const client = this.clients[operation.client];
    // Not a client's, but a read of the second phase; or one that was given up.
    if (client?.current !== operation) return;
    const { world, dice } = this;
    client.current = undefined;
    const isFiller = operation.kind === COMMAND.filler;
    if (operation.outcome === 'refused') {
      if (!isFiller) this.history.refuse(client.recorded);
      const leader = world.processOf(operation.hint);
      client.target = leader?.place ?? dice.below(world.processes.length);
      world.queue.push(dice.exponential(world.plan.heartbeat / 2), HAPPENING.client, client.number);
      return;
    }
    this.done++;
    client.patience = world.plan.patience;
    if (isFiller) {
      this.next(client);
      return;
    }
    if (operation.kind !== COMMAND.cas)
      client.seen[operation.key] = operation.kind === COMMAND.read ? operation.result : operation.value;
    this.history.return(client.recorded, registerResult(operation), world.queue.now);
    this.next(client);
  }

  /** A client gives up: it will never know what became of its operation. */
  lostPatience(operation: Operation): void {
    const client = this.clients[operation.client]!;
    if (client.current !== operation) return;
    client.current = undefined;
    client.patience *= 2;
    // A read changed nothing, so nobody needs to ask when it took place.
    if (operation.kind === COMMAND.read) this.history.refuse(client.recorded);
    else if (operation.kind !== COMMAND.filler) this.unknown++;
    client.target = this.dice.below(this.world.processes.length);
    this.next(client);
  }

  private next(client: Client): void {
    this.world.queue.push(this.dice.exponential(this.world.plan.think), HAPPENING.client, client.number);
  }

  private draw(client: Client): Operation {
    const { dice } = this;
    const { plan } = this.world;
    const drawn = dice.pick([COMMAND.read, COMMAND.write, COMMAND.write, COMMAND.cas] as const);
    const kind = drawn !== COMMAND.read && this.unknown >= UNKNOWN_OPERATIONS ? COMMAND.filler : drawn;
    const key = dice.below(plan.keys);
    const direct = kind === COMMAND.read && dice.chance(0.7);
    const fillers = direct || plan.fillers === 0 ? 0 : dice.below(plan.fillers + 1);
    client.sequence += fillers + 1;
    const { number, sequence } = client;
    return {
      client: number,
      sequence,
      kind,
      key,
      value: uniqueValue(number, sequence),
      expected: client.seen[key]!,
      direct,
      fillers,
      outcome: 'pending',
      result: 0,
      hint: 0,
    };
  }
}

function registerOp({ kind, key: index, value, expected }: Operation): RegisterOp {
  const key = KEYS[index]!;
  if (kind === COMMAND.read) return { kind: 'read', key };
  if (kind === COMMAND.write) return { kind: 'write', key, value };
  return { kind: 'compare-and-set', key, expected, value };
}

function registerResult({ kind, result }: Operation): RegisterResult {
  if (kind === COMMAND.read) return result;
  return kind === COMMAND.write ? true : result === 1;
}
