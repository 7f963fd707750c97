// Owns: Lamport's synod (single-decree Paxos) as a system to search. It calibrates the search: the number of its distinct
// states is known. It is not the code that runs; that is src/paxos.
// Invariant: variables, actions and guards are those of the TLA+ module `Paxos` of tlaplus/Examples, nothing more.
//
// The variables are maxBal, maxVBal and maxVal of each acceptor and msgs, the set of all messages ever sent: a message
// of the set may be received at any later time, again or never, which covers loss, delay, doubling and reordering.
// What matters for the number of states: Phase1b answers only a ballot higher than maxBal; Phase2b votes at any ballot not lower
// than maxBal and raises maxBal to it (a vote without a promise); Phase2a sends at most one value a ballot and needs some quorum's
// Phase1b messages; there are no proposers' states and no learners; states are told apart as they are, without symmetry.
// Three acceptors (quorums are the majorities), two values and the ballots 0 and 1 so have 3,921 distinct states, as TLC counts them.

import type { Step, System } from './explore.ts';
import type { StateWriter } from './state-hash.ts';

export interface SynodOptions {
  readonly acceptors: number;
  readonly values: number;
  /** Ballots are 0 … ballots - 1. */
  readonly ballots: number;
  /** How many Phase1b messages a proposer waits for. A majority if left out; less is wrong. */
  readonly quorum?: number;
}

const NONE = -1;

export interface Acceptor {
  readonly maxBal: number;
  readonly maxVBal: number;
  readonly maxVal: number;
}

/** Fields that a type of message does not have are -1. */
export interface SynodMessage {
  readonly type: '1a' | '1b' | '2a' | '2b';
  readonly ballot: number;
  readonly acceptor: number;
  readonly votedBallot: number;
  readonly value: number;
  /** All of it; sorts the set. */
  readonly text: string;
}

export interface SynodState {
  readonly acceptors: readonly Acceptor[];
  /** A set: by rising text, each once. */
  readonly messages: readonly SynodMessage[];
}

export class Synod implements System<SynodState> {
  private readonly options: SynodOptions;
  private readonly majority: number;
  private readonly quorum: number;

  constructor(options: SynodOptions) {
    this.options = options;
    this.majority = (options.acceptors >> 1) + 1;
    this.quorum = options.quorum ?? this.majority;
  }

  initial(): SynodState[] {
    const acceptor = { maxBal: NONE, maxVBal: NONE, maxVal: NONE };
    return [{ acceptors: new Array<Acceptor>(this.options.acceptors).fill(acceptor), messages: [] }];
  }

  *next(state: SynodState): Iterable<Step<SynodState>> {
    for (let ballot = 0; ballot < this.options.ballots; ballot++) {
      yield this.phase1a(state, ballot);
      for (let value = 0; value < this.options.values; value++) {
        if (this.mayPropose(state, ballot, value)) yield this.phase2a(state, ballot, value);
      }
    }
    for (let acceptor = 0; acceptor < this.options.acceptors; acceptor++) {
      for (const message of state.messages) {
        if (message.type === '1a' && this.mayPromise(state, acceptor, message)) {
          yield this.phase1b(state, acceptor, message);
        }
        if (message.type === '2a' && this.mayVote(state, acceptor, message)) {
          yield this.phase2b(state, acceptor, message);
        }
      }
    }
  }

  write(state: SynodState, writer: StateWriter): void {
    for (const { maxBal, maxVBal, maxVal } of state.acceptors) {
      writer.int(maxBal);
      writer.int(maxVBal);
      writer.int(maxVal);
    }
    for (const { text } of state.messages) writer.text(text);
  }

  /** Agreement: a value is chosen when a majority has voted for it at one ballot, and no other one ever is. */
  check(state: SynodState): string | undefined {
    const chosen = new Set<number>();
    for (const { type, ballot, value } of state.messages) {
      if (type !== '2a') continue;
      const votes = state.messages.filter(
        (vote) => vote.type === '2b' && vote.ballot === ballot && vote.value === value,
      );
      if (votes.length >= this.majority) chosen.add(value);
    }
    return chosen.size > 1 ? `two values are chosen: ${[...chosen].join(' and ')}` : undefined;
  }

  private phase1a(state: SynodState, ballot: number): Step<SynodState> {
    const sent = message('1a', ballot, NONE, NONE, NONE);
    return {
      action: `Phase1a(ballot ${ballot})`,
      state: { ...state, messages: withMessage(state.messages, sent) },
    };
  }

  protected mayPromise(state: SynodState, acceptor: number, { ballot }: SynodMessage): boolean {
    return ballot > state.acceptors[acceptor]!.maxBal;
  }

  private phase1b(state: SynodState, index: number, { ballot }: SynodMessage): Step<SynodState> {
    const acceptor = state.acceptors[index]!;
    const sent = message('1b', ballot, index, acceptor.maxVBal, acceptor.maxVal);
    return {
      action: `Phase1b(acceptor ${index}, ballot ${ballot})`,
      state: {
        acceptors: state.acceptors.with(index, { ...acceptor, maxBal: ballot }),
        messages: withMessage(state.messages, sent),
      },
    };
  }

  /** Whether some quorum's promises at `ballot` show that `value` is safe, and no value was proposed at it yet. */
  private mayPropose({ messages }: SynodState, ballot: number, value: number): boolean {
    if (messages.some((sent) => sent.type === '2a' && sent.ballot === ballot)) return false;
    const promises = messages.filter((sent) => sent.type === '1b' && sent.ballot === ballot);
    // If the highest vote of a quorum is v's at ballot b, the rest of the quorum voted at b or below. So it is enough to ask for each
    // possible highest vote whether a quorum of promises is not above it and has such a vote among them.
    const unvoted = promises.filter((promise) => promise.votedBallot === NONE);
    if (unvoted.length >= this.quorum) return true;
    return promises.some((highest) => {
      if (highest.votedBallot === NONE || highest.value !== value) return false;
      return promises.filter((promise) => promise.votedBallot <= highest.votedBallot).length >= this.quorum;
    });
  }

  private phase2a(state: SynodState, ballot: number, value: number): Step<SynodState> {
    const sent = message('2a', ballot, NONE, NONE, value);
    return {
      action: `Phase2a(ballot ${ballot}, value ${value})`,
      state: { ...state, messages: withMessage(state.messages, sent) },
    };
  }

  protected mayVote(state: SynodState, acceptor: number, { ballot }: SynodMessage): boolean {
    return ballot >= state.acceptors[acceptor]!.maxBal;
  }

  private phase2b(state: SynodState, index: number, { ballot, value }: SynodMessage): Step<SynodState> {
    const sent = message('2b', ballot, index, NONE, value);
    return {
      action: `Phase2b(acceptor ${index}, ballot ${ballot}, value ${value})`,
      state: {
        acceptors: state.acceptors.with(index, { maxBal: ballot, maxVBal: ballot, maxVal: value }),
        messages: withMessage(state.messages, sent),
      },
    };
  }
}

function message(
  type: SynodMessage['type'],
  ballot: number,
  acceptor: number,
  votedBallot: number,
  value: number,
): SynodMessage {
  const text = `${type},${ballot},${acceptor},${votedBallot},${value}`;
  return { type, ballot, acceptor, votedBallot, value, text };
}

function withMessage(set: readonly SynodMessage[], sent: SynodMessage): readonly SynodMessage[] {
  const place = set.findIndex(({ text }) => text >= sent.text);
  if (place === -1) return [...set, sent];
  return set[place]!.text === sent.text ? set : set.toSpliced(place, 0, sent);
}
