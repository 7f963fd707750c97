// Owns: what a partition knows of its idempotent producers (KIP-98): per producer id the epoch and the last batches.
// Pure. Invariant: `batches` of a producer ascend in offset, and each follows the sequence of the one before it or
// begins a new epoch at 0.

import { LOG_LIMITS } from './limits.ts';
import { producerFenced, sequenceGap } from './log-errors.ts';
import type { ProducerStamp } from './record.ts';

export interface ProducerBatch {
  readonly epoch: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
}

export class ProducerTable {
  /** In the order in which they were last heard of: the first is the one to forget. */
  private readonly producers = new Map<number, ProducerBatch[]>();

  /**
   * Checks a batch of `count` records. Returns the earlier batch if this one is a repetition of it, null if it is the
   * next in order. Throws MR_PRODUCER_FENCED and MR_SEQUENCE_GAP.
   */
  check(stamp: ProducerStamp, count: number): ProducerBatch | null {
    const { producerId, epoch, sequence } = stamp;
    const batches = this.producers.get(producerId);
    const last = batches?.at(-1);
    if (last === undefined || epoch > last.epoch) {
      if (sequence === 0) return null;
      throw sequenceGap(producerId, 'sequence 0, the first of a producer or epoch', `sequence ${sequence}`);
    }
    if (epoch < last.epoch) throw producerFenced(producerId, last.epoch, epoch);
    if (sequence === sequenceAfter(last.lastSequence, 1)) return null;
    const end = sequenceAfter(sequence, count - 1);
    for (const batch of batches!) {
      if (batch.epoch === epoch && batch.firstSequence === sequence && batch.lastSequence === end)
        return batch;
    }
    throw sequenceGap(
      producerId,
      `sequence ${sequenceAfter(last.lastSequence, 1)}, or one of the last ${LOG_LIMITS.producerBatches} batches again`,
      `sequence ${sequence} with ${count} records`,
    );
  }

  /** Notes a batch that is in the log (or on its way). */
  add(stamp: ProducerStamp, count: number, baseOffset: number): void {
    const batches = this.producers.get(stamp.producerId) ?? [];
    this.producers.delete(stamp.producerId);
    this.producers.set(stamp.producerId, batches);
    batches.push({
      epoch: stamp.epoch,
      firstSequence: stamp.sequence,
      lastSequence: sequenceAfter(stamp.sequence, count - 1),
      baseOffset,
      lastOffset: baseOffset + count - 1,
    });
  }

  /** Forgets what is over the limits. Only batches below `settled`, which cannot be taken back, are forgotten. */
  trim(stamp: ProducerStamp, settled: number): void {
    const batches = this.producers.get(stamp.producerId);
    if (batches === undefined) return;
    while (
      batches.length > LOG_LIMITS.producerBatches &&
      batches[LOG_LIMITS.producerBatches]!.lastOffset < settled
    ) {
      batches.shift();
    }
    for (const [producerId, oldest] of this.producers) {
      if (this.producers.size <= LOG_LIMITS.maxProducers || oldest.at(-1)!.lastOffset >= settled) break;
      this.producers.delete(producerId);
    }
  }

  /** Takes back all batches from `end` on: they never got into the log. */
  rollBack(end: number): void {
    for (const [producerId, batches] of this.producers) {
      while (batches.length > 0 && batches.at(-1)!.baseOffset >= end) batches.pop();
      if (batches.length === 0) this.producers.delete(producerId);
    }
  }

  /** A copy without the batches from `end` on. */
  upTo(end: number): ProducerTable {
    const copy = ProducerTable.from([...this.producers]);
    copy.rollBack(end);
    return copy;
  }

  /** For the snapshot file. */
  toJSON(): [number, ProducerBatch[]][] {
    return [...this.producers].map(([id, batches]) => [id, batches.slice(-LOG_LIMITS.producerBatches)]);
  }

  static from(entries: readonly (readonly [number, readonly ProducerBatch[]])[]): ProducerTable {
    const table = new ProducerTable();
    for (const [id, batches] of entries) table.producers.set(id, [...batches]);
    return table;
  }
}

/** Sequences run from 0 to 2^31 - 1 and begin again. */
function sequenceAfter(sequence: number, steps: number): number {
  return (sequence + steps) % 2_147_483_648;
}
