// Owns: the bytes of one Write, the atomic record of a replica's disk. Not here: where records lie, and what is done about
// a bad one (the disk's owner: a torn last record is cut, a bad one before it is damage).
// Invariants: a record decodes as a whole or not at all; decoding throws nothing; one Write has one spelling.
//
//   envelope (envelope.ts), in whose body: number, snapshot, from, decided: varints, entries, 1 and the hard state or 0
//   hard state: incarnation varint, admitted u8, damaged u8, promised, accepted, configuration, count and pairs of `known`

import { assert } from '../../base/assert.ts';
import type { ReplicaId } from '../ballot.ts';
import type { HardState, Write } from '../effects.ts';
import { PAXOS_LIMITS } from '../limits.ts';
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
import {
  readBallot,
  readConfiguration,
  readEntries,
  sizeOfEntries,
  writeBallot,
  writeConfiguration,
  writeEntries,
} from './parts.ts';

export const RECORD_MAGIC = 0xa8;
export const RECORD_VERSION = 1;

/** Room for the heads of all entries, the hard state, and stop-signs. */
const OVERHEAD_BYTES = 4 * 1024 * 1024;

/** Bytes of a record. A leader writes what it has taken, in one record if it comes at once. */
export const MAX_RECORD_BYTES = PAXOS_LIMITS.undecidedBytes + PAXOS_LIMITS.entryBytes + OVERHEAD_BYTES;

/** The members of this configuration, those of the next one, and all that were replaced. */
const MAX_KNOWN = 2 * PAXOS_LIMITS.members + PAXOS_LIMITS.retiredMembers;

/** Enough for what is not entries, as a rule. */
const PLAIN_BYTES = 256;

/** The record of `write`, in a buffer of its own. */
export function encodeWrite(write: Write): Uint8Array {
  const writer = new ByteWriter(
    ENVELOPE_BYTES + PLAIN_BYTES + sizeOfEntries(write.entries),
    MAX_RECORD_BYTES,
  );
  openEnvelope(writer, RECORD_MAGIC, RECORD_VERSION);
  writer.varint(write.number);
  writer.varint(write.snapshot);
  writer.varint(write.from);
  writer.varint(write.decided);
  writeEntries(writer, write.entries, PAXOS_LIMITS.undecidedEntries);
  writer.flag(write.hard !== undefined);
  if (write.hard !== undefined) writeHardState(writer, write.hard);
  return closeEnvelope(writer);
}

/**
 * The Write whose record `bytes` are, exactly; undefined if they are anything else, damaged, or of another version.
 * Its entries are views of `bytes`, which must not be changed afterwards.
 */
export function decodeWrite(bytes: Uint8Array): Write | undefined {
  if (bytes.length < ENVELOPE_BYTES || bytes.length > MAX_RECORD_BYTES) return undefined;
  if (!isEnvelope(bytes, 0, RECORD_MAGIC) || envelopeSize(bytes, 0) !== bytes.length) return undefined;
  if (envelopeVersion(bytes, 0) !== RECORD_VERSION || !isIntact(bytes, 0, bytes.length)) return undefined;
  const reader = new ByteReader(bytes, ENVELOPE_BYTES);
  const number = reader.varint();
  const snapshot = reader.varint();
  const from = reader.varint();
  const decided = reader.varint();
  const entries = readEntries(reader, PAXOS_LIMITS.undecidedEntries);
  const hard = reader.flag() ? readHardState(reader) : undefined;
  return reader.complete ? { number, hard, snapshot, from, entries, decided } : undefined;
}

export function writeHardState(writer: ByteWriter, hard: HardState): void {
  assert(hard.incarnation > 0, 'a formatted disk has an incarnation');
  assert(hard.known.length <= MAX_KNOWN, `at most ${MAX_KNOWN} replicas are known, not ${hard.known.length}`);
  writer.varint(hard.incarnation);
  writer.flag(hard.admitted);
  writer.flag(hard.damaged);
  writeBallot(writer, hard.promised);
  writeBallot(writer, hard.accepted);
  writeConfiguration(writer, hard.configuration);
  writer.varint(hard.known.length);
  for (const [id, incarnation] of hard.known) {
    writer.varint(id);
    writer.varint(incarnation);
  }
}

/** Of worth only if the reader has not failed afterwards. */
export function readHardState(reader: ByteReader): HardState {
  const incarnation = reader.positive();
  const admitted = reader.flag();
  const damaged = reader.flag();
  const promised = readBallot(reader);
  const accepted = readBallot(reader);
  const configuration = readConfiguration(reader);
  const known: (readonly [ReplicaId, number])[] = [];
  for (let left = reader.count(MAX_KNOWN); left > 0; left--) known.push([reader.varint(), reader.varint()]);
  return { incarnation, admitted, damaged, promised, accepted, configuration, known };
}
