// Owns: the state of one replica, the write that a step is making, and what waits for a write. All other files of this
// folder are functions over it. Not here: any rule of the protocol.
// Invariants:
//   1. A step makes at most one write; it holds everything that the step changed and must survive a crash.
//   2. What is held for a write is handed out by the step of its `persisted` event, never before.
//   3. `durable` is the length of the prefix that is durable and was accepted at `accepted`, or -1 if not even that
//      ballot is durable. It never exceeds `log.length`.
//   4. decided <= log.length, and neither `decided` nor `promised` ever goes back.

import { assert } from '../base/assert.ts';
import type { Random } from '../base/random.ts';
import { type Ballot, compareBallots, NO_BALLOT, type ReplicaId, sameBallot } from './ballot.ts';
import { type Configuration, quorumOf } from './configuration.ts';
import { Connectivity } from './connectivity.ts';
import type { HardState, ProposeResult, ReadResult, Recovered, Write } from './effects.ts';
import { Election } from './election.ts';
import type { Entry } from './entry.ts';
import type { PAXOS_LIMITS } from './limits.ts';
import { Log } from './log.ts';
import type { AcceptSync, Body, Message } from './message.ts';
import type { Progress } from './progress.ts';
import type { Role } from './roles.ts';

export type PaxosLimits = { readonly [K in keyof typeof PAXOS_LIMITS]: number };

export type DropReason =
  | 'unknown-replica'
  | 'unasked'
  | 'retired-replica'
  | 'other-configuration'
  | 'reborn'
  | 'not-for-me'
  | 'impostor'
  | 'wrong-role'
  | 'stale-ballot';

interface Outstanding {
  readonly number: number;
  /** The log's durable length at `accepted` once this write is durable; lowered if the log is cut meanwhile. */
  length: number;
  readonly held: Message[];
}

/** Phase 1 as its proposer sees it. */
export interface Gathering {
  /** Complete promises, the proposer's own among them. */
  readonly promises: Map<ReplicaId, Promised>;
  /** Promises whose entries did not fit into one message. */
  readonly partial: Map<ReplicaId, PartialPromise>;
}

export interface PartialPromise extends Promised {
  /** Grows with each part. */
  readonly entries: Entry[];
}

export interface Promised {
  readonly accepted: Ballot;
  readonly length: number;
  readonly decided: number;
  readonly from: number;
  readonly entries: readonly Entry[];
}

export interface Incoming extends Pick<AcceptSync, 'ballot' | 'start' | 'target'> {
  /** By `from`; they come in any order. */
  readonly parts: Map<number, readonly Entry[]>;
}

/** A read that waits at the leader for a round of heartbeats. */
export interface WaitingRead {
  /** 0: asked here. */
  readonly from: ReplicaId;
  readonly token: number;
  readonly index: number;
  readonly sequence: number;
}

export class Core {
  readonly id: ReplicaId;
  readonly limits: PaxosLimits;
  readonly random: Random;

  role: Role = 'looking';
  leader: ReplicaId = 0;
  readonly incarnation: number;
  admitted: boolean;
  damaged: boolean;
  promised: Ballot;
  accepted: Ballot;
  configuration: Configuration;
  quorum = 0;
  /** Ids that were replaced. */
  retired: ReadonlySet<ReplicaId> = new Set();
  private memberIds: readonly ReplicaId[] = [];
  readonly known: Map<ReplicaId, number>;
  /** Who is in `known` but not yet durably, and the write that will have it. */
  readonly recording: Map<ReplicaId, number> = new Map();
  readonly log: Log;
  decided: number;
  durable: number;
  /** The length of the last Accepted at `accepted`, or -1. */
  acknowledged = -1;
  /** The election chose this replica: the step ends with phase 1. */
  nominated = false;
  /** Someone has promised a higher ballot: phase 1 again, once a tick at most. */
  raise = false;
  raisedAt = -1;

  /** The highest round seen in any ballot. */
  round = 0;
  /** Ticks since this replica heard from its leader, or since it began what it does now. */
  silence = 0;
  /** Ticks of silence that it bears. */
  patience = 0;
  ticks = 0;
  readonly election = new Election();
  readonly connectivity = new Connectivity();

  /** As proposer. */
  gathering: Gathering = { promises: new Map(), partial: new Map() };
  kept: Entry[] = [];
  keptBytes = 0;
  readonly progress: Map<ReplicaId, Progress> = new Map();
  /** Ballot and length of the log that phase 1 chose. */
  chosen: { accepted: Ballot; length: number } = { accepted: NO_BALLOT, length: 0 };
  sequence = 0;
  readonly reads: WaitingRead[] = [];
  /** No round of heartbeats waits for a quorum. */
  roundDone = true;
  /** A stop-sign is in the log and not decided. */
  stopping = false;
  /** `decided` moved in this step. */
  announce = false;

  /** As follower. */
  readonly asked: Map<number, { readonly token: number; readonly tick: number }> = new Map();
  readonly nonce: number;
  questions = 0;
  /** Tick of the last SyncRequest or CatchUpRequest; one a tick is enough. */
  askedAt = -1;
  /** Parts of an AcceptSync, until they are complete. */
  incoming: Incoming | undefined;
  staged: { readonly index: number; readonly configuration: Configuration } | undefined;
  /** Not 0 while damaged: the number of this repair. */
  readonly repair: number;
  /** How long the log must be to be whole again, or -1. */
  repairTarget = -1;
  /** The configuration that others told of, and whom this replica asks about it, since which tick without news. */
  ahead: { number: number; source: ReplicaId; since: number } = { number: 0, source: 0, since: 0 };
  /** Of the CatchUpRequest that waits for its answer, or 0. */
  question = 0;
  readonly welcomes: Set<ReplicaId> = new Set();

  readonly dropped: Map<DropReason, number> = new Map();

  /** What the step under way has made so far. */
  outbox: Message[] = [];
  /** What this replica has to tell itself: its own promise, durable by now. */
  toSelf: Body[] = [];
  results: ReadResult[] = [];
  proposed: ProposeResult | undefined;
  fetch: { readonly from: ReplicaId; readonly index: number } | undefined;
  refused: string | undefined;
  private held: Message[] = [];
  private changedFrom = Number.POSITIVE_INFINITY;
  private snapshot = 0;
  private hardChanged = false;
  private writes = 0;
  private readonly outstanding: Outstanding[] = [];

  constructor(id: ReplicaId, recovered: Recovered, random: Random, limits: PaxosLimits) {
    const { hard } = recovered;
    assert(hard.incarnation !== 0, 'an incarnation is not 0');
    const isEmpty =
      recovered.offset === 0 && recovered.entries.length === 0 && !recovered.damaged && !hard.damaged;
    assert(
      !isEmpty || hard.admitted || hard.configuration.number <= 1,
      'an empty disk does not know configuration 2 or later',
    );
    this.id = id;
    this.limits = limits;
    this.random = random;
    this.incarnation = hard.incarnation;
    this.admitted = hard.admitted;
    this.damaged = hard.damaged || recovered.damaged;
    this.promised = hard.promised;
    this.accepted = hard.accepted;
    this.configuration = hard.configuration;
    this.enter(hard.configuration);
    this.known = new Map(hard.known);
    this.log = new Log(recovered.offset, recovered.entries);
    this.decided = Math.max(recovered.offset, Math.min(recovered.decided, this.log.length));
    if (this.damaged) this.log.cut(this.decided);
    this.durable = this.log.length;
    this.round = hard.promised.round;
    this.nonce = (random.int32() >>> 0) * 2 ** 21;
    this.repair = this.damaged ? this.nonce + 1 : 0;
    // The first write may cover the damage up, so it must tell of it.
    this.hardChanged = recovered.damaged && !hard.damaged;
  }

  /** By rising id. */
  get members(): readonly ReplicaId[] {
    return this.memberIds;
  }

  enter(configuration: Configuration): void {
    this.configuration = configuration;
    this.quorum = quorumOf(configuration);
    this.memberIds = configuration.members.map((member) => member.id);
    this.retired = new Set(configuration.retired);
  }

  /** May leave at once. */
  send(to: ReplicaId, body: Body): void {
    this.outbox.push(this.envelope(to, body));
  }

  /** Leaves when all writes up to this step's are durable; at once if there are none. */
  sendDurably(to: ReplicaId, body: Body): void {
    this.held.push(this.envelope(to, body));
  }

  sendToOthers(body: Body): void {
    for (const { id } of this.configuration.members) if (id !== this.id) this.send(id, body);
  }

  private envelope(to: ReplicaId, body: Body): Message {
    return {
      from: this.id,
      to,
      configuration: this.configuration.number,
      incarnation: this.incarnation,
      body,
    };
  }

  drop(reason: DropReason): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }

  /** The hard state belongs into this step's write. */
  harden(): void {
    this.hardChanged = true;
  }

  recordWithNextWrite(replica: ReplicaId): void {
    this.recording.set(replica, this.writes + 1);
    this.harden();
  }

  promise(ballot: Ballot): void {
    assert(compareBallots(ballot, this.promised) >= 0, 'a promise is never taken back');
    if (sameBallot(ballot, this.promised)) return;
    this.promised = ballot;
    this.round = Math.max(this.round, ballot.round);
    this.harden();
  }

  /** From this write on the log counts as accepted at `ballot`. */
  acceptAt(ballot: Ballot): void {
    assert(compareBallots(ballot, this.accepted) >= 0, 'an accepted ballot never goes back');
    if (sameBallot(ballot, this.accepted)) return;
    this.accepted = ballot;
    this.beginReplacing();
    this.harden();
  }

  /** The log is about to become another ballot's: nothing of it is acknowledged until this step's write is durable. */
  beginReplacing(): void {
    this.durable = -1;
    this.acknowledged = -1;
    for (const write of this.outstanding) write.length = -1;
  }

  append(entries: readonly Entry[], skip: number): void {
    if (skip >= entries.length) return;
    this.changedFrom = Math.min(this.changedFrom, this.log.length);
    this.log.append(entries, skip);
  }

  /** Cuts the log to `length`; what is decided is never cut. */
  cut(length: number): void {
    if (length === this.log.length) return;
    assert(length >= this.decided, 'a decided entry is never cut');
    assert(this.durable <= length, 'an entry accepted at this ballot is never cut');
    this.log.cut(length);
    this.changedFrom = Math.min(this.changedFrom, length);
  }

  /** Puts the staged snapshot in the place of the whole log. */
  useSnapshot(): void {
    const { staged } = this;
    assert(
      staged !== undefined && staged.index > this.decided,
      'a snapshot in use is ahead of what is decided',
    );
    this.log.restart(staged.index);
    this.decided = staged.index;
    this.snapshot = staged.index;
    this.changedFrom = staged.index;
    this.staged = undefined;
  }

  /** Ends the step: its write, if it changed anything durable; held messages go with it, or out. */
  finishWrite(): Write | undefined {
    if (!this.hardChanged && this.changedFrom === Number.POSITIVE_INFINITY) {
      this.release();
      return undefined;
    }
    const from = Math.min(this.changedFrom, this.log.length);
    const write: Write = {
      number: ++this.writes,
      hard: this.hardChanged ? this.hard() : undefined,
      snapshot: this.snapshot,
      from,
      entries: this.log.slice(from, this.log.length),
      decided: this.decided,
    };
    this.outstanding.push({ number: write.number, length: this.log.length, held: this.held });
    this.held = [];
    this.changedFrom = Number.POSITIVE_INFINITY;
    this.snapshot = 0;
    this.hardChanged = false;
    return write;
  }

  /** Nothing new to write: what was held waits for the writes under way, if there are any. */
  private release(): void {
    if (this.held.length === 0) return;
    const last = this.outstanding.at(-1);
    for (const message of this.held) {
      if (last === undefined) this.letGo(message);
      else last.held.push(message);
    }
    this.held = [];
  }

  private letGo(message: Message): void {
    if (message.to === this.id) this.toSelf.push(message.body);
    else this.outbox.push(message);
  }

  /** Writes up to `number` are durable. */
  persisted(number: number): void {
    assert(number <= this.writes, 'only a write that was made is durable');
    while (this.outstanding.length > 0 && this.outstanding[0]!.number <= number) {
      const { length, held } = this.outstanding.shift()!;
      if (length > this.durable) this.durable = length;
      for (const message of held) this.letGo(message);
    }
    if (this.recording.size > 0) {
      for (const [replica, write] of this.recording) if (write <= number) this.recording.delete(replica);
    }
    assert(this.durable <= this.log.length, 'what is durable is in the log');
  }

  get writing(): boolean {
    return this.outstanding.length > 0;
  }

  private hard(): HardState {
    return {
      incarnation: this.incarnation,
      admitted: this.admitted,
      damaged: this.damaged,
      promised: this.promised,
      accepted: this.accepted,
      configuration: this.configuration,
      known: [...this.known],
    };
  }
}
