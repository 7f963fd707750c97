// Owns: the bytes of what messages and disk records are made of: ballots, configurations, entries. Both directions of
// one thing stand together. Invariant: what the writer takes the reader accepts, and nothing else.
//
//   ballot         configuration, round, replica: varints, so 3 bytes as a rule
//   configuration  number, count of members, per member its id and signed priority, count of retired, their ids
//   entry          a command: 2 × its length, then its data; a stop-sign: 1, then the next configuration

import { assert } from '../../base/assert.ts';
import type { Ballot, ReplicaId } from '../ballot.ts';
import {
  type Configuration,
  configurationProblem,
  firstConfiguration,
  type Member,
} from '../configuration.ts';
import { command, type Entry, stopSign } from '../entry.ts';
import { PAXOS_LIMITS } from '../limits.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Stands for a configuration that could not be read, so that reading can go on to its end. Never handed out. */
const UNREADABLE: Configuration = firstConfiguration([1]);
const STOP_SIGN = 1;

/** Most bytes of an entry's head. */
const ENTRY_HEAD_BYTES = 4;
/** A guess for the few configurations among the entries. */
const STOP_SIGN_BYTES = 64;

export function writeBallot(writer: ByteWriter, ballot: Ballot): void {
  writer.varint(ballot.configuration);
  writer.varint(ballot.round);
  writer.varint(ballot.replica);
}

export function readBallot(reader: ByteReader): Ballot {
  return { configuration: reader.varint(), round: reader.varint(), replica: reader.varint() };
}

export function writeConfiguration(writer: ByteWriter, configuration: Configuration): void {
  const problem = configurationProblem(configuration);
  assert(problem === undefined, `a configuration is valid before it is written: ${problem}`);
  writer.varint(configuration.number);
  writer.varint(configuration.members.length);
  for (const member of configuration.members) {
    writer.varint(member.id);
    writer.signed(member.priority);
  }
  writer.varint(configuration.retired.length);
  for (const id of configuration.retired) writer.varint(id);
}

export function readConfiguration(reader: ByteReader): Configuration {
  const number = reader.varint();
  const members: Member[] = [];
  for (let left = reader.count(PAXOS_LIMITS.members); left > 0; left--)
    members.push({ id: reader.varint(), priority: reader.signed() });
  const retired: ReplicaId[] = [];
  for (let left = reader.count(PAXOS_LIMITS.retiredMembers); left > 0; left--) retired.push(reader.varint());
  const configuration = { number, members, retired };
  if (!reader.failed && configurationProblem(configuration) === undefined) return configuration;
  reader.fail();
  return UNREADABLE;
}

/** At most `limit` entries. */
export function writeEntries(writer: ByteWriter, entries: readonly Entry[], limit: number): void {
  assert(entries.length <= limit, `at most ${limit} entries are written together, not ${entries.length}`);
  writer.varint(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const { data, configuration } = entries[i]!;
    assert(data.length <= PAXOS_LIMITS.entryBytes, `an entry has at most ${PAXOS_LIMITS.entryBytes} bytes`);
    if (configuration === undefined) {
      writer.varint(2 * data.length);
      writer.raw(data);
    } else {
      assert(data.length === 0, 'the entry that ends a configuration has no data');
      writer.varint(STOP_SIGN);
      writeConfiguration(writer, configuration);
    }
  }
}

/** At most `limit` entries. Their data are views of what the reader reads: two objects an entry, nothing copied. */
export function readEntries(reader: ByteReader, limit: number): Entry[] {
  const count = reader.count(limit);
  const entries: Entry[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    const head = reader.varint();
    if (head % 2 === 0) {
      if (head > 2 * PAXOS_LIMITS.entryBytes) reader.fail();
      else entries.push(command(reader.raw(head / 2)));
    } else {
      if (head !== STOP_SIGN) reader.fail();
      else entries.push(stopSign(readConfiguration(reader)));
    }
  }
  return entries;
}

/** About as many bytes as `writeEntries` will write; exact enough that commands alone never make a writer grow. */
export function sizeOfEntries(entries: readonly Entry[]): number {
  let bytes = ENTRY_HEAD_BYTES;
  for (let i = 0; i < entries.length; i++) {
    const { data, configuration } = entries[i]!;
    bytes += data.length + (configuration === undefined ? ENTRY_HEAD_BYTES : STOP_SIGN_BYTES);
  }
  return bytes;
}
