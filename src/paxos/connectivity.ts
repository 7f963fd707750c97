// Owns: which other members this replica hears and is heard by, from one Ping per tick and direction. Not here: what
// follows from it (a replica that does not hear a quorum both ways offers no candidate).
// Invariants:
//   1. `hears(x)` only if a ping of x arrived within the last SILENCE ticks, and in it x confirmed a ping of this
//      replica's present life that was at most ECHO_AGE ticks old.
//   2. A one-way cut is known at both ends SILENCE ticks and one message delay later: the deaf end stops to echo.
//   3. Late, doubled and reordered pings confirm nothing: only a rising sequence counts.
//
// Why both ways: a candidate must reach a quorum *and* be answered by it. "OmniPaxos" (Ng, Haridi, Carbone, EuroSys
// 2023), section 5, shows that anything less lets a replica that cannot lead take the lead again and again.

import type { ReplicaId } from './ballot.ts';
import { PAXOS_TICKS } from './limits.ts';
import type { Ping } from './message.ts';

/** Ticks without a new ping after which a replica is not heard any more. The same as for a leader by its quorum. */
const SILENCE = PAXOS_TICKS.leaderQuorum;

/** Ticks that an echo may be old. More than SILENCE: the way there and back takes its time, and a deaf replica's echo is 0. */
const ECHO_AGE = 2 * SILENCE;

interface Heard {
  /** The highest sequence received. */
  sequence: number;
  /** This replica's own sequence when that came. */
  at: number;
  /** What that ping said to have heard from here. */
  echo: number;
}

export class Connectivity {
  /** Ticks of this life. Starts at 0 after a restart. */
  private sequence = 0;
  private readonly heard: Map<ReplicaId, Heard> = new Map();

  /** One tick has passed: a Ping to every other member. */
  tick(members: readonly ReplicaId[], self: ReplicaId, send: (to: ReplicaId, ping: Ping) => void): void {
    this.sequence++;
    // Forgotten, so that the low sequence of a replica that restarted is taken for new.
    for (const [replica, { at }] of this.heard)
      if (this.sequence - at > SILENCE || !members.includes(replica)) this.heard.delete(replica);
    for (const replica of members) {
      if (replica === self) continue;
      send(replica, { kind: 'ping', sequence: this.sequence, echo: this.heard.get(replica)?.sequence ?? 0 });
    }
  }

  receive(from: ReplicaId, { sequence, echo }: Ping): void {
    const heard = this.heard.get(from);
    if (heard !== undefined && sequence <= heard.sequence) return;
    this.heard.set(from, { sequence, at: this.sequence, echo });
  }

  /** Both ways, within a bounded number of ticks. */
  hears(from: ReplicaId): boolean {
    const heard = this.heard.get(from);
    if (heard === undefined || heard.echo === 0) return false;
    const age = this.sequence - heard.echo;
    // A negative age: an echo of what was sent before this replica restarted.
    return age >= 0 && age <= ECHO_AGE;
  }

  /** Of a quorum that this replica is itself a part of. */
  hearsQuorum(members: readonly ReplicaId[], self: ReplicaId, quorum: number): boolean {
    let count = 0;
    for (const replica of members) if (replica === self || this.hears(replica)) count++;
    return count >= quorum;
  }
}
