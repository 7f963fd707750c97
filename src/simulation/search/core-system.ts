// Owns: a cluster of three real replicas as a system to search: the code of src/paxos itself, not a model of it.
// Not here: what one replica does (core-moves.ts, local-states.ts), the search (explore-maximal.ts, explore.ts).
// Checked in every state, besides what local-states.ts checks:
//   1. One decided value per index, over all replicas and restarts, and for ever: `chosen` remembers what was decided.
//   2. What was decided is durable on a quorum.
//   3. An outdated message does nothing, which reduction (c) relies on.
//
// What can happen, in any order within the bounds: a replica is nominated, a proposer is asked to propose, a message that was
// sent is delivered (or never is, or again), all writes that wait become durable, a replica crashes, with all of them or none, and starts
// with what is durable. Ticks, votes, heartbeats, reads, snapshots, damage and reconfiguration do not happen here; the simulator
// has them, and disks that keep a part of what waits. A follower may ask for synchronisation at any time, as if a tick
// had passed. The replicas have met: each knows the incarnations of the others.
//
// Reductions, none of which hides a bad state:
//   a. A replica's step depends on its own state and the event only, so each is computed once (local-states.ts).
//   b. What waits to be written becomes durable together, so local states that differ only in its pieces are one.
//   c. Messages that can do nothing any more are forgotten (`isDead`, checked by 3).
//   d. Of two states with equal replicas, the one with more messages and less used of the bounds covers the other: any
//      message may be lost.
//   e. Where messages may be doubled, a delivery that leaves its receiver as it was and makes it send something is done at
//      once: by (d) nothing is lost.
//   f. Replica 1 is nominated first, and replica 3 never. Names count only by their order in ballots of one round. If the
//      second proposer knows the first ballot, rounds differ and names can be exchanged; if not, its nomination could have
//      come first. (Had it known and forgotten in a crash, only a SyncRequest could be left of that; others bring the same answer.)

import { NO_BALLOT, type ReplicaId } from '../../paxos/ballot.ts';
import { firstConfiguration, quorumOf } from '../../paxos/configuration.ts';
import type { MakeReplica } from '../replica-under-test.ts';
import { CoreMoves, type DiskPace, isDead, type Move, type ProposalTime } from './core-moves.ts';
import type { Step } from './explore.ts';
import type { OrderedSystem } from './explore-maximal.ts';
import { EMPTY, Inboxes } from './inboxes.ts';
import { type LocalState, LocalStates } from './local-states.ts';
import type { StateWriter } from './state-hash.ts';

export interface CoreBounds {
  /** Ballots started: 0, 1 or 2. */
  readonly ballots: number;
  /** Entries proposed, each different, at most one in each ballot, by its proposer, before the next ballot starts. */
  readonly entries: number;
  readonly crashes: number;
  readonly disks: DiskPace;
  readonly proposals: ProposalTime;
  /** How often one message may be delivered. */
  readonly deliveries: 'once' | 'again';
}

/** All of a cluster. Arrays are by replica. */
export interface ClusterState {
  /** Numbers of local states. */
  readonly locals: readonly number[];
  /** Numbers of the sets of messages that were sent to each. */
  readonly inboxes: readonly number[];
  /** What is used of the bounds. */
  readonly ballots: number;
  readonly entries: number;
  readonly crashes: number;
  /** Who started the last ballot, 0 at first. */
  readonly proposer: ReplicaId;
  /** What was ever decided anywhere, one letter an entry. */
  readonly chosen: string;
  readonly problem: string | undefined;
}

interface Offers {
  readonly moves: readonly Move[];
  /** What deliveries that change nothing at the receiver make it send. */
  readonly echoes: Move['sent'];
  readonly problem: string | undefined;
}

const MEMBERS: readonly ReplicaId[] = [1, 2, 3];
const FIRST_NOMINEE: ReplicaId = 1;
const NOMINEES: readonly ReplicaId[] = [1, 2];
const MAX_BALLOTS = 2;

export class CoreSystem implements OrderedSystem<ClusterState> {
  private readonly bounds: CoreBounds;
  private readonly inboxes = new Inboxes();
  private readonly locals: LocalStates;
  private readonly core: CoreMoves;
  private readonly configuration = firstConfiguration(MEMBERS);
  private readonly offered = new Map<string, Offers>();
  private readonly living = new Map<string, number>();

  constructor(make: MakeReplica, bounds: CoreBounds) {
    if (bounds.ballots > MAX_BALLOTS)
      throw new RangeError(`at most ${MAX_BALLOTS} ballots: with more, a Nack matters`);
    this.bounds = bounds;
    this.locals = new LocalStates(make, this.configuration);
    this.core = new CoreMoves(this.locals, this.inboxes, bounds.disks, bounds.proposals);
  }

  /** For the report: different states of one replica, and different messages. */
  get size(): { readonly localStates: number; readonly messages: number } {
    return { localStates: this.locals.count, messages: this.inboxes.messageCount };
  }

  initial(): ClusterState[] {
    const incarnations = MEMBERS.map((id) => [id, 100 + id] as const);
    const locals = incarnations.map(([id, incarnation]) => {
      const known = incarnations.filter(([other]) => other !== id);
      const ballots = { promised: NO_BALLOT, accepted: NO_BALLOT };
      const hard = {
        incarnation,
        admitted: true,
        damaged: false,
        ...ballots,
        configuration: this.configuration,
        known,
      };
      return this.locals.start(id, { hard, entries: [], decided: 0 }).to.number;
    });
    const inboxes = MEMBERS.map(() => EMPTY);
    return [
      { locals, inboxes, ballots: 0, entries: 0, crashes: 0, proposer: 0, chosen: '', problem: undefined },
    ];
  }

  *next(state: ClusterState): Iterable<Step<ClusterState>> {
    const mayPropose = state.entries < this.bounds.entries && state.entries < state.ballots;
    for (let place = 0; place < MEMBERS.length; place++) {
      const local = this.locals.at(state.locals[place]!);
      const own = this.core.ownMoves(
        local,
        NOMINEES.includes(local.id),
        state.entries,
        mayPropose && local.id === state.proposer,
      );
      for (const move of own) if (this.isWithin(state, move)) yield this.step(state, place, move);
      for (const move of this.offers(local, state.inboxes[place]!).moves) {
        if (this.isWithin(state, move)) yield this.step(state, place, move);
      }
    }
  }

  write(state: ClusterState, writer: StateWriter): void {
    this.writeGroup(state, writer);
    for (const inbox of state.inboxes) writer.int(inbox);
    writer.int(state.ballots);
    writer.int(state.entries);
    writer.int(state.crashes);
  }

  writeGroup(state: ClusterState, writer: StateWriter): void {
    for (const local of state.locals) writer.int(local);
    writer.int(state.proposer);
    writer.text(state.chosen);
    writer.text(state.problem ?? '');
  }

  covers(a: ClusterState, b: ClusterState): boolean {
    if (a.ballots > b.ballots || a.entries > b.entries || a.crashes > b.crashes) return false;
    for (let place = 0; place < MEMBERS.length; place++) {
      if (!this.inboxes.includes(a.inboxes[place]!, b.inboxes[place]!)) return false;
    }
    return true;
  }

  weight(state: ClusterState): number {
    const { ballots, entries, crashes } = this.bounds;
    let weight = ballots - state.ballots + entries - state.entries + crashes - state.crashes;
    for (const inbox of state.inboxes) weight += this.inboxes.members(inbox).length;
    return weight;
  }

  check(state: ClusterState): string | undefined {
    if (state.problem !== undefined) return state.problem;
    for (let index = 0; index < state.chosen.length; index++) {
      let holders = 0;
      for (const local of state.locals)
        if (this.locals.at(local).durable[index] === state.chosen[index]) holders++;
      if (holders < quorumOf(this.configuration))
        return `entry ${index} is decided but durable on ${holders} only`;
    }
    return undefined;
  }

  private isWithin(state: ClusterState, { to, ballots, crashes }: Move): boolean {
    if (state.crashes + crashes > this.bounds.crashes || state.ballots + ballots > this.bounds.ballots)
      return false;
    return ballots === 0 || state.ballots > 0 || to.id === FIRST_NOMINEE;
  }

  private step(state: ClusterState, place: number, move: Move): Step<ClusterState> {
    const { to } = move;
    const locals = state.locals.with(place, to.number);
    const once = this.bounds.deliveries === 'once';
    const before = state.inboxes[place]!;
    const left = once ? this.inboxes.without(before, (message) => message === move.message) : before;
    const inboxes = state.inboxes.with(place, this.alive(left, to));
    this.send(locals, inboxes, move.sent);
    if (!once) this.echo(locals, inboxes);
    const after: ClusterState = {
      locals,
      inboxes,
      ballots: state.ballots + move.ballots,
      entries: state.entries + move.entries,
      crashes: state.crashes + move.crashes,
      proposer: move.ballots === 1 ? to.id : state.proposer,
      chosen: to.decided.length > state.chosen.length ? to.decided : state.chosen,
      problem: to.problem ?? disagreement(state.chosen, to) ?? this.offers(to, inboxes[place]!).problem,
    };
    return { action: move.action, state: after };
  }

  /** Adds to `inboxes`. Answers whether anything was new. */
  private send(locals: readonly number[], inboxes: number[], sent: Move['sent']): boolean {
    let grown = false;
    for (const [to, message] of sent) {
      const place = to - 1;
      const before = inboxes[place]!;
      inboxes[place] = this.alive(this.inboxes.with(before, message), this.locals.at(locals[place]!));
      if (inboxes[place] !== before) grown = true;
    }
    return grown;
  }

  private echo(locals: readonly number[], inboxes: number[]): void {
    for (let grown = true; grown; ) {
      grown = false;
      for (let place = 0; place < MEMBERS.length; place++) {
        const { echoes } = this.offers(this.locals.at(locals[place]!), inboxes[place]!);
        if (echoes.length > 0 && this.send(locals, inboxes, echoes)) grown = true;
      }
    }
  }

  private offers(local: LocalState, inbox: number): Offers {
    const key = `${local.number},${inbox}`;
    let offers = this.offered.get(key);
    if (offers === undefined) {
      const all = this.inboxes.members(inbox).flatMap((message) => this.core.deliveries(local, message));
      const again = this.bounds.deliveries === 'again';
      const echoes = all.filter(({ to }) => again && to === local).flatMap(({ sent }) => sent);
      offers = {
        moves: all.filter(({ to }) => !again || to !== local),
        echoes,
        problem: this.revived(local, inbox),
      };
      this.offered.set(key, offers);
    }
    return offers;
  }

  private alive(inbox: number, local: LocalState): number {
    const key = `${local.number},${inbox}`;
    let alive = this.living.get(key);
    if (alive === undefined) {
      alive = this.inboxes.without(inbox, (message) => this.isForgotten(message, local));
      this.living.set(key, alive);
    }
    return alive;
  }

  /** Tried, not believed: a message that should do nothing any more and does something stays, and is a problem. */
  private isForgotten(message: number, local: LocalState): boolean {
    return isDead(this.inboxes.message(message), local) && this.core.deliveries(local, message).length === 0;
  }

  private revived(local: LocalState, inbox: number): string | undefined {
    const members = this.inboxes.members(inbox).map((message) => this.inboxes.message(message));
    const stale = members.find((message) => isDead(message, local));
    return stale && `replica ${local.id} acts upon an outdated ${stale.body.kind} of ${stale.from}`;
  }
}

function disagreement(chosen: string, { id, decided }: LocalState): string | undefined {
  const both = Math.min(chosen.length, decided.length);
  if (chosen.slice(0, both) === decided.slice(0, both)) return undefined;
  return `replica ${id} decides ${decided} where ${chosen} is decided`;
}
