// Owns: one replica of the store at work: it feeds the consensus core with what happens and does what the core asks for.
// Not here: consensus (paxos/), the state (machine/), files (disk/), sockets (links/), clients (zookeeper/, client/).
// Invariants:
//   1. The core's events come one after the other; nothing is awaited inside a step.
//   2. A submitted command is answered when it is applied here: its outcome is known, never guessed.
//   3. Nothing is sent that the core has not released (it holds back what must be durable first).
//   4. After a failed flush, or an assertion in the core, nothing more is done: `onFailed` ends the process.

import type { Clock } from '../../base/clock.ts';
import { MillraceError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { ReplicaId } from '../../paxos/ballot.ts';
import type { Configuration } from '../../paxos/configuration.ts';
import type { Effects, ProposeResult } from '../../paxos/effects.ts';
import { command } from '../../paxos/entry.ts';
import type { Event } from '../../paxos/event.ts';
import { Replica, type ReplicaView } from '../../paxos/replica.ts';
import { StoreMachine } from '../machine/machine.ts';
import type { Applied } from '../machine/types.ts';
import { Applier } from './applier.ts';
import { REPLICA_LIMITS } from './limits.ts';
import type { Origin } from './origins.ts';
import { PendingReads } from './pending-reads.ts';
import type { LinkMessage, Links, StoreDisk, StoreDiskEvents, StoredSnapshot, Turns } from './ports.ts';
import { Proposals } from './proposals.ts';
import { SnapshotTransfer } from './snapshot-transfer.ts';

export interface StoreReplicaOptions {
  readonly id: ReplicaId;
  readonly disk: StoreDisk;
  readonly links: Links;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly heartbeatMs: number;
}

export interface StoreReplicaEvents {
  /** A command took effect. In order; before the promise of who submitted it resolves. */
  onApplied(outcome: Applied): void;
  /** The state came as a whole from another replica: what was seen of it before says nothing. */
  onReplaced(): void;
  /** This replica leads from here on, or does not any more. */
  onLeading(leads: boolean): void;
  /** Sessions that another replica has heard, told to the leader. */
  onTouched(sessions: readonly number[]): void;
  /** The replica can do nothing more. */
  onFailed(error: Error): void;
}

export class StoreReplica {
  readonly id: ReplicaId;
  private readonly options: StoreReplicaOptions;
  private readonly events: StoreReplicaEvents;
  private readonly core: Replica;
  private readonly applier: Applier;
  private readonly proposals: Proposals<Applied>;
  private readonly reads: PendingReads;
  private readonly transfer: SnapshotTransfer;
  private timer: { stop(): void } | undefined;
  /** Work that waits for the end of the turn. */
  private flushing = false;
  private applying = false;
  private snapshotting = false;
  private full = false;
  private stopped = false;
  /** Whom the commands went to: leader and ballot's round. */
  private sentTo = '';
  private lastSnapshot: number;
  private stagedSnapshot: StoredSnapshot | undefined;

  private constructor(options: StoreReplicaOptions, events: StoreReplicaEvents) {
    const { id, disk, links, random, clock, logger } = options;
    const { recovered } = disk;
    this.options = options;
    this.events = events;
    this.id = id;
    this.core = new Replica({ id, recovered, random });
    this.applier = new Applier(StoreMachine.empty(), recovered.snapshotConfiguration, {
      onApplied: (origin, outcome) => this.applied(origin, outcome),
      onSkipped: (origin) => this.skipped(origin),
    });
    this.proposals = new Proposals(
      id,
      Math.max(1, Math.floor(clock.wallMs())),
      REPLICA_LIMITS.pendingCommands,
    );
    this.reads = new PendingReads(REPLICA_LIMITS.pendingReads);
    this.transfer = new SnapshotTransfer(
      { disk, logger },
      (to, message) => links.send(to, message),
      (snapshot) => this.staged(snapshot),
    );
    this.lastSnapshot = recovered.offset;
  }

  /**
   * Opens the disk with `openDisk`, loads the state and takes part. Rejects with what opening the disk rejects with, or
   * MR_DATA_DAMAGED.
   */
  static async start(
    options: Omit<StoreReplicaOptions, 'disk'>,
    openDisk: (events: StoreDiskEvents) => Promise<StoreDisk>,
    events: StoreReplicaEvents,
  ): Promise<StoreReplica> {
    let replica: StoreReplica | undefined;
    const disk = await openDisk({
      onPersisted: (write) => replica?.step({ kind: 'persisted', write }),
      onFull: (full) => replica?.diskFull(full),
      onFailure: (error) => replica?.fail(error),
    });
    replica = new StoreReplica({ ...options, disk }, events);
    await replica.begin();
    return replica;
  }

  private async begin(): Promise<void> {
    const { disk, links, turns, heartbeatMs } = this.options;
    const { snapshot } = disk;
    if (snapshot !== undefined && snapshot.index > 0)
      await this.applier.load(snapshot, disk.readSnapshot(snapshot));
    links.onMessage = (from, message) => this.receive(from, message);
    this.timer = turns.every(heartbeatMs, () => this.tick());
    this.step({ kind: 'start' });
  }

  get view(): ReplicaView {
    return this.core.view;
  }

  /** The state as applied here. After a snapshot from another replica it is another object: ask for it each time. */
  get machine(): StoreMachine {
    return this.applier.machine;
  }

  get appliedIndex(): number {
    return this.applier.applied;
  }

  get isFull(): boolean {
    return this.full;
  }

  /** Resolves when the command was applied here. Rejects with MR_STORE_OVERLOADED, MR_STORE_TIMEOUT or MR_STORE_CLOSED. */
  submit(bytes: Uint8Array, timeoutMs: number = REPLICA_LIMITS.commandMs): Promise<Applied> {
    if (this.stopped) return Promise.reject(closed());
    const outcome = this.proposals.submit(bytes, this.options.clock.monotonicMs() + timeoutMs);
    this.flushSoon();
    return outcome;
  }

  /**
   * As `submit`, but `onApplied` is called before the next entry is applied, so that it sees the state as the command left
   * it. Neither function may throw.
   */
  submitTo(
    bytes: Uint8Array,
    onApplied: (outcome: Applied) => void,
    onRefused: (error: Error) => void,
  ): void {
    if (this.stopped) {
      onRefused(closed());
      return;
    }
    const deadlineMs = this.options.clock.monotonicMs() + REPLICA_LIMITS.commandMs;
    this.proposals.submitTo(bytes, deadlineMs, onApplied, onRefused);
    this.flushSoon();
  }

  /**
   * Resolves when this replica's state has all that was decided before the call. Rejects with MR_STORE_NO_QUORUM when
   * that cannot be confirmed in time.
   */
  readBarrier(timeoutMs: number = REPLICA_LIMITS.commandMs): Promise<void> {
    if (this.stopped) return Promise.reject(closed());
    const { token, done } = this.reads.ask(this.options.clock.monotonicMs() + timeoutMs);
    if (token !== 0) this.step({ kind: 'read', token });
    return done;
  }

  /** Tells the leader which sessions were heard here. */
  touch(sessions: readonly number[]): void {
    const { leader, role } = this.core.view;
    if (role === 'leading') this.events.onTouched(sessions);
    else if (leader !== 0 && leader !== this.id) this.options.links.send(leader, { kind: 'touch', sessions });
  }

  /** Ends the configuration in force and begins `next`. Only the leader can. */
  reconfigure(configuration: Configuration): ProposeResult {
    return this.step({ kind: 'reconfigure', configuration })?.proposed ?? { status: 'not-leader', leader: 0 };
  }

  async stop(error: Error): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.timer?.stop();
    this.transfer.close();
    this.proposals.close(error);
    this.reads.close(error);
    await this.options.links.close();
    await this.options.disk.close();
  }

  private tick(): void {
    const now = this.options.clock.monotonicMs();
    this.step({ kind: 'tick' });
    this.proposals.expire(now);
    if (this.proposals.isStuck()) this.proposals.sendAgain();
    for (const token of this.reads.expireAndRetry(now)) this.step({ kind: 'read', token });
    this.transfer.tick();
    this.flushSoon();
  }

  private receive(from: ReplicaId, message: LinkMessage): void {
    switch (message.kind) {
      case 'paxos':
        this.step({ kind: 'receive', message: message.message });
        return;
      case 'forward':
        if (this.core.view.role === 'leading') this.propose(message.entries);
        return;
      case 'touch':
        if (this.core.view.role === 'leading') this.events.onTouched(message.sessions);
        return;
      case 'snapshot-request':
        void this.transfer.onRequest(from, message).catch(() => {});
        return;
      case 'snapshot-bytes':
        this.transfer.onPiece(from, message);
        return;
    }
  }

  /** One step of the core, and what it asks for. */
  private step(event: Event): Effects | undefined {
    if (this.stopped) return undefined;
    const before = this.core.view.role;
    let effects: Effects;
    try {
      effects = this.core.step(event);
    } catch (error) {
      this.fail(error as Error);
      return undefined;
    }
    this.perform(effects);
    const { role } = this.core.view;
    if ((role === 'leading') !== (before === 'leading')) this.events.onLeading(role === 'leading');
    return effects;
  }

  private perform({ write, send, reads, decided, fetch, refused }: Effects): void {
    const { disk, links } = this.options;
    if (write !== undefined) {
      if (write.snapshot > 0) void this.loadStaged(write.snapshot);
      disk.append(write);
    }
    for (const message of send) links.send(message.to, { kind: 'paxos', message });
    for (const { token, index } of reads) this.reads.confirmed(token, index, this.applier.applied);
    if (fetch !== undefined) this.transfer.fetch(fetch.from, fetch.index);
    if (refused !== undefined) this.fail(new Error(refused));
    if (decided > this.applier.applied) this.apply();
  }

  private staged(snapshot: StoredSnapshot): void {
    this.stagedSnapshot = snapshot;
    this.step({ kind: 'snapshot-staged', index: snapshot.index, configuration: snapshot.configuration });
  }

  /** The log before `index` is gone: the state comes from the snapshot. */
  private async loadStaged(index: number): Promise<void> {
    const staged = this.stagedSnapshot;
    if (staged === undefined || staged.index !== index) {
      this.fail(new Error(`the staged snapshot of ${index} entries is not there`));
      return;
    }
    try {
      await this.applier.load(staged, this.options.disk.readSnapshot(staged));
      this.lastSnapshot = index;
      this.events.onReplaced();
      this.apply();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private apply(): void {
    if (this.applying) return;
    const more = this.applier.run(this.core.view.decided, REPLICA_LIMITS.applyBatch, (index) =>
      this.core.view.entry(index),
    );
    this.reads.applied(this.applier.applied);
    this.snapshotIfDue();
    if (!more) return;
    this.applying = true;
    this.options.turns.soon(() => {
      this.applying = false;
      if (!this.stopped) this.apply();
    });
  }

  private applied(origin: Origin, outcome: Applied): void {
    this.events.onApplied(outcome);
    if (origin.replica === this.id) this.proposals.applied(origin.life, origin.place, outcome);
  }

  private skipped(origin: Origin): void {
    if (origin.replica !== this.id) return;
    const life = this.applier.lifeOf(this.id);
    if (this.proposals.isOutlivedBy(life)) {
      this.proposals.outlive(life);
      this.flushSoon();
    }
  }

  private snapshotIfDue(): void {
    const { applied, bytes } = this.applier;
    const due =
      applied - this.lastSnapshot >= REPLICA_LIMITS.snapshotEntries || bytes >= REPLICA_LIMITS.snapshotBytes;
    if (due && !this.snapshotting && !this.full) void this.writeSnapshot(applied);
  }

  private async writeSnapshot(index: number): Promise<void> {
    this.snapshotting = true;
    const { disk, logger } = this.options;
    try {
      const { configuration } = this.applier;
      const stateHash = new TextEncoder().encode(this.applier.machine.hash());
      await disk.writeSnapshot({ index, configuration, stateHash, chunks: this.applier.snapshot() });
      this.lastSnapshot = Math.max(this.lastSnapshot, index);
      const trim = index - REPLICA_LIMITS.keptEntries;
      if (trim > 0) this.step({ kind: 'trim', index: trim });
    } catch (error) {
      logger.error(
        { index, error },
        'a snapshot could not be written; the log is kept and it is tried again later',
      );
    } finally {
      this.snapshotting = false;
    }
  }

  private flushSoon(): void {
    if (this.flushing || this.stopped) return;
    this.flushing = true;
    this.options.turns.soon(() => {
      this.flushing = false;
      if (!this.stopped) this.flush();
    });
  }

  /** Brings what was submitted to the leader. */
  private flush(): void {
    const { role, leader, promised } = this.core.view;
    const sendTo = role === 'leading' ? `own ${promised.round}` : `${leader} ${promised.round}`;
    if (sendTo !== this.sentTo) {
      this.sentTo = sendTo;
      this.proposals.sendAgain();
    }
    for (let more = true; more; ) {
      const entries = this.proposals.next(REPLICA_LIMITS.batchEntries);
      if (entries.length === 0) return;
      if (role === 'leading') more = this.propose(entries);
      else if (leader !== 0 && leader !== this.id)
        this.options.links.send(leader, { kind: 'forward', entries });
      else return;
      if (more) this.proposals.sent(entries.length);
    }
  }

  /** False if the leader does not take more now: the next tick tries again. */
  private propose(entries: readonly Uint8Array[]): boolean {
    const result = this.step({ kind: 'propose', entries: entries.map(command) })?.proposed;
    return result?.status === 'appended' || result?.status === 'kept';
  }

  private diskFull(full: boolean): void {
    this.full = full;
    const { logger } = this.options;
    if (full) logger.error({ replica: this.id }, 'the disk is full: no writes until there is space');
    else logger.info({ replica: this.id }, 'there is space on the disk again');
  }

  private fail(error: Error): void {
    if (this.stopped) return;
    this.stopped = true;
    this.timer?.stop();
    this.proposals.close(error);
    this.reads.close(error);
    this.transfer.close();
    this.events.onFailed(error);
  }
}

function closed(): MillraceError {
  return new MillraceError('MR_STORE_CLOSED', 'This replica of the store is closed.', {
    expected: 'a replica that takes part',
    got: 'a request after its end',
    next: 'send requests to another replica, or start this one again',
  });
}
