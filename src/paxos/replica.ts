// Owns: one step of a replica: which part of the core an event goes to, and what comes out.
// Invariants: a step is a function of the state, the event and the injected randomness; it either completes or throws
// AssertionError, after which the replica must not be used again.

import { assert, unreachable } from '../base/assert.ts';
import type { Random } from '../base/random.ts';
import { acknowledge, askForSync, onAccept, onAcceptSync, onDecide, onPrepare } from './acceptor.ts';
import { askToJoin, listensTo, onJoin, onJoinAnswer, votesUnderKnownName } from './admission.ts';
import { type Ballot, type ReplicaId, sameBallot } from './ballot.ts';
import { askToCatchUp, installWhilePassive, onCatchUp, onCatchUpRequest } from './catch-up.ts';
import type { Configuration } from './configuration.ts';
import { Core, type DropReason, type PaxosLimits } from './core.ts';
import type { Effects, ReadResult, Recovered } from './effects.ts';
import type { Entry } from './entry.ts';
import type { Event, SnapshotStaged } from './event.ts';
import { onHeartbeat, onSnapshotOffer } from './follower.ts';
import {
  advance,
  announceDecided,
  onAccepted,
  onHeartbeatAck,
  onSyncRequest,
  propose,
  replicate,
  tickLeader,
} from './leader.ts';
import { PAXOS_LIMITS } from './limits.ts';
import type { Body, Message } from './message.ts';
import { prepareMessage } from './prepare-message.ts';
import { onNack, onOfferWhilePreparing, onPromise, prepare, repeatPrepare } from './proposer.ts';
import { expireReads, onRead, onReadAnswer, onReadAsk } from './reads.ts';
import { proposeConfiguration, takePlace } from './reconfiguration.ts';
import { ROLE_TABLE, type Role } from './roles.ts';
import { elected, electionContext, look, lookAgain } from './transitions.ts';

export interface ReplicaOptions {
  readonly id: ReplicaId;
  readonly recovered: Recovered;
  readonly random: Random;
  readonly limits?: Partial<PaxosLimits>;
}

/** What may be looked at from outside, always up to date. */
export interface ReplicaView {
  readonly id: ReplicaId;
  readonly role: Role;
  /** 0 if unknown. */
  readonly leader: ReplicaId;
  readonly promised: Ballot;
  readonly accepted: Ballot;
  readonly decided: number;
  /** Length of the log, and how much of its beginning is only in the snapshot. */
  readonly length: number;
  readonly offset: number;
  /** The durable prefix at `accepted`, or -1. */
  readonly durableLength: number;
  readonly configuration: Configuration;
  readonly damaged: boolean;
  readonly dropped: ReadonlyMap<DropReason, number>;
  entry(index: number): Entry | undefined;
}

const NO_MESSAGES: readonly Message[] = [];
const NO_READS: readonly ReadResult[] = [];

export class Replica {
  readonly view: ReplicaView;
  private readonly core: Core;

  constructor({ id, recovered, random, limits }: ReplicaOptions) {
    this.core = new Core(id, recovered, random, { ...PAXOS_LIMITS, ...limits });
    this.view = viewOf(this.core);
  }

  step(event: Event): Effects {
    const { core } = this;
    handle(core, event);
    finish(core);
    const write = core.finishWrite();
    const effects: Effects = {
      write,
      send: core.outbox.length === 0 ? NO_MESSAGES : core.outbox,
      decided: core.decided,
      reads: core.results.length === 0 ? NO_READS : core.results,
      proposed: core.proposed,
      fetch: core.fetch,
      refused: core.refused,
    };
    if (core.outbox.length > 0) core.outbox = [];
    if (core.results.length > 0) core.results = [];
    core.proposed = undefined;
    core.fetch = undefined;
    core.refused = undefined;
    return effects;
  }
}

function viewOf(core: Core): ReplicaView {
  return {
    id: core.id,
    dropped: core.dropped,
    entry: (index) => core.log.at(index),
    get role() {
      return core.role;
    },
    get leader() {
      return core.leader;
    },
    get promised() {
      return core.promised;
    },
    get accepted() {
      return core.accepted;
    },
    get decided() {
      return core.decided;
    },
    get length() {
      return core.log.length;
    },
    get offset() {
      return core.log.offset;
    },
    get durableLength() {
      return core.durable;
    },
    get configuration() {
      return core.configuration;
    },
    get damaged() {
      return core.damaged;
    },
  };
}

function handle(core: Core, event: Event): void {
  if (event.kind === 'receive') {
    receive(core, event.message);
    return;
  }
  switch (ROLE_TABLE[core.role][event.kind]) {
    case 'act':
      act(core, event);
      return;
    case 'refuse':
      refuse(core, event);
      return;
    default:
      return;
  }
}

function act(core: Core, event: Exclude<Event, { kind: 'receive' }>): void {
  switch (event.kind) {
    case 'start':
      takePlace(core);
      return;
    case 'tick':
      tick(core);
      return;
    case 'propose':
      core.proposed = propose(core, event.entries);
      return;
    case 'reconfigure':
      core.proposed = proposeConfiguration(core, event.configuration);
      for (const progress of core.progress.values()) replicate(core, progress);
      return;
    case 'read':
      onRead(core, event.token);
      return;
    case 'persisted':
      core.persisted(event.write);
      if (core.role === 'leading') advance(core);
      else acknowledge(core, false);
      return;
    case 'trim':
      assert(event.index <= core.decided, 'only what is decided is in a snapshot');
      if (event.index > core.log.offset) core.log.trim(event.index);
      return;
    case 'snapshot-staged':
      onSnapshotStaged(core, event);
      return;
    case 'nominate':
      core.nominated = true;
      return;
    default:
      unreachable(event, 'every event is handled');
  }
}

function refuse(core: Core, event: Event): void {
  if (event.kind === 'read') core.results.push({ token: event.token, index: -1 });
  else core.proposed = { status: 'not-leader', leader: core.leader === core.id ? 0 : core.leader };
}

function tick(core: Core): void {
  core.ticks++;
  expireReads(core);
  if (core.role === 'joining') askToJoin(core);
  else if (core.role === 'passive') askToCatchUp(core);
  else if (core.role === 'recovering') core.silence++;
  else {
    core.connectivity.tick(core.members, core.id, (to, ping) => core.send(to, ping));
    core.silence++;
    tickMember(core);
  }
}

function tickMember(core: Core): void {
  const impatient = core.silence > core.patience;
  if (core.role === 'looking') elected(core, core.election.tick(electionContext(core)));
  else if (core.role === 'leading') tickLeader(core);
  else if (impatient) look(core);
  else if (core.role === 'preparing') repeatPrepare(core);
}

function onSnapshotStaged(core: Core, { index, configuration }: SnapshotStaged): void {
  if (index <= core.decided) return;
  core.staged = { index, configuration };
  const isLater = configuration.number > core.configuration.number;
  if (isLater) core.ahead = { ...core.ahead, number: configuration.number };
  if (core.role === 'passive' || isLater) installWhilePassive(core);
  else if (core.role === 'preparing') repeatPrepare(core);
  else if (core.role === 'following') {
    // A longer log may have something behind the snapshot that counts: it waits for the leader's AcceptSync.
    if (index >= core.log.length) {
      core.beginReplacing();
      core.useSnapshot();
    }
    askForSync(core, core.leader);
  } else if (core.role === 'recovering' && core.leader !== 0) askForSync(core, core.leader);
}

function receive(core: Core, message: Message): void {
  const { from, body } = message;
  if (!listensTo(core, message)) return;
  const reaction = ROLE_TABLE[core.role][body.kind];
  if (reaction === 'act') dispatch(core, message);
  else if (reaction === 'refuse' && body.kind === 'read-ask') {
    const ballot = { configuration: core.configuration.number, round: 0, replica: core.id };
    core.send(from, { kind: 'read-answer', ballot, token: body.token, index: -1 });
  } else core.drop('wrong-role');
}

function dispatch(core: Core, message: Message): void {
  const { body } = message;
  switch (body.kind) {
    case 'promise':
    case 'accepted':
    case 'heartbeat-ack':
    case 'sync-request':
      if (votesUnderKnownName(core, message)) count(core, message.from, body);
      else if (body.kind === 'promise' && sameBallot(body.ballot, core.promised))
        core.sendDurably(message.from, prepareMessage(core));
      return;
    case 'prepare':
      // Its proposer has voted for itself, and is told from an heir of its disk by the record that the Promise waits for.
      votesUnderKnownName(core, message);
      onPrepare(core, message.from, body);
      return;
    case 'accept-sync':
      onAcceptSync(core, message.from, body);
      return;
    case 'accept':
      onAccept(core, message.from, body);
      return;
    case 'decide':
      onDecide(core, message.from, body);
      return;
    case 'heartbeat':
      onHeartbeat(core, message.from, body);
      return;
    default:
      dispatchRest(core, message, body);
  }
}

type Counted = Extract<Body, { kind: 'promise' | 'accepted' | 'heartbeat-ack' | 'sync-request' }>;

/** Messages whose sender's memory matters: it gives a vote, or tells of one. */
function count(core: Core, from: ReplicaId, body: Counted): void {
  if (body.kind === 'promise') onPromise(core, from, body);
  else if (body.kind === 'accepted') onAccepted(core, from, body);
  else if (body.kind === 'heartbeat-ack') onHeartbeatAck(core, from, body);
  else onSyncRequest(core, from, body);
}

type Rest = Exclude<Body, Counted | { kind: 'prepare' | 'accept-sync' | 'accept' | 'decide' | 'heartbeat' }>;

function dispatchRest(core: Core, message: Message, body: Rest): void {
  const { from } = message;
  switch (body.kind) {
    case 'nack':
      onNack(core, body);
      return;
    case 'snapshot-offer':
      if (core.role === 'preparing') onOfferWhilePreparing(core, from, body);
      else onSnapshotOffer(core, from, body);
      return;
    case 'read-ask':
      onReadAsk(core, from, body);
      return;
    case 'read-answer':
      onReadAnswer(core, body);
      return;
    case 'vote':
      elected(core, core.election.receive(electionContext(core), from, body));
      lookAgain(core);
      return;
    case 'ping':
      core.connectivity.receive(from, body);
      return;
    case 'join':
      onJoin(core, message);
      return;
    case 'join-answer':
      onJoinAnswer(core, message, body);
      return;
    case 'catch-up':
      onCatchUp(core, message, body);
      return;
    case 'catch-up-request':
      onCatchUpRequest(core, from, body);
      return;
    default:
      unreachable(body, 'every message is handled');
  }
}

/** What a step leaves to be done: its own promise, phase 1 if nominated, the news of what is decided. */
function finish(core: Core): void {
  while (core.toSelf.length > 0) {
    const own = core.toSelf.shift()!;
    if (own.kind === 'promise' && core.role === 'preparing') onPromise(core, core.id, own);
  }
  if (core.raise && core.raisedAt !== core.ticks && (core.role === 'leading' || core.role === 'preparing')) {
    core.nominated = true;
    core.raisedAt = core.ticks;
  }
  if (core.nominated) {
    core.raise = false;
    prepare(core);
  }
  if (core.announce && core.role === 'leading') announceDecided(core);
  core.announce = false;
  if (core.role === 'leading') for (const progress of core.progress.values()) progress.told = false;
}
