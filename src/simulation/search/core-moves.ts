// Owns: what can happen to one replica in one local state, computed once each. Not here: the cluster (core-system.ts).
// Invariant: moves depend on the local state, and on the number of entries proposed so far, and on nothing else.

import { compareBallots, type ReplicaId } from '../../paxos/ballot.ts';
import { command } from '../../paxos/entry.ts';
import type { Event } from '../../paxos/event.ts';
import type { Message, MessageKind } from '../../paxos/message.ts';
import type { Inboxes } from './inboxes.ts';
import type { LocalState, LocalStates, Outcome } from './local-states.ts';

export interface Move {
  readonly action: string;
  readonly to: LocalState;
  /** Receivers, and the numbers of the messages. */
  readonly sent: readonly (readonly [ReplicaId, number])[];
  /** What it uses up of the bounds. */
  readonly ballots: 0 | 1;
  readonly entries: 0 | 1;
  readonly crashes: 0 | 1;
  /** The number of the message that was delivered, or -1. */
  readonly message: number;
}

/**
 * When writes become durable. 'slow': at any later time, all together, other events between. 'prompt': before the replica's next
 * event, or never, if it crashes. Prompt disks have far fewer states.
 */
export type DiskPace = 'slow' | 'prompt';

/** When a proposer is asked to propose: in phase 1 only, so that its entry travels with the log that phase 1 chooses, or in phase 2 too. */
export type ProposalTime = 'phase 1' | 'any';

/** What a replica answers to an outdated ballot starts only another ballot, one more than two; votes and pings need ticks. */
const IGNORED: ReadonlySet<MessageKind> = new Set(['vote', 'ping', 'nack']);

const FIRST_LETTER = 97;

export class CoreMoves {
  private readonly locals: LocalStates;
  private readonly inboxes: Inboxes;
  private readonly pace: DiskPace;
  private readonly proposals: ProposalTime;
  private readonly own = new Map<string, readonly Move[]>();
  private readonly received = new Map<string, readonly Move[]>();

  constructor(locals: LocalStates, inboxes: Inboxes, pace: DiskPace, proposals: ProposalTime) {
    this.locals = locals;
    this.inboxes = inboxes;
    this.pace = pace;
    this.proposals = proposals;
  }

  /** Without a message: nominated, asked to propose its next entry, writes durable, crash. */
  ownMoves(local: LocalState, nominee: boolean, entries: number, mayPropose: boolean): readonly Move[] {
    const key = `${local.number},${mayPropose ? entries : -1}`;
    let moves = this.own.get(key);
    if (moves === undefined) {
      moves = this.computeOwn(local, nominee, entries, mayPropose);
      this.own.set(key, moves);
    }
    return moves;
  }

  /** When `message` is delivered; none if nothing comes of it. */
  deliveries(local: LocalState, message: number): readonly Move[] {
    const key = `${local.number},${message}`;
    let moves = this.received.get(key);
    if (moves === undefined) {
      const received = this.inboxes.message(message);
      const { kind } = received.body;
      moves = this.happen(
        local,
        `${local.id} receives ${kind} of ${received.from}`,
        { kind: 'receive', message: received },
        0,
      ).map((move) => ({ ...move, message }));
      this.received.set(key, moves);
    }
    return moves;
  }

  private computeOwn(
    local: LocalState,
    nominee: boolean,
    entries: number,
    mayPropose: boolean,
  ): readonly Move[] {
    const { id, pending, role } = local;
    const moves: Move[] = [];
    if (nominee) moves.push(...this.happen(local, `${id} is nominated`, { kind: 'nominate' }, 0));
    if (mayPropose && (role === 'preparing' || (role === 'leading' && this.proposals === 'any'))) {
      const entry = command(new Uint8Array([FIRST_LETTER + entries]));
      moves.push(
        ...this.happen(local, `${id} proposes entry ${entries}`, { kind: 'propose', entries: [entry] }, 1),
      );
    }
    if (pending.length > 0) {
      const action = `writes of ${id} are durable`;
      moves.push(this.move(action, this.locals.persisted(local, pending.length), 0, 0));
      moves.push(
        this.move(`${id} crashes, its writes survive`, this.locals.crashed(local, pending.length), 0, 1),
      );
    }
    moves.push(this.move(`${id} crashes`, this.locals.crashed(local, 0), 0, 1));
    return moves.filter(({ to, sent }) => to !== local || sent.length > 0);
  }

  /** `event`, and with prompt disks all flushes that follow, or a crash before one of them. */
  private happen(from: LocalState, action: string, event: Event, entries: 0 | 1): readonly Move[] {
    let outcome = this.locals.after(from, event);
    const moves: Move[] = [];
    while (this.pace === 'prompt' && outcome.to.pending.length > 0 && outcome.to.problem === undefined) {
      const { to, sent, startedBallot } = outcome;
      const crashed = { ...this.locals.crashed(to, 0), sent, startedBallot };
      moves.push(this.move(`${action}, crashes`, crashed, entries, 1));
      const flushed = this.locals.persisted(to, to.pending.length);
      outcome = { ...flushed, sent: [...sent, ...flushed.sent], startedBallot };
    }
    moves.push(this.move(action, outcome, entries, 0));
    return moves.filter(({ to, sent }) => to !== from || sent.length > 0);
  }

  private move(action: string, outcome: Outcome, entries: 0 | 1, crashes: 0 | 1): Move {
    const sent = outcome.sent
      .filter(({ body }) => !IGNORED.has(body.kind))
      .map((message) => [message.to, this.inboxes.numberOf(message)] as const);
    return {
      action,
      to: outcome.to,
      sent,
      ballots: outcome.startedBallot ? 1 : 0,
      entries,
      crashes,
      message: -1,
    };
  }
}

/**
 * Whether `message` can never again do anything at its receiver. Ballots lower than the durable promise are refused for ever. An answer
 * counts only while the receiver proposes at its ballot, which it does once: that ballot's promise was durable before anyone could
 * answer, so the next one is higher.
 */
export function isDead({ body }: Message, { disk, role, promised }: LocalState): boolean {
  if (!('ballot' in body)) return false;
  const { ballot, kind } = body;
  if (compareBallots(ballot, disk.hard.promised) < 0) return true;
  if (kind === 'accepted') return role !== 'leading' || compareBallots(ballot, promised) !== 0;
  if (kind !== 'promise') return false;
  return (role !== 'leading' && role !== 'preparing') || compareBallots(ballot, promised) !== 0;
}
