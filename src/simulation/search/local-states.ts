// Owns: the states that one replica and its disk can be in, each known by a number, and what each event leads to from there, computed
// once by the real core. Not here: which events happen (core-system.ts).
// Invariants, checked whenever a local state is made:
//   1. decided <= length, and the core broke none of its own assertions.
//   2. The promise on the disk never goes back, nor the accepted ballot.
//   3. What a Prepare, Promise or Accepted says is durable when it leaves. With 2: no promise is forgotten by a restart.

import { AssertionError } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import { type Ballot, ballotText, compareBallots, type ReplicaId } from '../../paxos/ballot.ts';
import type { Configuration } from '../../paxos/configuration.ts';
import type { Core } from '../../paxos/core.ts';
import type { Effects, HardState, Write } from '../../paxos/effects.ts';
import type { Entry } from '../../paxos/entry.ts';
import type { Event } from '../../paxos/event.ts';
import { PAXOS_LIMITS } from '../../paxos/limits.ts';
import type { Message } from '../../paxos/message.ts';
import type { Role } from '../../paxos/roles.ts';
import type { MakeReplica, ReplicaUnderTest } from '../replica-under-test.ts';
import { copyOf, type PlainDataRules, textOf } from './plain-data.ts';

export interface LocalState {
  readonly number: number;
  readonly id: ReplicaId;
  readonly replica: ReplicaUnderTest;
  readonly disk: Disk;
  readonly pending: readonly Write[];
  readonly role: Role;
  readonly promised: Ballot;
  /** The decided entries and the durable ones, one letter each. */
  readonly decided: string;
  readonly durable: string;
  readonly problem: string | undefined;
}

export interface Disk {
  readonly hard: HardState;
  readonly entries: readonly Entry[];
  readonly decided: number;
}

/** What an event leads to. */
export interface Outcome {
  readonly to: LocalState;
  readonly sent: readonly Message[];
  /** The replica has begun phase 1 with a new ballot. */
  readonly startedBallot: boolean;
}

/**
 * Random bits, limits and functions never change. Left out of the text, for nothing that can happen here depends on them:
 * counters of dropped messages; the election and who hears whom (no ticks, votes or pings are given); the
 * numbers of writes (those outstanding are always the last ones; `number` is also the configuration's, which never changes).
 */
const RULES: PlainDataRules = {
  reset: new Map([['askedAt', -1]]),
  shared: new Set(['view', 'random', 'limits', 'configuration', 'data', 'body']),
  skipped: new Set([
    'view',
    'random',
    'limits',
    'dropped',
    'askedAt',
    'election',
    'connectivity',
    'writes',
    'number',
  ]),
  bags: new Set(['held']),
  rewritten: new Map([['outstanding', asOneWrite]]),
};

/** All writes that wait become durable together: of them matters only what all of them bring. */
function asOneWrite(field: unknown): unknown {
  const writes = field as readonly { readonly length: number; readonly held: readonly Message[] }[];
  if (writes.length === 0) return writes;
  return {
    length: Math.max(...writes.map(({ length }) => length)),
    held: writes.flatMap(({ held }) => held),
  };
}

/** Chance plays no part: all that it decides in the core is patience, and there is no time here. */
const NO_CHANCE: Random = { int32: () => 0 };

export class LocalStates {
  private readonly states: LocalState[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly make: MakeReplica;
  private readonly configuration: Configuration;

  constructor(make: MakeReplica, configuration: Configuration) {
    this.make = make;
    this.configuration = configuration;
  }

  get count(): number {
    return this.states.length;
  }

  at(number: number): LocalState {
    return this.states[number]!;
  }

  /** A replica that starts, or starts again, with what is on its disk. */
  start(id: ReplicaId, disk: Disk): Outcome {
    const recovered = {
      ...disk,
      offset: 0,
      snapshotConfiguration: this.configuration,
      damaged: false,
    };
    const replica = this.make({ id, random: NO_CHANCE, recovered, limits: PAXOS_LIMITS });
    return this.step(replica, { id, disk, pending: [] }, { kind: 'start' });
  }

  /** `event` happens in `from`. */
  after(from: LocalState, event: Event): Outcome {
    return this.step(copyOf(from.replica, RULES), from, event);
  }

  /** The first `count` pending writes become durable. */
  persisted(from: LocalState, count: number): Outcome {
    const disk = from.pending.slice(0, count).reduce(written, from.disk);
    const { number } = from.pending[count - 1]!;
    const after = { id: from.id, disk, pending: from.pending.slice(count) };
    const outcome = this.step(copyOf(from.replica, RULES), after, { kind: 'persisted', write: number });
    return { ...outcome, to: this.withProblem(outcome.to, wentBack(from.disk, disk)) };
  }

  /** The process dies when `survivors` of its pending writes are durable, and starts again. */
  crashed(from: LocalState, survivors: number): Outcome {
    return this.start(from.id, from.pending.slice(0, survivors).reduce(written, from.disk));
  }

  private step(
    replica: ReplicaUnderTest,
    { id, disk, pending }: Pick<LocalState, 'id' | 'disk' | 'pending'>,
    event: Event,
  ): Outcome {
    const core = coreOf(replica);
    const before = core.promised;
    let effects: Effects;
    try {
      effects = replica.step(event);
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      const to = this.intern({ id, replica, disk, pending, problem: error.message });
      return { to, sent: [], startedBallot: false };
    }
    const { promised, decided, log } = core;
    const early = effects.send
      .map((message) => saidTooEarly(message, disk))
      .find((text) => text !== undefined);
    const ahead =
      decided > log.length ? `replica ${id} calls ${decided} of ${log.length} entries decided` : undefined;
    const after = effects.write === undefined ? pending : [...pending, effects.write];
    const to = this.intern({ id, replica, disk, pending: after, problem: early ?? ahead });
    const startedBallot = promised.replica === id && compareBallots(promised, before) !== 0;
    return { to, sent: effects.send, startedBallot };
  }

  private withProblem(state: LocalState, problem: string | undefined): LocalState {
    return problem === undefined ? state : this.intern({ ...state, problem });
  }

  private intern(made: Pick<LocalState, 'id' | 'replica' | 'disk' | 'pending' | 'problem'>): LocalState {
    const { id, replica, disk, pending, problem } = made;
    const flushed = pending.reduce(written, disk);
    const text = textOf([id, replica, disk, pending.length > 0 && flushed, problem], RULES);
    const known = this.numbers.get(text);
    if (known !== undefined) return this.states[known]!;
    const { role, promised, decided, log } = coreOf(replica);
    const state: LocalState = {
      number: this.states.length,
      id,
      replica,
      disk,
      pending,
      role,
      promised,
      decided: Array.from({ length: decided }, (_, index) => letterOf(log.at(index))).join(''),
      durable: disk.entries.map(letterOf).join(''),
      problem,
    };
    this.numbers.set(text, state.number);
    this.states.push(state);
    return state;
  }
}

/** A copy has its own core, but the view of its original. */
function coreOf(replica: ReplicaUnderTest): Core {
  return (replica as unknown as { readonly core: Core }).core;
}

function letterOf(entry: Entry | undefined): string {
  return String.fromCharCode(entry?.data[0] ?? 0);
}

function written(disk: Disk, write: Write): Disk {
  return {
    hard: write.hard ?? disk.hard,
    entries: [...disk.entries.slice(0, write.from), ...write.entries],
    decided: write.decided,
  };
}

function wentBack(before: Disk, after: Disk): string | undefined {
  if (compareBallots(after.hard.promised, before.hard.promised) < 0) return 'a promise on the disk went back';
  if (compareBallots(after.hard.accepted, before.hard.accepted) < 0)
    return 'an accepted ballot on the disk went back';
  return undefined;
}

function saidTooEarly({ from, body }: Message, disk: Disk): string | undefined {
  const promises = body.kind === 'prepare' || body.kind === 'promise';
  if (promises && compareBallots(disk.hard.promised, body.ballot) < 0)
    return `replica ${from} tells of its promise ${ballotText(body.ballot)}, which is not durable`;
  if (body.kind === 'promise') return logSaidTooEarly(from, body.accepted, body.length, disk);
  if (body.kind === 'accepted') return logSaidTooEarly(from, body.ballot, body.length, disk);
  return undefined;
}

/** The disk may be further, at a higher ballot: then this was true before. */
function logSaidTooEarly(from: ReplicaId, ballot: Ballot, length: number, disk: Disk): string | undefined {
  const order = compareBallots(disk.hard.accepted, ballot);
  if (order > 0 || (order === 0 && disk.entries.length >= length)) return undefined;
  return `replica ${from} tells of ${length} entries accepted at ${ballotText(ballot)}, which are not durable`;
}
