// Owns: that each command takes effect once, and those of one replica in the order in which it submitted them, however
// often they were proposed. Part of the replicated state: equal on all replicas at equal index. Pure.
//
// A replica that loses its leader does not know what became of the commands that it had sent there, and proposes them
// again. Each carries the replica's id, its life (a number that grows with every start) and its place in that life, and
// counts only if it is the next one. So a command that was decided twice takes effect once, and one that was lost holds
// back those behind it until it comes again.
// Invariants: per replica, (life, place) only grows, without a gap inside a life.

import { assert } from '../../base/assert.ts';
import type { ReplicaId } from '../../paxos/ballot.ts';
import { ByteReader } from '../../paxos/codec/byte-reader.ts';
import { ByteWriter } from '../../paxos/codec/byte-writer.ts';
import { PAXOS_LIMITS } from '../../paxos/limits.ts';

/** What stands in front of a command in a log entry. */
export interface Origin {
  readonly replica: ReplicaId;
  readonly life: number;
  /** 1, 2, 3 … in a life. */
  readonly place: number;
}

const ORIGIN_BYTES = 32;

/** The log entry of a command. */
export function withOrigin({ replica, life, place }: Origin, command: Uint8Array): Uint8Array {
  const writer = new ByteWriter(ORIGIN_BYTES + command.length, PAXOS_LIMITS.entryBytes);
  writer.varint(replica);
  writer.varint(life);
  writer.varint(place);
  writer.raw(command);
  return writer.finish();
}

/** Entries are checksummed: what does not decode is our own mistake. */
export function splitOrigin(entry: Uint8Array): { origin: Origin; command: Uint8Array } {
  const reader = new ByteReader(entry);
  const origin = { replica: reader.varint(), life: reader.varint(), place: reader.varint() };
  const command = reader.raw(reader.remaining);
  assert(!reader.failed, 'a log entry begins with its origin');
  return { origin, command };
}

export class Origins {
  private readonly last: Map<ReplicaId, { life: number; place: number }> = new Map();

  /** Whether the command of this origin takes effect; if so, it is the last one of its replica from here on. */
  admit({ replica, life, place }: Origin): boolean {
    const last = this.last.get(replica);
    const next = last !== undefined && last.life === life ? place === last.place + 1 : place === 1;
    if (!next || (last !== undefined && life < last.life)) return false;
    this.last.set(replica, { life, place });
    return true;
  }

  /** The life of the last command of a replica, 0 if there was none. */
  lifeOf(replica: ReplicaId): number {
    return this.last.get(replica)?.life ?? 0;
  }

  encode(): Uint8Array {
    const writer = new ByteWriter(64, PAXOS_LIMITS.entryBytes);
    const known = [...this.last].sort(([a], [b]) => a - b);
    writer.varint(known.length);
    for (const [replica, { life, place }] of known) {
      writer.varint(replica);
      writer.varint(life);
      writer.varint(place);
    }
    return writer.finish();
  }

  /** Takes the place of all that is known. */
  restore(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    this.last.clear();
    for (let left = reader.count(PAXOS_LIMITS.retiredMembers + PAXOS_LIMITS.members); left > 0; left--) {
      this.last.set(reader.varint(), { life: reader.varint(), place: reader.varint() });
    }
    assert(reader.complete, 'the origins of a snapshot are whole');
  }
}
