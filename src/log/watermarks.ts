// Owns: the `watermarks` file of a topic: per partition how far readers may read and how far the log is flushed: Kafka's
// high watermark and its recovery-point checkpoint, 128 bytes per partition, overwritten in place, checked by a CRC.
// Invariant: a mark is published after its bytes have reached the durability that their appends asked for, and before
// those are acknowledged; `flushed` in it only after `fdatasync` returned. So what `flushed` covers is whole: if it is
// not there or does not check out, that is damage and never a torn tail. The file itself is flushed only on close;
// after a power failure its `flushed` may be behind the truth, never ahead.

import { crc32c } from '../base/crc32c.ts';
import { type FileSystem, type OpenFile, readFully, writeFully } from '../files/file-system.ts';
import { wrongFormat } from './log-errors.ts';

export const WATERMARKS_FILE = 'watermarks';
const MAGIC = 0x4d52_574d; // "MRWM"
const VERSION = 1;
const SLOT_BYTES = 128;
const CRC_AT = SLOT_BYTES - 4;
/** A reader can meet a slot while it is overwritten; it then looks again, this often. */
const TORN_READS = 3;

/** A place between two batches. */
export interface LogPosition {
  readonly offset: number;
  /** Base offset of the segment. */
  readonly segment: number;
  /** Byte in that segment. */
  readonly position: number;
}

/** What can be read of a partition, and what of it survives a power failure. */
export interface Watermark {
  /** Smallest offset that can be read. */
  readonly earliest: number;
  /** Behind the last record that can be read. */
  readonly end: LogPosition;
  /** Behind the last flushed record. */
  readonly flushed: LogPosition;
}

export class WatermarkFile {
  private readonly file: OpenFile;
  private readonly partitions: number;

  private constructor(file: OpenFile, partitions: number) {
    this.file = file;
    this.partitions = partitions;
  }

  static async open(
    files: FileSystem,
    topicFolder: string,
    partitions: number,
    mode: 'read' | 'write',
  ): Promise<WatermarkFile> {
    return new WatermarkFile(await files.open(`${topicFolder}/${WATERMARKS_FILE}`, mode), partitions);
  }

  /** All marks; null for one that was never written or did not survive a power failure. Throws MR_DATA_FORMAT. */
  async read(): Promise<(Watermark | null)[]> {
    let marks: (Watermark | null)[] = [];
    for (let attempt = 0; attempt < TORN_READS; attempt++) {
      const bytes = Buffer.alloc(this.partitions * SLOT_BYTES);
      await readFully(this.file, bytes, 0, bytes.length, 0);
      marks = [];
      for (let p = 0; p < this.partitions; p++) marks.push(decode(bytes, p * SLOT_BYTES, this.file.path));
      if (!marks.includes(null)) break;
    }
    return marks;
  }

  async publish(partition: number, mark: Watermark): Promise<void> {
    await writeFully(this.file, encode(mark), SLOT_BYTES, partition * SLOT_BYTES);
  }

  flush(): Promise<void> {
    return this.file.flush();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

function encode(mark: Watermark): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  slot.writeUInt32BE(MAGIC, 0);
  slot.writeUInt32BE(VERSION, 4);
  slot.writeDoubleBE(mark.earliest, 8);
  encodePosition(slot, 16, mark.end);
  encodePosition(slot, 40, mark.flushed);
  slot.writeUInt32BE(crc32c(slot, 0, CRC_AT), CRC_AT);
  return slot;
}

function decode(bytes: Buffer, at: number, path: string): Watermark | null {
  if (bytes.readUInt32BE(at) !== MAGIC) return null;
  if (bytes.readUInt32BE(at + CRC_AT) !== crc32c(bytes, at, at + CRC_AT)) return null;
  const version = bytes.readUInt32BE(at + 4);
  if (version !== VERSION) throw wrongFormat(path, `version ${VERSION}`, `version ${version}`);
  return {
    earliest: bytes.readDoubleBE(at + 8),
    end: decodePosition(bytes, at + 16),
    flushed: decodePosition(bytes, at + 40),
  };
}

function encodePosition(slot: Buffer, at: number, place: LogPosition): void {
  slot.writeDoubleBE(place.offset, at);
  slot.writeDoubleBE(place.segment, at + 8);
  slot.writeDoubleBE(place.position, at + 16);
}

function decodePosition(bytes: Buffer, at: number): LogPosition {
  return {
    offset: bytes.readDoubleBE(at),
    segment: bytes.readDoubleBE(at + 8),
    position: bytes.readDoubleBE(at + 16),
  };
}
