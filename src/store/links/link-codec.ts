// Owns: the bytes of what travels between store replicas. Not here: sockets (tcp-links.ts), the core's messages
// (paxos/codec). Invariant: opening throws nothing, whatever the bytes.
//
//   envelope (paxos/codec/envelope.ts), in whose body: cluster u64, from varint, kind u8, the rest by kind

import type { ReplicaId } from '../../paxos/ballot.ts';
import { ByteReader } from '../../paxos/codec/byte-reader.ts';
import { ByteWriter } from '../../paxos/codec/byte-writer.ts';
import {
  closeEnvelope,
  ENVELOPE_BYTES,
  envelopeVersion,
  isIntact,
  openEnvelope,
} from '../../paxos/codec/envelope.ts';
import { type ClusterId, type DropReason, MAX_FRAME_BYTES } from '../../paxos/codec/frame.ts';
import type { FrameFormat } from '../../paxos/codec/frame-reader.ts';
import { decodeMessage, encodeMessage, sizeOfMessage } from '../../paxos/codec/message-codec.ts';
import { REPLICA_LIMITS } from '../replica/limits.ts';
import type { LinkMessage } from '../replica/ports.ts';

const LINK_MAGIC = 0xa8;
const LINK_VERSION = 1;
const HEAD_BYTES = ENVELOPE_BYTES + 8 + 16;

const PAXOS = 1;
const FORWARD = 2;
const TOUCH = 3;
const SNAPSHOT_REQUEST = 4;
const SNAPSHOT_BYTES = 5;

export interface LinkFrame {
  readonly from: ReplicaId;
  readonly message: LinkMessage;
}

export function encodeLinkFrame(from: ReplicaId, message: LinkMessage, cluster: ClusterId): Uint8Array {
  const writer = new ByteWriter(HEAD_BYTES + sizeOf(message), MAX_FRAME_BYTES);
  openEnvelope(writer, LINK_MAGIC, LINK_VERSION);
  writer.u32(cluster.high);
  writer.u32(cluster.low);
  writer.varint(from);
  write(writer, message);
  return closeEnvelope(writer);
}

function sizeOf(message: LinkMessage): number {
  switch (message.kind) {
    case 'paxos':
      return sizeOfMessage(message.message);
    case 'forward':
      return message.entries.reduce((sum, entry) => sum + entry.length + 8, 16);
    case 'touch':
      return 16 + 8 * message.sessions.length;
    case 'snapshot-request':
      return 32;
    case 'snapshot-bytes':
      return 256 + message.bytes.length;
  }
}

function write(writer: ByteWriter, message: LinkMessage): void {
  switch (message.kind) {
    case 'paxos':
      writer.u8(PAXOS);
      encodeMessage(writer, message.message);
      return;
    case 'forward':
      writer.u8(FORWARD);
      writer.varint(message.entries.length);
      for (const entry of message.entries) {
        writer.varint(entry.length);
        writer.raw(entry);
      }
      return;
    case 'touch':
      writer.u8(TOUCH);
      writer.varint(message.sessions.length);
      for (const session of message.sessions) writer.varint(session);
      return;
    case 'snapshot-request':
      writer.u8(SNAPSHOT_REQUEST);
      writer.varint(message.index);
      writer.varint(message.offset);
      return;
    case 'snapshot-bytes':
      writer.u8(SNAPSHOT_BYTES);
      writer.varint(message.index);
      writer.varint(message.total);
      writer.varint(message.offset);
      writer.varint(message.bytes.length);
      writer.raw(message.bytes);
      return;
  }
}

export function linkFrames(cluster: ClusterId): FrameFormat<LinkFrame> {
  return {
    magic: LINK_MAGIC,
    maxBytes: MAX_FRAME_BYTES,
    open: (bytes, start, end) => open(bytes, start, end, cluster),
  };
}

function open(
  bytes: Uint8Array,
  start: number,
  end: number,
  cluster: ClusterId,
): { readonly message: LinkFrame } | { readonly dropped: DropReason } {
  if (envelopeVersion(bytes, start) !== LINK_VERSION) return { dropped: 'version' };
  if (!isIntact(bytes, start, end)) return { dropped: 'checksum' };
  const reader = new ByteReader(bytes, start + ENVELOPE_BYTES, end);
  const high = reader.u32();
  const low = reader.u32();
  const from = reader.positive();
  if (reader.failed) return { dropped: 'malformed' };
  if (high !== cluster.high || low !== cluster.low) return { dropped: 'other-cluster' };
  const message = read(reader);
  return message === undefined || !reader.complete
    ? { dropped: 'malformed' }
    : { message: { from, message } };
}

function read(reader: ByteReader): LinkMessage | undefined {
  switch (reader.u8()) {
    case PAXOS: {
      const message = decodeMessage(reader);
      return message === undefined ? undefined : { kind: 'paxos', message };
    }
    case FORWARD:
      return { kind: 'forward', entries: readMany(reader, () => reader.raw(reader.varint())) };
    case TOUCH:
      return { kind: 'touch', sessions: readMany(reader, () => reader.varint()) };
    case SNAPSHOT_REQUEST:
      return { kind: 'snapshot-request', index: reader.varint(), offset: reader.varint() };
    case SNAPSHOT_BYTES:
      return {
        kind: 'snapshot-bytes',
        index: reader.varint(),
        total: reader.varint(),
        offset: reader.varint(),
        bytes: reader.raw(reader.varint()),
      };
    default:
      return undefined;
  }
}

function readMany<T>(reader: ByteReader, one: () => T): T[] {
  const many: T[] = [];
  for (let left = reader.count(REPLICA_LIMITS.pendingCommands); left > 0 && !reader.failed; left--)
    many.push(one());
  return many;
}
