// Owns: the records that others are made of: Stat, ACL, the two headers, the watcher event. Not here: requests and
// responses. Source: zookeeper.jute of ZooKeeper 3.9.

import type { AclEntry, Identity, NodeStat } from '../../machine/types.ts';
import type { JuteReader } from './jute-reader.ts';
import type { JuteWriter } from './jute-writer.ts';

/** ZooKeeper's Stat as a client reads it: a session id of a real ZooKeeper does not fit a number. */
export interface Stat extends Omit<NodeStat, 'ephemeralOwner'> {
  /** The owner's session, or 0n. */
  readonly ephemeralOwner: bigint;
}

/** What can be written as a Stat: the machine's or one that was read. */
export type AnyStat = Stat | NodeStat;

export function writeStat(writer: JuteWriter, stat: AnyStat): void {
  writer.long(stat.czxid);
  writer.long(stat.mzxid);
  writer.long(stat.ctime);
  writer.long(stat.mtime);
  writer.int(stat.version);
  writer.int(stat.cversion);
  writer.int(stat.aversion);
  writer.long(stat.ephemeralOwner);
  writer.int(stat.dataLength);
  writer.int(stat.numChildren);
  writer.long(stat.pzxid);
}

export function readStat(reader: JuteReader): Stat {
  return {
    czxid: reader.long(),
    mzxid: reader.long(),
    ctime: reader.long(),
    mtime: reader.long(),
    version: reader.int(),
    cversion: reader.int(),
    aversion: reader.int(),
    ephemeralOwner: reader.bigLong(),
    dataLength: reader.int(),
    numChildren: reader.int(),
    pzxid: reader.long(),
  };
}

/** Permissions, then two strings. */
const LEAST_ACL_BYTES = 12;

export function writeAcl(writer: JuteWriter, acl: readonly AclEntry[]): void {
  writer.int(acl.length);
  for (const { permissions, scheme, id } of acl) {
    writer.int(permissions);
    writer.string(scheme);
    writer.string(id);
  }
}

export function readAcl(reader: JuteReader): AclEntry[] {
  return reader.vector(LEAST_ACL_BYTES, readAclEntry);
}

function readAclEntry(reader: JuteReader): AclEntry {
  return { permissions: reader.int(), scheme: reader.string(), id: reader.string() };
}

const LEAST_IDENTITY_BYTES = 8;

/** ZooKeeper's ClientInfo, the answer to whoAmI. */
export function writeIdentities(writer: JuteWriter, identities: readonly Identity[]): void {
  writer.int(identities.length);
  for (const { scheme, id } of identities) {
    writer.string(scheme);
    writer.string(id);
  }
}

export function readIdentities(reader: JuteReader): Identity[] {
  return reader.vector(LEAST_IDENTITY_BYTES, (each) => ({ scheme: each.string(), id: each.string() }));
}

/**
 * In front of every reply, and of every watcher event (with `XIDS.watcherEvent`; zxid that of the change since 3.9, or -1).
 * No body follows an error.
 */
export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: number;
  /** One of error-codes.ts. */
  readonly err: number;
}

/** int, long, int. */
export const REPLY_HEADER_BYTES = 16;

export function writeReplyHeader(writer: JuteWriter, xid: number, zxid: number, err: number): void {
  writer.int(xid);
  writer.long(zxid);
  writer.int(err);
}

export function readReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.int(), zxid: reader.long(), err: reader.int() };
}

export interface WatcherEvent {
  /** One of EVENT_TYPES. */
  readonly type: number;
  /** One of KEEPER_STATES. */
  readonly state: number;
  readonly path: string;
}

export function writeWatcherEvent(writer: JuteWriter, event: WatcherEvent): void {
  writer.int(event.type);
  writer.int(event.state);
  writer.string(event.path);
}

export function readWatcherEvent(reader: JuteReader): WatcherEvent {
  return { type: reader.int(), state: reader.int(), path: reader.string() };
}
