// Owns: what is checked after every step of every replica, whatever happens: safety. Not here: linearizability (at the
// end, from the clients' history), liveness (settling.ts). All incremental: the cost of a step does not grow with the run.

import { type Ballot, ballotText, compareBallots, NO_BALLOT } from '../paxos/ballot.ts';
import type { Configuration } from '../paxos/configuration.ts';
import type { Recovered } from '../paxos/effects.ts';
import type { Entry } from '../paxos/entry.ts';
import type { Message } from '../paxos/message.ts';
import { fail } from './check-failure.ts';
import { DecidedLog, sameEntry } from './decided-log.ts';
import type { SimulatedDisk } from './disk.ts';
import type { LostCopies } from './lost-copies.ts';
import { MAX_PLACES } from './network.ts';
import type { Image } from './registers.ts';
import type { ReplicaView } from './replica-under-test.ts';

/** A replica as its checks see it. */
export interface Subject {
  readonly id: number;
  readonly place: number;
  /** Counts the processes that ran under this name. */
  readonly life: number;
  readonly disk: SimulatedDisk;
  /** What was on the disks that it lost as a whole. */
  readonly gone: LostCopies;
  readonly mustNotVote: boolean;
}

/** What was seen of a replica, over its restarts. */
interface Seen {
  promised: Ballot;
  accepted: Ballot;
  decided: number;
  /** The ballot at which it was last seen leading. */
  led: Ballot;
}

const VOTING_ROLES: ReadonlySet<string> = new Set(['looking', 'following', 'preparing', 'leading']);

export class Checks {
  readonly log: DecidedLog;
  private readonly seen: Seen[] = [];
  private readonly subjects: (Subject | undefined)[] = new Array<undefined>(MAX_PLACES).fill(undefined);
  /** By the ballot as a number: who leads it, as `place` and `life` in one number. */
  private readonly leaders = new Map<number, number>();

  constructor(configuration: Configuration) {
    this.log = new DecidedLog(configuration, (member, index, entry) => this.isDurable(member, index, entry));
  }

  /** A replica (re)starts with what its disk gave it. */
  started(subject: Subject, { hard }: Recovered): void {
    this.subjects[subject.place] = subject;
    const seen = this.seen[subject.place];
    if (seen === undefined) {
      this.forget(subject.place);
      return;
    }
    this.notBack(subject, 'promised', seen.promised, hard.promised);
    this.notBack(subject, 'accepted', seen.accepted, hard.accepted);
    seen.decided = 0;
    seen.led = NO_BALLOT;
  }

  /** The disk at `place` is a new one: what the old one promised is not asked of it. */
  forget(place: number): void {
    this.seen[place] = { promised: NO_BALLOT, accepted: NO_BALLOT, decided: 0, led: NO_BALLOT };
    this.subjects[place] ??= undefined;
  }

  /** After each step. Not called for the step in which a process dies. */
  stepped(subject: Subject, view: ReplicaView): void {
    const seen = this.seen[subject.place]!;
    const { decided, length, promised, accepted, role } = view;
    if (decided > length || view.offset > decided || decided < seen.decided)
      fail(
        'decided is a prefix',
        `replica ${subject.id}: decided ${seen.decided} to ${decided} of ${length}`,
      );
    if (subject.mustNotVote && VOTING_ROLES.has(role))
      fail('a lost disk does not vote', `replica ${subject.id} lost its disk and is ${role}`);
    this.ballotsRise(subject, view);
    if (role === 'leading' && promised !== seen.led) this.leads(subject, seen, promised);
    if (
      compareBallots(accepted, subject.disk.hard.accepted) === 0 &&
      view.durableLength > subject.disk.length
    )
      fail('durable before sent', `replica ${subject.id} takes ${view.durableLength} entries for durable`);
    for (let index = seen.decided; index < decided; index++) {
      const entry = view.entry(index);
      if (entry !== undefined) this.log.learn(subject.id, index, entry);
      else if (index >= view.offset)
        fail('decided is a prefix', `replica ${subject.id} has no entry ${index}, which it calls decided`);
    }
    seen.decided = decided;
  }

  /** A message leaves: what it says must be durable by now. */
  sent(subject: Subject, { body }: Message): void {
    switch (body.kind) {
      case 'prepare':
        this.promiseIsDurable(subject, body.ballot);
        break;
      case 'promise':
        this.promiseIsDurable(subject, body.ballot);
        this.logIsDurable(subject, body.accepted, body.length);
        break;
      case 'accepted':
        this.logIsDurable(subject, body.ballot, body.length);
        break;
      case 'heartbeat-ack':
        if (body.length >= 0) this.logIsDurable(subject, body.ballot, body.length);
        break;
    }
  }

  /** The entry at `index`, which the replica is about to apply. */
  decidedEntry(subject: Subject, index: number, view: ReplicaView): Entry {
    const entry = view.entry(index);
    if (entry === undefined) fail('decided is a prefix', `replica ${subject.id} cannot apply entry ${index}`);
    this.log.learn(subject.id, index, entry);
    return entry;
  }

  applied({ id }: Subject, { applied, hash }: { readonly applied: number; readonly hash: number }): void {
    this.log.state(id, applied, hash);
  }

  /** A replica goes on from a snapshot that another one made. */
  installed({ id }: Subject, image: Image): void {
    if (image.index > this.log.length)
      fail(
        'decided is a prefix',
        `replica ${id} uses a snapshot of ${image.index} entries; not so many are decided`,
      );
    this.log.state(id, image.index, image.hash);
  }

  /** A client was told that its command never takes place. */
  refused(identity: number): void {
    this.log.refuse(identity);
  }

  private ballotsRise(subject: Subject, { promised, accepted }: ReplicaView): void {
    const seen = this.seen[subject.place]!;
    // Held by the process alone until it is durable: what counts over a restart is what it told others (see `sent`).
    const { hard } = subject.disk;
    if (promised !== hard.promised) this.notBack(subject, 'promised', hard.promised, promised);
    if (accepted !== hard.accepted) this.notBack(subject, 'accepted', hard.accepted, accepted);
    if (promised !== seen.promised) this.notBack(subject, 'promised', seen.promised, promised);
    if (accepted !== seen.accepted) this.notBack(subject, 'accepted', seen.accepted, accepted);
  }

  private promiseIsDurable(subject: Subject, ballot: Ballot): void {
    const seen = this.seen[subject.place]!;
    if (compareBallots(subject.disk.hard.promised, ballot) < 0)
      fail(
        'durable before sent',
        `replica ${subject.id} tells of its promise ${ballotText(ballot)} too early`,
      );
    if (compareBallots(seen.promised, ballot) < 0) seen.promised = ballot;
  }

  /** A later write may be durable already, at a higher ballot: then this message was true when it was made. */
  private logIsDurable(subject: Subject, ballot: Ballot, length: number): void {
    const { disk, id } = subject;
    const order = compareBallots(disk.hard.accepted, ballot);
    if (order < 0 || (order === 0 && disk.length < length))
      fail(
        'durable before sent',
        `replica ${id} acknowledges ${length} entries at ${ballotText(ballot)}; its disk has ${disk.length} at ${ballotText(disk.hard.accepted)}`,
      );
    const seen = this.seen[subject.place]!;
    if (compareBallots(seen.accepted, ballot) < 0) seen.accepted = ballot;
  }

  private notBack({ id }: Subject, what: string, before: Ballot, now: Ballot): void {
    if (compareBallots(now, before) < 0)
      fail(
        'ballots never go back',
        `replica ${id} had ${what} ${ballotText(before)} and now ${ballotText(now)}`,
      );
  }

  private leads(subject: Subject, seen: Seen, ballot: Ballot): void {
    const number = (ballot.configuration * 4_294_967_296 + ballot.round) * 64 + ballot.replica;
    const leader = subject.place * 1_000_000 + subject.life;
    const known = this.leaders.get(number);
    if (known !== undefined && known !== leader)
      fail(
        'one leader per ballot',
        `replica ${subject.id} leads ${ballotText(ballot)}, which had a leader before`,
      );
    this.leaders.set(number, leader);
    seen.led = ballot;
  }

  /** A copy that was lost counts until its disk is repaired; one that the heir of a lost disk learned never counts. */
  private isDurable(member: number, index: number, entry: Entry): boolean {
    const subject = this.subjects.find((one) => one?.id === member);
    if (subject === undefined) return false;
    const { disk, gone, mustNotVote } = subject;
    if (gone.has(index, entry)) return true;
    if (mustNotVote) return false;
    if (disk.image.index > index || disk.lost.has(index, entry)) return true;
    const durable = disk.entry(index);
    return durable !== undefined && sameEntry(durable, entry);
  }
}
