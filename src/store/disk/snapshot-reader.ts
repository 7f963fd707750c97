// Owns: reading a snapshot file from front to back, every byte checked. Not here: which file to read (snapshot-store.ts).

import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemCodeOf } from '../../base/errors.ts';
import { type FileSystem, type OpenFile, readFully } from '../../files/file-system.ts';
import type { Configuration } from '../../paxos/configuration.ts';
import { type DamagePlace, damaged } from './disk-errors.ts';
import { checkHeader, HEADER_BYTES, type Owner } from './file-header.ts';
import {
  CHUNK_HEADER_BYTES,
  ChunkSum,
  decodeFooter,
  MAX_FOOTER_BYTES,
  type SnapshotFooter,
} from './snapshot-format.ts';

/** A whole snapshot on the disk. */
export interface SnapshotInfo {
  /** Entries that it covers. */
  readonly index: number;
  readonly file: string;
  /** Of the whole file. */
  readonly bytes: number;
  readonly configuration: Configuration;
  readonly stateHash: Uint8Array;
}

export type SnapshotCheck =
  | { readonly info: SnapshotInfo; readonly damage: undefined }
  | { readonly info: undefined; readonly damage: DamagePlace };

/** Reads all of it. Throws MR_DATA_FORMAT or MR_STORE_FOLDER; rejects with system errors. */
export async function checkSnapshot(
  fs: FileSystem,
  file: string,
  index: number,
  owner: Owner,
  longestChunk: number,
): Promise<SnapshotCheck> {
  const reader = new SnapshotReader(file, index, longestChunk);
  try {
    await reader.open(fs, owner);
    while ((await reader.next()) !== undefined) await nextTurn();
    const { configuration, stateHash } = reader.footer!;
    return { info: { index, file, bytes: reader.bytes, configuration, stateHash }, damage: undefined };
  } catch (error) {
    if (error instanceof Damage) return { info: undefined, damage: error.place };
    if (systemCodeOf(error) === 'EIO' || systemCodeOf(error) === 'ENOENT')
      return { info: undefined, damage: { file, offset: reader.offset, why: 'the disk cannot read it' } };
    throw error;
  } finally {
    await reader.close();
  }
}

/** The chunks of a snapshot in order. Throws MR_DATA_DAMAGED where one is not what was written. */
export async function* readSnapshot(
  fs: FileSystem,
  { file, index }: Pick<SnapshotInfo, 'file' | 'index'>,
  owner: Owner,
  longestChunk: number,
): AsyncGenerator<Uint8Array, void> {
  const reader = new SnapshotReader(file, index, longestChunk);
  try {
    await reader.open(fs, owner);
    for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) yield chunk;
  } catch (error) {
    throw error instanceof Damage ? damaged(error.place) : error;
  } finally {
    await reader.close();
  }
}

class Damage extends Error {
  readonly place: DamagePlace;

  constructor(place: DamagePlace) {
    super(place.why);
    this.place = place;
  }
}

class SnapshotReader {
  offset = 0;
  bytes = 0;
  footer: SnapshotFooter | undefined;
  private readonly path: string;
  private readonly index: number;
  private readonly longestChunk: number;
  private readonly sum = new ChunkSum();
  private file: OpenFile | undefined;

  constructor(path: string, index: number, longestChunk: number) {
    this.path = path;
    this.index = index;
    this.longestChunk = longestChunk;
  }

  async open(fs: FileSystem, owner: Owner): Promise<void> {
    this.file = await fs.open(this.path, 'read');
    this.bytes = await this.file.size();
    const header = checkHeader(
      await this.read(Math.min(HEADER_BYTES, this.bytes)),
      this.path,
      'snapshot',
      owner,
    );
    if (header.damage !== undefined) throw new Damage(header.damage);
    if (header.number !== this.index)
      this.refuse(`it is of index ${header.number} and has the name of another`);
    this.offset = HEADER_BYTES;
  }

  /** The next chunk; undefined at the end, when all of the file has been found to be right. */
  async next(): Promise<Uint8Array | undefined> {
    const length = (await this.read(4)).readUInt32LE(0);
    if (length === 0) {
      await this.end();
      return undefined;
    }
    if (length > this.longestChunk) this.refuse(`a chunk of ${length} bytes`);
    const chunk = await this.read(CHUNK_HEADER_BYTES + length);
    if (this.sum.add(chunk, CHUNK_HEADER_BYTES, chunk.length) !== chunk.readUInt32LE(4))
      this.refuse('the checksum of a chunk does not fit');
    this.offset += chunk.length;
    return chunk.subarray(CHUNK_HEADER_BYTES);
  }

  async close(): Promise<void> {
    await this.file?.close();
  }

  private async end(): Promise<void> {
    const rest = this.bytes - this.offset - 4;
    if (rest > MAX_FOOTER_BYTES) this.refuse('bytes behind the end');
    const tail = await this.read(4 + rest);
    const footer = decodeFooter(tail.subarray(4));
    if (footer === undefined) this.refuse('its footer does not fit');
    const { chunks, dataBytes, crc } = this.sum;
    if (footer.chunks !== chunks || footer.dataBytes !== dataBytes || footer.crc !== crc)
      this.refuse('the chunks are not those that its footer speaks of');
    this.footer = footer;
  }

  /** `length` bytes from `offset` on. */
  private async read(length: number): Promise<Buffer> {
    if (length > this.bytes - this.offset || length < 0) this.refuse('the file was cut');
    const bytes = Buffer.allocUnsafeSlow(length);
    const got = await readFully(this.file!, bytes, 0, length, this.offset);
    if (got < length) this.refuse('the file was cut while it was read');
    return bytes;
  }

  private refuse(why: string): never {
    throw new Damage({ file: this.path, offset: this.offset, why });
  }
}
