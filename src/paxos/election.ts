// Owns: fast leader election. It only nominates: whoever it names must still pass phase 1, and no safety depends on it.
// Not here: when to look for a leader (the core's patience with a silent one), and who hears whom (connectivity.ts).
//
// The rules, after Apache ZooKeeper's FastLeaderElection and its description (Medeiros, "ZooKeeper's atomic broadcast
// protocol", 2012, section 4.3). Each has its test in test/paxos/election/rules.test.ts:
//   1. First I vote for myself, and tell everyone.
//   2. A proposal is answered with my present vote, unless it only repeats what I know.
//   3. The ballot box of a round takes one vote of each replica; old and repeated ones are refused.
//   4. When I learn of a better candidate I empty the box and vote again.
//   5. A higher round empties my box: I vote again in that round.
//   6. I go on until a candidate has more than half of the votes and has itself voted so in my hearing.
//   7. Then I lead or follow, and answer everyone with that result.
// What production taught:
//   8. A settled replica does not change its mind because of a vote, so a half-deaf one unseats nobody. One exception,
//      before the leader's first message (`confirmed`): it was the elected one itself that went on looking.
//   9. Who hears a quorum of settled replicas name one leader, and that leader itself, joins without an election. A
//      leader that cannot be heard is of no use to a follower, so nobody joins on hearsay.
//  10. Who may not lead offers no candidate but passes on the votes of others, and withdraws by a new round when others
//      vote for it. So a replica that alone hears a quorum wins, even with a shorter log.
//  11. A round without a result ends after some patience; the next starts without the candidates of the last.
//      Patience and the gaps between repeated votes double up to PAXOS_TICKS.backOff ticks.
// Invariants: `round` never goes back; `leader` is 0 exactly while looking; while looking, the box has my present vote.

import { fraction, type Random } from '../base/random.ts';
import type { ReplicaId } from './ballot.ts';
import { BallotBox } from './ballot-box.ts';
import { PAXOS_TICKS } from './limits.ts';
import type { Candidate, ElectionState, Vote } from './message.ts';
import { betterCandidate, compareCandidates, knownLeader } from './vote-order.ts';

export interface ElectionContext {
  readonly self: ReplicaId;
  /** Including self. */
  readonly members: readonly ReplicaId[];
  readonly quorum: number;
  /** What this replica can offer; undefined if it may not lead: damaged, or it does not hear a quorum both ways. */
  readonly own: Candidate | undefined;
  readonly random: Random;
  send(to: ReplicaId, body: Vote): void;
}

/** Doubling more often than this reaches PAXOS_TICKS.backOff from any start. */
const MAX_DOUBLINGS = 5;

export class Election {
  state: ElectionState = 'looking';
  /** 0 while looking. */
  leader: ReplicaId = 0;
  /** The election's "logical clock". Not a ballot's round, and not durable: after a restart others tell it. */
  round = 0;

  private candidate: Candidate | undefined;
  private readonly box = new BallotBox();
  /** The leader itself was heard as leader by the core. */
  confirmed = false;
  /** Rounds since a leader was confirmed. */
  private attempts = 0;
  /** Ticks until this round is given up, until the vote is repeated, and between that repetition and the next. */
  private patience = 0;
  private repeatIn = 0;
  private repeatGap = 1;

  /** Looks for a leader in a new round. Returns the leader that this call elected (a cluster of one elects at once), or 0. */
  look(context: ElectionContext): ReplicaId {
    return this.enter(context, this.round + 1, context.own);
  }

  /** One heartbeat interval has passed. Returns the leader that this call elected, or 0. */
  tick(context: ElectionContext): ReplicaId {
    if (this.state !== 'looking') return 0;
    const { own } = context;
    if (--this.patience <= 0 || (own === undefined && this.candidate?.replica === context.self))
      return this.look(context);
    if (own !== undefined && this.prefers(own)) return this.vote(context, own);
    if (--this.repeatIn <= 0) {
      this.repeatGap = Math.min(this.repeatGap * 2, PAXOS_TICKS.backOff);
      this.repeatIn = this.repeatGap;
      this.tellEveryone(context);
    }
    return 0;
  }

  /** Returns the leader that this call elected, or 0. Afterwards `state` may be `looking` again (rule 8). */
  receive(context: ElectionContext, from: ReplicaId, vote: Vote): ReplicaId {
    if (!isSound(context, from, vote)) return 0;
    if (this.state !== 'looking') return this.receiveSettled(context, from, vote);
    if (vote.state !== 'looking') return this.box.put(from, vote) ? this.result(context) : 0;
    if (vote.round < this.round) {
      this.tell(context, from);
      return 0;
    }
    const { candidate } = vote;
    if (candidate?.replica === context.self && context.own === undefined)
      return this.enter(context, vote.round + 1, undefined);
    let told = true;
    if (vote.round > this.round) this.enter(context, vote.round, betterCandidate(context.own, candidate));
    else if (candidate !== undefined && this.prefers(candidate)) this.vote(context, candidate);
    else told = false;
    const isWorse = compareCandidates(candidate, this.candidate) < 0;
    const isNews = this.box.put(from, vote);
    const elected = isNews ? this.result(context) : 0;
    // A repeated vote like mine gets no answer, or two lookers would answer each other for ever.
    if (!told && (isNews || isWorse)) this.tell(context, from);
    return elected;
  }

  /** The core follows `leader`, or leads itself: from here on that is the answer to every vote. */
  settle(context: ElectionContext, leader: ReplicaId): void {
    if (this.confirmed && this.leader === leader) return;
    this.confirmed = true;
    this.attempts = 0;
    this.become(context, leader);
  }

  private receiveSettled(context: ElectionContext, from: ReplicaId, vote: Vote): ReplicaId {
    const renounces =
      from === this.leader &&
      !this.confirmed &&
      vote.state !== 'leading' &&
      (vote.round > this.round || (vote.round === this.round && vote.candidate?.replica !== from));
    if (renounces) {
      const round = Math.max(vote.round, this.round + 1);
      const candidate = vote.candidate?.replica === context.self ? undefined : vote.candidate;
      this.enter(context, round, betterCandidate(context.own, candidate));
      return this.box.put(from, vote) ? this.result(context) : 0;
    }
    if (vote.state === 'looking') this.tell(context, from);
    return 0;
  }

  /** Starts over in `round` with this vote. */
  private enter(context: ElectionContext, round: number, candidate: Candidate | undefined): ReplicaId {
    this.state = 'looking';
    this.leader = 0;
    this.confirmed = false;
    this.round = round;
    const { election, electionJitter, backOff } = PAXOS_TICKS;
    const base = Math.min(election * 2 ** Math.min(this.attempts, MAX_DOUBLINGS), backOff - electionJitter);
    this.patience = base + Math.floor(fraction(context.random) * (electionJitter + 1));
    this.attempts++;
    return this.vote(context, candidate);
  }

  private prefers(candidate: Candidate): boolean {
    // A candidate whose log grew is the same candidate: no reason to vote again.
    return candidate.replica !== this.candidate?.replica && compareCandidates(candidate, this.candidate) > 0;
  }

  private vote(context: ElectionContext, candidate: Candidate | undefined): ReplicaId {
    this.candidate = candidate;
    this.box.empty();
    this.box.put(context.self, this.present());
    this.repeatGap = 1;
    this.repeatIn = 1;
    this.tellEveryone(context);
    return this.result(context);
  }

  private result(context: ElectionContext): ReplicaId {
    const elected = this.elected(context);
    if (elected !== 0) this.become(context, elected);
    return elected;
  }

  private elected({ self, own, quorum }: ElectionContext): ReplicaId {
    const choice = this.candidate?.replica ?? 0;
    const mayLead = choice !== self || own !== undefined;
    if (mayLead && this.box.elects(this.round, choice, quorum)) return choice;
    return this.box.settledLeader(quorum);
  }

  private become(context: ElectionContext, leader: ReplicaId): void {
    this.state = leader === context.self ? 'leading' : 'following';
    this.leader = leader;
    if (this.candidate?.replica !== leader) this.candidate = knownLeader(leader);
    this.box.empty();
  }

  private present(): Vote {
    return { kind: 'vote', round: this.round, state: this.state, candidate: this.candidate };
  }

  private tell(context: ElectionContext, to: ReplicaId): void {
    context.send(to, this.present());
  }

  private tellEveryone(context: ElectionContext): void {
    for (const member of context.members) if (member !== context.self) this.tell(context, member);
  }
}

/** Not from a stranger, for a stranger, or without a meaning. */
function isSound({ self, members }: ElectionContext, from: ReplicaId, vote: Vote): boolean {
  const { candidate, round, state } = vote;
  return (
    from !== self &&
    members.includes(from) &&
    Number.isSafeInteger(round) &&
    (candidate === undefined ? state === 'looking' : members.includes(candidate.replica))
  );
}
