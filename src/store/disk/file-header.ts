// Owns: the block that every file of a replica's folder begins with: what it is, its format, whose it is. Not here: what
// follows it. Invariant: these 132 bytes are the same in all versions, so that a file of another version is refused as such
// and a damaged one never taken for it.
//
//    0  magic "MRSTORE" and a letter for the kind
//    8  format version, u32
//   12  number of the segment, or index of the snapshot, u64
//   20  replica, u64; 0 in snapshots, which replicas give each other byte by byte
//   28  bytes of the whole file, u64, where they are known before: a segment that is shorter was cut; else 0
//   36  bytes of the cluster's name, u8, and the name in UTF-8, zeros up to byte 128
//  128  CRC-32C of the bytes 0 … 127
//
// All numbers of the folder's files are little-endian.

import { crc32c } from '../../base/crc32c.ts';
import type { ReplicaId } from '../../paxos/ballot.ts';
import { type DamagePlace, otherOwner, otherVersion } from './disk-errors.ts';

export const FORMAT_VERSION = 1;
/** A block of its own, so that no later write touches it. */
export const HEADER_BYTES = 4_096;
/** Bytes of a cluster's name. */
export const MAX_CLUSTER_BYTES = 64;

const NUMBER_AT = 12;
const REPLICA_AT = 20;
const SIZE_AT = 28;
const NAME_AT = 36;
const CRC_AT = 128;
const TWO_32 = 4_294_967_296;

export type FileKind = 'segment' | 'state' | 'snapshot';

const MAGIC = { segment: 'MRSTOREL', state: 'MRSTOREH', snapshot: 'MRSTORES' } as const;

/** Whose files they are. */
export interface Owner {
  /** The cluster's name: 1 to `MAX_CLUSTER_BYTES` bytes of UTF-8. */
  readonly cluster: string;
  readonly replica: ReplicaId;
}

export function encodeHeader(kind: FileKind, owner: Owner, number: number, size = 0): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC[kind], 0, 'latin1');
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  writeU64(bytes, number, NUMBER_AT);
  writeU64(bytes, kind === 'snapshot' ? 0 : owner.replica, REPLICA_AT);
  writeU64(bytes, size, SIZE_AT);
  bytes[NAME_AT] = bytes.write(owner.cluster, NAME_AT + 1, MAX_CLUSTER_BYTES, 'utf8');
  bytes.writeUInt32LE(crc32c(bytes, 0, CRC_AT), CRC_AT);
  return bytes;
}

export type HeaderCheck =
  | { readonly number: number; readonly size: number; readonly damage: undefined }
  | { readonly number: undefined; readonly size: undefined; readonly damage: DamagePlace };

/**
 * Checks the header that `bytes` begin with. Throws MR_DATA_FORMAT for another version, MR_STORE_FOLDER for another cluster
 * or replica; what is no header at all is damage.
 */
export function checkHeader(bytes: Buffer, file: string, kind: FileKind, owner: Owner): HeaderCheck {
  const broken = (why: string): HeaderCheck => ({
    number: undefined,
    size: undefined,
    damage: { file, offset: 0, why },
  });
  if (bytes.length < HEADER_BYTES) return broken('the file is too short for its header');
  if (bytes.toString('latin1', 0, 8) !== MAGIC[kind]) return broken(`it does not begin as a ${kind} does`);
  const version = bytes.readUInt32LE(8);
  if (crc32c(bytes, 0, CRC_AT) !== bytes.readUInt32LE(CRC_AT))
    return broken('the checksum of its header does not fit');
  if (version !== FORMAT_VERSION) throw otherVersion(file, version, FORMAT_VERSION);
  const cluster = bytes.toString('utf8', NAME_AT + 1, NAME_AT + 1 + bytes[NAME_AT]!);
  if (cluster !== owner.cluster) throw otherOwner(file, `cluster ${owner.cluster}`, `cluster ${cluster}`);
  const replica = readU64(bytes, REPLICA_AT);
  if (kind !== 'snapshot' && replica !== owner.replica)
    throw otherOwner(file, `replica ${owner.replica}`, `replica ${replica}`);
  return { number: readU64(bytes, NUMBER_AT), size: readU64(bytes, SIZE_AT), damage: undefined };
}

/** Whose file it is, as far as its header can be read; for tools that are not told. */
export function ownerIn(bytes: Buffer): Owner | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 7) !== 'MRSTORE') return undefined;
  if (crc32c(bytes, 0, CRC_AT) !== bytes.readUInt32LE(CRC_AT)) return undefined;
  const cluster = bytes.toString('utf8', NAME_AT + 1, NAME_AT + 1 + bytes[NAME_AT]!);
  return { cluster, replica: readU64(bytes, REPLICA_AT) };
}

export function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % TWO_32, at);
  bytes.writeUInt32LE(Math.floor(value / TWO_32), at + 4);
}

export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * TWO_32 + bytes.readUInt32LE(at);
}
