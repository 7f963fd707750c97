// Owns: what a store replica needs from outside: a disk, links to the others, time. Behind them are files and sockets in
// production and the simulator's in tests; nothing else in this folder knows which.

import type { ReplicaId } from '../../paxos/ballot.ts';
import type { Configuration } from '../../paxos/configuration.ts';
import type { Recovered, Write } from '../../paxos/effects.ts';
import type { Message } from '../../paxos/message.ts';

/** A whole snapshot on the disk (disk/). */
export interface StoredSnapshot {
  readonly index: number;
  readonly file: string;
  /** Of the whole file. */
  readonly bytes: number;
  /** In force after the first `index` entries. */
  readonly configuration: Configuration;
}

/** A snapshot on its way here. */
export interface IncomingSnapshot {
  /** Bytes that are here: where to go on. */
  readonly offset: number;
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Durable, and whole, when it resolves; otherwise it is gone. */
  finish(): Promise<StoredSnapshot>;
  close(): Promise<void>;
}

/** What a replica asks of its disk; `ReplicaDisk` in disk/ says what each promises. */
export interface StoreDisk {
  readonly recovered: Recovered;
  /** The newest in use. */
  readonly snapshot: StoredSnapshot | undefined;
  append(write: Write): void;
  readSnapshot(snapshot: Pick<StoredSnapshot, 'file' | 'index'>): AsyncIterable<Uint8Array>;
  readSnapshotFile(
    snapshot: Pick<StoredSnapshot, 'file'>,
    offset: number,
    length: number,
  ): Promise<Uint8Array>;
  writeSnapshot(source: SnapshotSource): Promise<StoredSnapshot>;
  receiveSnapshot(index: number): Promise<IncomingSnapshot>;
  close(): Promise<void>;
}

export interface SnapshotSource {
  readonly index: number;
  readonly configuration: Configuration;
  readonly stateHash: Uint8Array;
  readonly chunks: Iterable<Uint8Array>;
}

/** What the disk tells. */
export interface StoreDiskEvents {
  /** All writes up to `number` are durable. */
  onPersisted(number: number): void;
  /** Nothing more becomes durable until it is told with false. */
  onFull(full: boolean): void;
  /** What is durable is unknown: the process must end. */
  onFailure(error: Error): void;
}

/** What travels between store replicas. All but `paxos` is lost without harm, and asked for again. */
export type LinkMessage =
  | { readonly kind: 'paxos'; readonly message: Message }
  /** Log entries that a follower wants the leader to propose, in the order of their numbers. */
  | { readonly kind: 'forward'; readonly entries: readonly Uint8Array[] }
  /** Sessions that the sender has heard since it told last. */
  | { readonly kind: 'touch'; readonly sessions: readonly number[] }
  /** Bytes of the file of a snapshot of at least `index` entries, from `offset` on if it is of exactly `index`. */
  | { readonly kind: 'snapshot-request'; readonly index: number; readonly offset: number }
  /** `total`: of the whole file. */
  | {
      readonly kind: 'snapshot-bytes';
      readonly index: number;
      readonly total: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    };

export interface Links {
  /** Never blocks; drops what does not fit into the peer's buffer. */
  send(to: ReplicaId, message: LinkMessage): void;
  onMessage: (from: ReplicaId, message: LinkMessage) => void;
  close(): Promise<void>;
}

export interface Turns {
  /** Runs `work` after the events of this turn: what they brought together is handled together. */
  soon(work: () => void): void;
  every(ms: number, work: () => void): { stop(): void };
}
