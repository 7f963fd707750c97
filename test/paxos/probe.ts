// Owns: one replica under a microscope: the test plays all the others and the disk, and sees each effect. Not here: several
// replicas (cluster.ts).

import { Sfc32 } from '../../src/base/random.ts';
import type { Ballot, ReplicaId } from '../../src/paxos/ballot.ts';
import { firstConfiguration } from '../../src/paxos/configuration.ts';
import type { DropReason, PaxosLimits } from '../../src/paxos/core.ts';
import type { Effects, HardState, Recovered, Write } from '../../src/paxos/effects.ts';
import type { Event } from '../../src/paxos/event.ts';
import type { Body, Message, MessageKind } from '../../src/paxos/message.ts';
import { Replica } from '../../src/paxos/replica.ts';
import { entryOf, formatted } from './cluster.ts';

export function ballot(round: number, replica: ReplicaId, configuration = 1): Ballot {
  return { configuration, round, replica };
}

export const entries = (...values: string[]) => values.map(entryOf);

export interface ProbeOptions {
  readonly id?: ReplicaId;
  readonly size?: number;
  readonly hard?: Partial<HardState>;
  readonly disk?: Partial<Recovered>;
  readonly limits?: Partial<PaxosLimits>;
}

/** Elections are somebody else's subject: what the replica says there is left out everywhere. */
const ELECTION: readonly MessageKind[] = ['vote', 'ping'];

export class Probe {
  readonly replica: Replica;
  readonly writes: Write[] = [];
  /** Why it must not take part, if it was told. */
  refused: string | undefined;
  private flushed = 0;

  /** Replica 2 of 3 with an empty disk, unless told otherwise. The others have the incarnations 1001, 1002 … */
  constructor({ id = 2, size = 3, hard, disk, limits }: ProbeOptions = {}) {
    const configuration = firstConfiguration(Array.from({ length: size }, (_, index) => index + 1));
    const blank = formatted(configuration, 1000 + id);
    const known = configuration.members.map((member) => [member.id, 1000 + member.id] as const);
    const recovered = { ...blank, ...disk, hard: { ...blank.hard, known, ...hard } };
    this.replica = new Replica({ id, recovered, random: new Sfc32(1, 2, 3), limits: limits ?? {} });
    this.step({ kind: 'start' });
  }

  get view() {
    return this.replica.view;
  }

  dropped(reason: DropReason): number {
    return this.view.dropped.get(reason) ?? 0;
  }

  step(event: Event): Effects {
    const effects = this.replica.step(event);
    if (effects.write !== undefined) this.writes.push(effects.write);
    this.refused ??= effects.refused;
    return effects;
  }

  /** Everything that was written becomes durable. */
  flush(): Body[] {
    const write = this.writes.at(-1)?.number ?? 0;
    if (write === this.flushed) return [];
    this.flushed = write;
    return bodies(this.step({ kind: 'persisted', write }));
  }

  receive(from: ReplicaId, body: Body, envelope: Partial<Message> = {}): Effects {
    const configuration = this.view.configuration.number;
    const message = { from, to: this.view.id, configuration, incarnation: 1000 + from, body, ...envelope };
    return this.step({ kind: 'receive', message });
  }

  /** What the replica sends at once, the disk not having flushed. */
  hear(from: ReplicaId, body: Body): Body[] {
    return bodies(this.receive(from, body));
  }

  /** The same, and then what it sends when all is durable. */
  hearAndFlush(from: ReplicaId, body: Body): Body[] {
    return [...this.hear(from, body), ...this.flush()];
  }

  /** Follows `leader` at `at`: promised, its log accepted, durable and acknowledged. */
  following(leader: ReplicaId, at: Ballot, ...values: string[]): this {
    this.hearAndFlush(leader, prepareOf(at));
    this.hearAndFlush(leader, syncOf(at, values));
    return this;
  }

  /** Leads at round 1 or above with the promises of all others, who have nothing; all of its own is durable. */
  leading(): this {
    this.step({ kind: 'nominate' });
    this.flush();
    for (const { id } of this.view.configuration.members) {
      if (id !== this.view.id) this.receive(id, promiseOf(this.view.promised));
    }
    this.flush();
    return this;
  }

  propose(...values: string[]): Effects {
    return this.step({ kind: 'propose', entries: entries(...values) });
  }
}

export function bodies(effects: Effects): Body[] {
  return effects.send.map((message) => message.body).filter((body) => !ELECTION.includes(body.kind));
}

export function kinds(sent: readonly Body[]): MessageKind[] {
  return sent.map((body) => body.kind);
}

const NOTHING = ballot(0, 0, 0);

export function prepareOf(at: Ballot): Body {
  return { kind: 'prepare', ballot: at, accepted: NOTHING, length: 0, decided: 0 };
}

/** By default of one who has nothing. */
export function promiseOf(
  at: Ballot,
  accepted: Ballot = NOTHING,
  values: readonly string[] = [],
  decided = 0,
): Body {
  return {
    kind: 'promise',
    ballot: at,
    accepted,
    length: values.length,
    decided,
    from: 0,
    entries: entries(...values),
  };
}

export function syncOf(
  at: Ballot,
  values: readonly string[],
  from = 0,
  decided = 0,
): Body & { kind: 'accept-sync' } {
  const target = from + values.length;
  const said = entries(...values);
  return {
    kind: 'accept-sync',
    ballot: at,
    start: from,
    from,
    entries: said,
    decided,
    snapshot: false,
    repair: 0,
    target,
  };
}

export function acceptOf(at: Ballot, from: number, values: readonly string[], decided = 0): Body {
  return { kind: 'accept', ballot: at, from, entries: entries(...values), decided };
}
