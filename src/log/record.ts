// Owns: the types of records as the log's users see them. Types only.

export interface LogHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A record with everything filled in. */
export interface LogRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly LogHeader[];
  /** Milliseconds since 1970-01-01 UTC, an integer. */
  readonly timestamp: number;
}

/** What readers get. Key, value and header values are views of the read buffer, not copies. */
export interface StoredRecord extends LogRecord {
  readonly offset: number;
}

/** What writers give. Strings are written as UTF-8 straight into the batch, which spares a copy. */
export interface AppendRecord {
  readonly key?: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | string | null }[];
  /** Milliseconds since 1970; now if left out. */
  readonly timestamp?: number;
}

/**
 * How safe an append is when its promise resolves.
 * - `flushed`: on the disk (`fdatasync` returned). Survives a power failure.
 * - `written`: with the operating system. Survives the death of the process, not a power failure.
 * - `interval`: as `written`, and flushed at the latest `flushIntervalMs` later.
 */
export type Durability = 'flushed' | 'written' | 'interval';

/** Kafka's idempotent producer (KIP-98): a repeated batch is recognised by its sequence. */
export interface ProducerStamp {
  readonly producerId: number;
  readonly epoch: number;
  /** Sequence of the first record; each record takes one, 2^31 - 1 is followed by 0. */
  readonly sequence: number;
}

export interface AppendOptions {
  /** The topic's own setting if left out. */
  readonly durability?: Durability;
  readonly producer?: ProducerStamp;
}

export interface AppendResult {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** True if this producer's batch was there already; the offsets are those of the first time. */
  readonly duplicate: boolean;
}
