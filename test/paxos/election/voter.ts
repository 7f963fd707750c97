// Owns: one replica's election with its surroundings written down, for tests that go message by message.

import { Sfc32 } from '../../../src/base/random.ts';
import { NO_BALLOT, type ReplicaId } from '../../../src/paxos/ballot.ts';
import { Election, type ElectionContext } from '../../../src/paxos/election.ts';
import type { Candidate, ElectionState, Vote } from '../../../src/paxos/message.ts';

export function candidate(replica: ReplicaId, length = 0): Candidate {
  return { replica, accepted: NO_BALLOT, length, priority: 0 };
}

/** A vote for `choice`: a candidate, or a replica with an empty log, or none. */
export function vote(
  round: number,
  choice: Candidate | ReplicaId | undefined,
  state: ElectionState = 'looking',
): Vote {
  return { kind: 'vote', round, state, candidate: typeof choice === 'number' ? candidate(choice) : choice };
}

export class Voter {
  readonly election = new Election();
  readonly context: ElectionContext;
  own: Candidate | undefined;
  private sent: (readonly [ReplicaId, Vote])[] = [];

  constructor(self: ReplicaId, size: number, own: Candidate | 'none' = candidate(self)) {
    this.own = own === 'none' ? undefined : own;
    const owner = this;
    this.context = {
      self,
      members: Array.from({ length: size }, (_, index) => index + 1),
      quorum: (size >> 1) + 1,
      get own() {
        return owner.own;
      },
      random: new Sfc32(1, 2, self),
      send: (to, body) => this.sent.push([to, body]),
    };
  }

  look(): ReplicaId {
    return this.election.look(this.context);
  }

  tick(): ReplicaId {
    return this.election.tick(this.context);
  }

  receive(from: ReplicaId, body: Vote): ReplicaId {
    return this.election.receive(this.context, from, body);
  }

  settle(leader: ReplicaId): void {
    this.election.settle(this.context, leader);
  }

  /** Looks, and forgets what that sent. */
  looking(): this {
    this.look();
    this.told();
    return this;
  }

  /** What was sent since the last call: to whom, and `round:state:candidate`. */
  told(): Record<ReplicaId, string> {
    const told = Object.fromEntries(
      this.sent.map(([to, { round, state, candidate: choice }]) => [
        to,
        `${round}:${state}:${choice?.replica ?? 'none'}`,
      ]),
    );
    this.sent = [];
    return told;
  }
}
