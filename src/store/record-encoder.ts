// Owns: the content of checkpoint records as bytes, on the way out: deltas (journal) and a whole image (snapshot) as
// frames of about FRAME_TARGET_BYTES, so that neither ever exists as one piece in memory. The way in is
// record-decoder.ts. Each frame can be read on its own: a table that goes on in the next frame is named there again.

import { assert } from '../base/assert.ts';
import { MillraceError } from '../base/errors.ts';
import type { CheckpointDelta } from './checkpoint.ts';
import type { CheckpointImage } from './checkpoint-image.ts';
import { FRAME_HEADER_BYTES, FRAME_TARGET_BYTES, MAX_TEXT_BYTES, sealFrame } from './frame-format.ts';

/** First byte of each operation. A number means a varint, a text its length in bytes as a varint and UTF-8. */
export const OP = {
  /** component, partition, offset */
  position: 1,
  /** component; text of the state follows only in dropState */
  dropComponent: 2,
  dropState: 3,
  /** component, tasks */
  parallelism: 4,
  /** name, value */
  setMeta: 5,
  /** name */
  deleteMeta: 6,
  /** component, task, state: where the following entries belong */
  table: 7,
  /** key, value */
  set: 8,
  /** key */
  delete: 9,
} as const;

interface TableName {
  readonly component: string;
  readonly task: number;
  readonly state: string;
}

/** Makes frames in one buffer that it uses again: a frame is valid until the next one is asked for. */
export class RecordEncoder {
  private bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + FRAME_TARGET_BYTES + 4_096);
  private end = FRAME_HEADER_BYTES;

  /** The deltas one after the other as one record. Throws MR_STATE_VALUE for a text longer than MAX_TEXT_BYTES. */
  *record(sequence: number, deltas: Iterable<CheckpointDelta>): Generator<Uint8Array> {
    this.end = FRAME_HEADER_BYTES;
    for (const delta of deltas) {
      this.smallParts(delta);
      for (const table of delta.state ?? []) {
        this.tableName(table);
        for (let index = 0; index < table.keys.length; index++) {
          this.entry(table.keys[index] as string, table.values[index] ?? null);
          if (this.end < FRAME_TARGET_BYTES) continue;
          yield this.seal(sequence, false);
          this.tableName(table);
        }
      }
    }
    yield this.seal(sequence, true);
  }

  /**
   * All of an image. It may change between two frames; each frame carries the image's sequence at that time. Entries
   * that come after the start are left out where they would only prolong the walk: Maps keep the order of insertion,
   * so whatever was there at the start and untouched since is among the first `size`.
   */
  *snapshot(image: CheckpointImage): Generator<Uint8Array> {
    this.end = FRAME_HEADER_BYTES;
    this.smallParts(image);
    for (const table of image.allTables()) {
      this.tableName(table);
      let left = table.entries.size;
      for (const [key, value] of table.entries) {
        if (left-- === 0) break;
        this.entry(key, value);
        if (this.end < FRAME_TARGET_BYTES) continue;
        yield this.seal(image.sequence, false);
        this.tableName(table);
      }
    }
    yield this.seal(image.sequence, true);
  }

  private seal(sequence: number, last: boolean): Uint8Array {
    const end = this.end;
    this.end = FRAME_HEADER_BYTES;
    sealFrame(this.bytes, end, sequence, last);
    return this.bytes.subarray(0, end);
  }

  private smallParts(parts: Omit<CheckpointDelta, 'state'>): void {
    for (const [component, partitions] of parts.positions ?? []) {
      for (const [partition, offset] of partitions) {
        this.op(OP.position, component);
        this.number(partition);
        this.number(offset);
      }
    }
    for (const { component, state } of parts.drop ?? []) {
      this.op(state === null ? OP.dropComponent : OP.dropState, component);
      if (state !== null) this.text(state);
    }
    for (const [component, tasks] of parts.parallelism ?? []) {
      this.op(OP.parallelism, component);
      this.number(tasks);
    }
    for (const [name, value] of parts.meta ?? []) {
      this.op(value === null ? OP.deleteMeta : OP.setMeta, name);
      if (value !== null) this.text(value);
    }
  }

  private tableName({ component, task, state }: TableName): void {
    this.op(OP.table, component);
    this.number(task);
    this.text(state);
  }

  private entry(key: string, value: string | null): void {
    this.op(value === null ? OP.delete : OP.set, key);
    if (value !== null) this.text(value);
  }

  private op(code: number, text: string): void {
    this.room(1);
    this.bytes[this.end++] = code;
    this.text(text);
  }

  private text(text: string): void {
    // UTF-8 needs at most three bytes per UTF-16 unit, so up to 42 units the length is known to fit in one byte.
    if (text.length <= 42) {
      this.room(1 + text.length * 3);
      const written = this.bytes.write(text, this.end + 1, 'utf8');
      this.bytes[this.end] = written;
      this.end += 1 + written;
      return;
    }
    const length = Buffer.byteLength(text, 'utf8');
    if (length > MAX_TEXT_BYTES) throw tooLong(text, length);
    this.number(length);
    this.room(length);
    this.end += this.bytes.write(text, this.end, 'utf8');
  }

  /** Seven bits a byte, the lowest first, the top bit set on all but the last. */
  private number(value: number): void {
    assert(
      Number.isSafeInteger(value) && value >= 0,
      'numbers in a checkpoint are safe integers, not negative',
    );
    this.room(8);
    let rest = value;
    while (rest >= 128) {
      this.bytes[this.end++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.end++] = rest;
  }

  private room(count: number): void {
    if (this.end + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end + count));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}

function tooLong(text: string, length: number): MillraceError {
  return new MillraceError('MR_STATE_VALUE', 'A key or value of keyed state is too long for a checkpoint.', {
    expected: `at most ${MAX_TEXT_BYTES} bytes when encoded`,
    got: `${length} bytes, beginning with ${JSON.stringify(text.slice(0, 60))}`,
    next: 'Keep less under one key: spread it over several keys, or store a reference to it.',
  });
}
