// Owns: a direct source in memory. It plays the topic of a real run: what was fed stays there, also after `crash()`, and is
// read from the stored position on. Not here: who reads it (runtime/).

import { MillraceError } from '../base/errors.ts';
import type { Chunk, DirectReader, DirectSource, RejectedRecord } from '../topology/source.ts';

interface FedRecord {
  readonly value: unknown;
  /** Of a record that the decoder refuses. */
  readonly refused?: { readonly raw: Uint8Array; readonly error: unknown };
}

export class MemorySource {
  readonly source: DirectSource<unknown>;
  private readonly partitions: FedRecord[][];
  private readonly listeners = new Set<() => void>();

  constructor(name: string, partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => []);
    this.source = {
      kind: 'direct',
      description: `test source ${name}`,
      open: () => Promise.resolve(this.reader()),
    };
  }

  /** Records fed so far, of all partitions. */
  get size(): number {
    return this.partitions.reduce((sum, records) => sum + records.length, 0);
  }

  feed(partition: number, values: readonly unknown[]): void {
    this.append(
      partition,
      values.map((value) => ({ value })),
    );
  }

  feedUndecodable(partition: number, raw: Uint8Array, error: unknown): void {
    this.append(partition, [{ value: undefined, refused: { raw, error } }]);
  }

  private append(partition: number, records: readonly FedRecord[]): void {
    const known = this.partitions[partition];
    if (known === undefined) {
      throw new MillraceError(
        'MR_PARTITION_UNKNOWN',
        `${this.source.description} has no partition ${partition}.`,
        {
          expected: `a whole number from 0 to ${this.partitions.length - 1}`,
          got: String(partition),
          next: 'Correct it, or give the source more partitions by the option `partitions`.',
        },
      );
    }
    for (const record of records) known.push(record);
    for (const listener of this.listeners) listener();
  }

  private reader(): DirectReader<unknown> {
    return {
      partitions: this.partitions.map((_, partition) => partition),
      bounded: false,
      earliest: () => Promise.resolve(0),
      latest: (partition) => Promise.resolve(this.partitions[partition]!.length),
      read: (partition, from, maxRecords) => chunkOf(this.partitions[partition]!, from, maxRecords),
      onData: (listener) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
      close: () => Promise.resolve(),
    };
  }
}

function chunkOf(records: readonly FedRecord[], from: number, maxRecords: number): Chunk<unknown> {
  const taken = records.slice(from, from + maxRecords);
  const rejected = taken.flatMap(({ refused }, index): RejectedRecord[] =>
    refused === undefined ? [] : [{ index, ...refused }],
  );
  return {
    values: taken.map(({ value }) => value),
    firstOffset: from,
    nextOffset: from + taken.length,
    rejected,
  };
}
