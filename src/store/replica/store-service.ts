// Owns: a store replica as clients' sessions see it: opening, attaching and ending them, their writes, the newest state, and
// their watches. Not here: any protocol (zookeeper/server, the embedded client), consensus (store-replica.ts).
// Invariants:
//   1. Of one session's writes, those submitted here are applied in the order of their submission; `done` is called when
//      the write is applied, before anything later is.
//   2. Watchers and `onSessionEnded` are told inside of the application of the entry.

import type { Clock } from '../../base/clock.ts';
import { encodeCommand } from '../machine/command-codec.ts';
import type { MachineReads } from '../machine/machine-reads.ts';
import type { Applied, ClientOperation, Command, Identity, SessionId } from '../machine/types.ts';
import { PASSWORD_BYTES } from '../zookeeper/protocol/connect.ts';
import { LeaderDuties } from './leader-duties.ts';
import { LocalWatches } from './local-watches.ts';
import type { StoreDisk, StoreDiskEvents, Turns } from './ports.ts';
import { StoreReplica, type StoreReplicaOptions } from './store-replica.ts';

export interface StoreServiceOptions extends Omit<StoreReplicaOptions, 'disk'> {
  /** Fills with bytes that nobody can guess: for passwords. */
  readonly secret: (bytes: Uint8Array) => Uint8Array;
  /** Milliseconds; default 250. */
  readonly leaseSlotMs?: number;
  /** Milliseconds between looks for empty containers and TTL nodes that are over; default 10,000. */
  readonly nodeCheckMs?: number;
  /** Sessions of the whole store; default 100,000. */
  readonly sessionLimit?: number;
}

export interface StoreServiceEvents {
  onSessionEnded(session: SessionId): void;
  /** The state was replaced as a whole: watches have missed what lies between. */
  onReplaced(): void;
  /** The replica can do nothing more. */
  onFailed(error: Error): void;
}

export interface OpenedSession {
  readonly id: SessionId;
  readonly password: Uint8Array;
  readonly timeoutMs: number;
  /** How often clients came back to it. */
  readonly attachments: number;
}

const DEFAULTS = { leaseSlotMs: 250, nodeCheckMs: 10_000, sessionLimit: 100_000 } as const;

export class StoreService {
  readonly watches = new LocalWatches();
  replica!: StoreReplica;
  private readonly clock: Clock;
  private readonly secret: (bytes: Uint8Array) => Uint8Array;
  private readonly sessionLimit: number;
  private readonly events: StoreServiceEvents;
  private readonly duties: LeaderDuties;
  private readonly timer: { stop(): void };
  /** Sessions heard here since the leader was told last. */
  private readonly heard = new Set<SessionId>();

  private constructor(options: StoreServiceOptions, events: StoreServiceEvents) {
    const { clock, turns, id } = options;
    const { leaseSlotMs, nodeCheckMs, sessionLimit } = { ...DEFAULTS, ...options };
    this.clock = clock;
    this.secret = options.secret;
    this.sessionLimit = sessionLimit;
    this.events = events;
    this.duties = new LeaderDuties(
      { reads: () => this.reads, submit: (command, done, refused) => this.submit(command, done, refused) },
      { replica: id, clock, leaseSlotMs, nodeCheckMs, later: (work) => later(turns, leaseSlotMs, work) },
    );
    this.timer = turns.every(leaseSlotMs, () => this.tick());
  }

  /** Rejects as `StoreReplica.start`. */
  static async start(
    options: StoreServiceOptions,
    openDisk: (events: StoreDiskEvents) => Promise<StoreDisk>,
    events: StoreServiceEvents,
  ): Promise<StoreService> {
    const service = new StoreService(options, events);
    const early: boolean[] = [];
    try {
      service.replica = await StoreReplica.start(options, openDisk, {
        onApplied: (outcome) => service.applied(outcome),
        onLeading: (leads) => {
          // A replica alone may lead before `start` has returned.
          if (service.replica === undefined) early.push(leads);
          else service.duties.onLeading(leads);
        },
        onTouched: (sessions) => service.duties.touch(sessions),
        onReplaced: () => events.onReplaced(),
        onFailed: (error) => events.onFailed(error),
      });
    } catch (error) {
      service.timer.stop();
      throw error;
    }
    for (const leads of early) service.duties.onLeading(leads);
    return service;
  }

  get reads(): MachineReads {
    return this.replica.machine.reads;
  }

  /** That of the last entry applied here. */
  get zxid(): number {
    return this.replica.appliedIndex;
  }

  /** A leader is known: writes will be decided soon. */
  get hasLeader(): boolean {
    const { role, leader } = this.replica.view;
    return role === 'leading' || (role === 'following' && leader !== 0);
  }

  /** Rejects as `StoreReplica.submit`. undefined: there are as many sessions as may be. */
  openSession(timeoutMs: number, keepsResults: boolean): Promise<OpenedSession | undefined> {
    if (this.reads.counts.sessions >= this.sessionLimit) return Promise.resolve(undefined);
    const password = this.secret(new Uint8Array(PASSWORD_BYTES));
    const timeMs = this.wallMs();
    return new Promise((resolve, reject) => {
      this.submit(
        { type: 'open-session', timeMs, password, timeoutMs, keepsResults },
        ({ result }) => {
          if (result.type !== 'session-opened') return;
          this.touch(result.session);
          resolve({ id: result.session, password, timeoutMs: result.timeoutMs, attachments: 0 });
        },
        reject,
      );
    });
  }

  /** undefined: the session is over, or the password is another one. */
  attachSession(session: SessionId, password: Uint8Array): Promise<OpenedSession | undefined> {
    const timeMs = this.wallMs();
    return new Promise((resolve, reject) => {
      this.submit(
        { type: 'attach-session', timeMs, session, password },
        ({ result }) => {
          const attachments = this.reads.session(session)?.attachments;
          if (result.type !== 'session-attached' || attachments === undefined) {
            resolve(undefined);
            return;
          }
          this.touch(session);
          resolve({ id: session, password, timeoutMs: result.timeoutMs, attachments });
        },
        reject,
      );
    });
  }

  closeSession(session: SessionId, done: (outcome: Applied) => void, refused: (error: Error) => void): void {
    this.submit({ type: 'close-session', timeMs: this.wallMs(), session }, done, refused);
  }

  /** The session was heard of. */
  touch(session: SessionId): void {
    this.heard.add(session);
  }

  write(
    { session, xid, identities }: { session: SessionId; xid: number; identities: readonly Identity[] },
    operation: ClientOperation,
    done: (outcome: Applied) => void,
    refused: (error: Error) => void,
  ): void {
    const timeMs = this.wallMs();
    this.submit({ type: 'client', timeMs, session, xid, identities, operation }, done, refused);
  }

  /** Resolves when this replica has applied all that was decided before the call. Rejects as `StoreReplica.readBarrier`. */
  async barrier(): Promise<void> {
    // The core is not to be asked in the middle of one of its own steps, from where `done` is called.
    await Promise.resolve();
    await this.replica.readBarrier();
  }

  async stop(error: Error): Promise<void> {
    this.timer.stop();
    await this.replica.stop(error);
  }

  private submit(command: Command, done: (outcome: Applied) => void, refused: (error: Error) => void): void {
    this.replica.submitTo(encodeCommand(command), done, refused);
  }

  private applied({ zxid, result, changes }: Applied): void {
    for (const change of changes) {
      if (change.type === 'session-ended') {
        this.heard.delete(change.session);
        this.duties.forget(change.session);
        this.events.onSessionEnded(change.session);
      } else this.watches.onChange(change, zxid);
    }
    if (result.type === 'session-opened') this.duties.touch([result.session]);
  }

  private tick(): void {
    if (this.replica === undefined) return;
    if (this.heard.size > 0 && this.hasLeader) {
      this.replica.touch([...this.heard]);
      this.heard.clear();
    }
    this.duties.tick();
  }

  private wallMs(): number {
    return Math.floor(this.clock.wallMs());
  }
}

function later(turns: Turns, ms: number, work: () => void): void {
  const timer = turns.every(ms, () => {
    timer.stop();
    work();
  });
}
