// Owns: a message as it travels: sealed, and named after its cluster. Not here: streams of frames (frame-reader.ts).
// Invariant: messages may be lost, late, doubled or reordered, never altered: a frame that does not open as it was
// closed is dropped, with the reason. This is where the core's non-Byzantine assumption is enforced.
//
//   envelope (envelope.ts), in whose body: cluster u64 (high u32, low u32), message (message-codec.ts)

import { PAXOS_LIMITS } from '../limits.ts';
import type { Message } from '../message.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  closeEnvelope,
  ENVELOPE_BYTES,
  envelopeSize,
  envelopeVersion,
  isEnvelope,
  isIntact,
  openEnvelope,
} from './envelope.ts';
import { decodeMessage, encodeMessage, sizeOfMessage } from './message-codec.ts';

export const FRAME_MAGIC = 0xa7;
export const FRAME_VERSION = 1;

/** Room for the heads of all entries, and for 1,000 replacements of members in one message. */
const OVERHEAD_BYTES = 4 * 1024 * 1024;

/** Bytes of a frame. The core fills a message up to `messageBytes`; the last entry may reach over it. */
export const MAX_FRAME_BYTES = PAXOS_LIMITS.messageBytes + PAXOS_LIMITS.entryBytes + OVERHEAD_BYTES;

const CLUSTER_BYTES = 8;

/** 64 random bits in two unsigned halves, drawn when a cluster is founded. */
export interface ClusterId {
  readonly high: number;
  readonly low: number;
}

/**
 * Why a frame was dropped. `checksum`: damaged on the way. `version`: of a version that is not known here.
 * `other-cluster`: a wrong address. `malformed`: whole, but not a message; or not even a frame. `too-long`: over `MAX_FRAME_BYTES`.
 */
export type DropReason = 'checksum' | 'version' | 'other-cluster' | 'malformed' | 'too-long';

export type FrameResult = { readonly message: Message } | { readonly dropped: DropReason };

const CHECKSUM: FrameResult = { dropped: 'checksum' };
const VERSION: FrameResult = { dropped: 'version' };
const OTHER_CLUSTER: FrameResult = { dropped: 'other-cluster' };
const MALFORMED: FrameResult = { dropped: 'malformed' };
const TOO_LONG: FrameResult = { dropped: 'too-long' };

/** The frame of `message`, in a buffer of its own. */
export function encodeFrame(message: Message, cluster: ClusterId): Uint8Array {
  const writer = new ByteWriter(ENVELOPE_BYTES + CLUSTER_BYTES + sizeOfMessage(message), MAX_FRAME_BYTES);
  openEnvelope(writer, FRAME_MAGIC, FRAME_VERSION);
  writer.u32(cluster.high);
  writer.u32(cluster.low);
  encodeMessage(writer, message);
  return closeEnvelope(writer);
}

/**
 * The message of one frame that was received as a whole (a datagram, or what FrameReader has cut out). Throws nothing.
 * Its entries are views of `bytes`, which must not be changed afterwards.
 */
export function decodeFrame(
  bytes: Uint8Array,
  cluster: ClusterId,
  start = 0,
  end = bytes.length,
): FrameResult {
  if (end - start < ENVELOPE_BYTES || !isEnvelope(bytes, start, FRAME_MAGIC)) return MALFORMED;
  if (envelopeSize(bytes, start) > MAX_FRAME_BYTES) return TOO_LONG;
  if (envelopeSize(bytes, start) !== end - start) return MALFORMED;
  if (envelopeVersion(bytes, start) !== FRAME_VERSION) return VERSION;
  if (!isIntact(bytes, start, end)) return CHECKSUM;
  const reader = new ByteReader(bytes, start + ENVELOPE_BYTES, end);
  const high = reader.u32();
  const low = reader.u32();
  if (reader.failed) return MALFORMED;
  if (high !== cluster.high || low !== cluster.low) return OTHER_CLUSTER;
  const message = decodeMessage(reader);
  return message === undefined ? MALFORMED : { message };
}
