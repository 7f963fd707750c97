// Owns: what goes to the disk in one write and one flush: encoded batches and the promises that wait for them.
// Not here: when it is written, and offsets beyond the group.

import type { AppendRecord, ProducerStamp } from './record.ts';
import type { RecordBatchWriter } from './record-batch-writer.ts';
import type { SegmentIndex } from './segment-index.ts';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface BatchMeta {
  readonly offset: number;
  readonly nextOffset: number;
  readonly size: number;
  readonly maxTimestamp: number;
  readonly producer: ProducerStamp | null;
}

export class AppendGroup {
  readonly encoder: RecordBatchWriter;
  /** Whether somebody waits for a flush, or one is due. */
  flush = false;
  /** Whether a flush must follow within the flush interval. */
  flushSoon = false;
  /** Whether the segment is to be closed behind this group. */
  roll = false;
  /** Offset after the last record. */
  endOffset: number;
  private batchOffset: number;
  private batchProducer: ProducerStamp | null = null;
  private readonly batches: BatchMeta[] = [];
  private readonly waiters: Waiter[] = [];

  constructor(encoder: RecordBatchWriter, offset: number) {
    this.encoder = encoder;
    this.endOffset = offset;
    this.batchOffset = offset;
  }

  get bytes(): number {
    return this.encoder.length;
  }

  /**
   * Adds records as (part of) a batch: those of a producer are one of their own, others share one of about `batchBytes`.
   * Returns the offset of the first. Throws MR_RECORD_TOO_LARGE and has added nothing then.
   */
  add(
    records: readonly AppendRecord[],
    producer: ProducerStamp | null,
    now: number,
    batchBytes: number,
  ): number {
    const { encoder } = this;
    if (encoder.open && (producer !== null || encoder.batchBytes >= batchBytes)) this.seal();
    const begins = !encoder.open;
    if (begins) {
      encoder.begin(this.endOffset, producer);
      this.batchOffset = this.endOffset;
      this.batchProducer = producer;
    }
    try {
      encoder.add(records, now);
    } catch (error) {
      if (begins) encoder.cancel();
      throw error;
    }
    const baseOffset = this.endOffset;
    this.endOffset += records.length;
    if (producer !== null) this.seal();
    return baseOffset;
  }

  /** Ends the open batch, if there is one. */
  seal(): void {
    if (!this.encoder.open) return;
    const size = this.encoder.batchBytes;
    const maxTimestamp = this.encoder.end();
    const { batchOffset: offset, endOffset: nextOffset, batchProducer: producer } = this;
    this.batches.push({ offset, nextOffset, size, maxTimestamp, producer });
  }

  /** Resolves when the group is as safe as it asks for. */
  settled(): Promise<void> {
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  index(index: SegmentIndex): void {
    for (const batch of this.batches)
      index.add(batch.offset, batch.nextOffset, batch.size, batch.maxTimestamp);
  }

  producers(visit: (producer: ProducerStamp) => void): void {
    for (const { producer } of this.batches) if (producer !== null) visit(producer);
  }

  resolve(): void {
    for (const waiter of this.waiters) waiter.resolve();
  }

  reject(error: unknown): void {
    for (const waiter of this.waiters) waiter.reject(error);
  }
}
