// Owns: what only the leader does for all: it lets sessions expire that nobody has heard of, and removes containers and
// TTL nodes that are over. Not here: the decision, which is the state machine's when the wish is applied.
// Invariants:
//   1. Nothing is wished before this leader's tenure was applied here: the machine refuses the wishes of all tenures before.
//   2. No two leaderships have the same tenure: it names the replica and is above all that were applied and all that this
//      replica has used.
//   3. After a pause of this process everyone gets a whole lease: what they sent meanwhile may not have been read yet.

import type { Clock } from '../../base/clock.ts';
import type { MachineReads } from '../machine/machine-reads.ts';
import type { Applied, Command, SessionId } from '../machine/types.ts';
import { Leases } from './leases.ts';

export interface LeaderPort {
  reads(): MachineReads;
  /** Neither function may throw. */
  submit(command: Command, onApplied: (outcome: Applied) => void, onRefused: (error: Error) => void): void;
}

export interface LeaderSettings {
  readonly replica: number;
  readonly clock: Clock;
  /** Milliseconds of one slot of leases: how much later than promised a session may end. */
  readonly leaseSlotMs: number;
  /** Runs `work` a little later. */
  readonly later: (work: () => void) => void;
  /** Milliseconds between two looks for nodes that are over. */
  readonly nodeCheckMs: number;
}

/** Nodes that are removed by one command. */
const NODES_AT_ONCE = 1_000;
/** A tenure is a multiple of this, and the replica. */
const TENURE_STEP = 1_048_576;
/** A tick that comes later than this, in slots, means that the process was paused. */
const PAUSE_SLOTS = 4;

export class LeaderDuties {
  private readonly port: LeaderPort;
  private readonly settings: LeaderSettings;
  private readonly leases: Leases;
  /** That of this leadership, 0 if there is none. */
  private tenure = 0;
  /** Its tenure was applied: it may wish. */
  private isInOffice = false;
  private lastTenure = 0;
  private tickedMs = 0;
  private checkedMs = 0;

  constructor(port: LeaderPort, settings: LeaderSettings) {
    this.port = port;
    this.settings = settings;
    this.leases = new Leases(settings.leaseSlotMs, (id) => port.reads().session(id)?.timeoutMs);
  }

  onLeading(leads: boolean): void {
    this.isInOffice = false;
    this.tenure = 0;
    this.leases.end();
    if (leads) this.takeOffice();
  }

  touch(sessions: Iterable<SessionId>): void {
    if (!this.isInOffice) return;
    const now = this.settings.clock.monotonicMs();
    for (const session of sessions) this.leases.touch(session, now);
  }

  forget(session: SessionId): void {
    this.leases.forget(session);
  }

  /** Every `leaseSlotMs`. */
  tick(): void {
    if (!this.isInOffice) return;
    const { clock, leaseSlotMs, nodeCheckMs } = this.settings;
    const now = clock.monotonicMs();
    const wasPaused = now - this.tickedMs > PAUSE_SLOTS * leaseSlotMs;
    this.tickedMs = now;
    if (wasPaused) this.beginLeases();
    for (const session of this.leases.over(now)) this.expire(session);
    if (now - this.checkedMs < nodeCheckMs) return;
    this.checkedMs = now;
    this.removeNodes();
  }

  private takeOffice(): void {
    const { reads } = this.port;
    const above = Math.max(reads().tenure, this.lastTenure);
    const tenure =
      (Math.floor(above / TENURE_STEP) + 1) * TENURE_STEP + (this.settings.replica % TENURE_STEP);
    this.tenure = tenure;
    this.lastTenure = tenure;
    const settle = (isApplied: boolean): void => {
      if (this.tenure !== tenure) return;
      if (!isApplied || reads().tenure !== tenure) {
        this.takeOffice();
        return;
      }
      this.isInOffice = true;
      this.beginLeases();
    };
    this.port.submit(
      { type: 'tenure', timeMs: this.wallMs(), tenure },
      () => settle(true),
      // Refused while this replica leads: it is overloaded, cut off or closing. A tick later all that may be over.
      () => this.settings.later(() => settle(false)),
    );
  }

  private beginLeases(): void {
    const now = this.settings.clock.monotonicMs();
    this.tickedMs = now;
    this.leases.begin(
      [...this.port.reads().sessions()].map(({ id }) => id),
      now,
    );
  }

  private expire(session: SessionId): void {
    const known = this.port.reads().session(session);
    if (known === undefined) return;
    const { attachments } = known;
    const { tenure } = this;
    this.wish({ type: 'expire-session', timeMs: this.wallMs(), session, tenure, attachments });
  }

  private removeNodes(): void {
    const timeMs = this.wallMs();
    const paths = this.port.reads().expiredNodes(timeMs, NODES_AT_ONCE);
    if (paths.length > 0) this.wish({ type: 'remove-expired-nodes', timeMs, paths });
  }

  /** What becomes of it shows in the state; what was lost is wished again. */
  private wish(command: Command): void {
    this.port.submit(
      command,
      () => {},
      () => {},
    );
  }

  private wallMs(): number {
    return Math.floor(this.settings.clock.wallMs());
  }
}
