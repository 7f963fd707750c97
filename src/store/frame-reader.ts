// Owns: reading a checkpoint file frame by frame through a window, and telling a torn tail from damage.

import { crc32c } from '../base/crc32c.ts';
import type { OpenFile } from './file-system.ts';
import {
  decodeFileHeader,
  decodeFrameHeader,
  FILE_HEADER_BYTES,
  type FileKind,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  type FrameHeader,
} from './frame-format.ts';
import { damaged, otherFormat } from './journal-errors.ts';

/** Bytes read at once. */
const WINDOW_BYTES = 1_048_576;

export interface Frame {
  readonly header: FrameHeader;
  /** Of its own: not part of the window. */
  readonly payload: Buffer;
}

export class FrameReader {
  /** Where the next frame starts. */
  offset = FILE_HEADER_BYTES;
  private readonly file: OpenFile;
  private readonly path: string;
  private readonly size: number;
  private readonly window = Buffer.allocUnsafe(WINDOW_BYTES);
  private windowStart = 0;
  private windowEnd = 0;

  private constructor(file: OpenFile, path: string, size: number) {
    this.file = file;
    this.path = path;
    this.size = size;
  }

  /** Checks the file header and that the file's base is `base`. Throws MR_DATA_DAMAGED or MR_DATA_FORMAT. */
  static async open(file: OpenFile, path: string, kind: FileKind, base: number): Promise<FrameReader> {
    const reader = new FrameReader(file, path, await file.size());
    const bytes = await reader.bytes(0, Math.min(FILE_HEADER_BYTES, reader.size));
    const header = decodeFileHeader(kind, bytes);
    if (header === null) throw damaged(path, 0, `no header of a ${kind}`);
    if (header.version !== FORMAT_VERSION) throw otherFormat(path, header.version);
    if (header.base !== base)
      throw damaged(path, 12, `base sequence ${header.base} in a file named after ${base}`);
    return reader;
  }

  get atEnd(): boolean {
    return this.offset >= this.size;
  }

  /** The next frame, or null if there is no whole, valid one at `offset`, which then stays. */
  async next(): Promise<Frame | null> {
    if (this.offset + FRAME_HEADER_BYTES > this.size) return null;
    const header = decodeFrameHeader(await this.bytes(this.offset, FRAME_HEADER_BYTES), 0);
    if (header === null) return null;
    const start = this.offset + FRAME_HEADER_BYTES;
    if (start + header.length > this.size) return null;
    const payload = Buffer.from(await this.bytes(start, header.length));
    if (crc32c(payload) !== header.payloadCrc) return null;
    this.offset = start + header.length;
    return { header, payload };
  }

  /**
   * Where a valid frame header of a record after `sequence` lies behind `offset`, or null. Only one record is ever
   * unflushed, so a broken record with a later one behind it was flushed and acknowledged: that is damage, not a torn
   * write. The search goes byte by byte since the lengths of a broken record cannot be trusted.
   */
  async findLaterRecord(sequence: number): Promise<number | null> {
    for (let at = this.offset; at + FRAME_HEADER_BYTES <= this.size; ) {
      const bytes = await this.bytes(at, Math.min(WINDOW_BYTES, this.size - at));
      const starts = bytes.length - FRAME_HEADER_BYTES + 1;
      for (let index = 0; index < starts; index++) {
        const header = decodeFrameHeader(bytes, index);
        if (header !== null && header.sequence > sequence) return at + index;
      }
      at += starts;
    }
    return null;
  }

  /** The bytes at a place inside the file; valid until the next call. */
  private async bytes(start: number, length: number): Promise<Buffer> {
    if (start >= this.windowStart && start + length <= this.windowEnd) {
      return this.window.subarray(start - this.windowStart, start - this.windowStart + length);
    }
    if (length > WINDOW_BYTES) {
      const bytes = Buffer.allocUnsafe(length);
      await this.readAll(bytes, start, length);
      return bytes;
    }
    this.windowStart = start;
    this.windowEnd = start;
    const wanted = Math.min(WINDOW_BYTES, this.size - start);
    this.windowEnd = start + (await this.readAll(this.window.subarray(0, wanted), start, length));
    return this.window.subarray(0, length);
  }

  private async readAll(target: Uint8Array, start: number, atLeast: number): Promise<number> {
    const count = await this.file.read(target, start);
    if (count < atLeast) throw damaged(this.path, start + count, 'the file became shorter while it was read');
    return count;
  }
}
