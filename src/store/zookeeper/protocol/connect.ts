// Owns: the first record of each direction of a connection, which opens a session or attaches to one.
// Source: ConnectRequest and ConnectResponse of zookeeper.jute (3.9). Clients before 3.4 do not send `readOnly`, and a
// server leaves it out of its answer to them.
//
// How a client learns that the server is Millrace's: it sends `MILLRACE_PROTOCOL` as its protocol version. ZooKeeper
// ignores that field and answers 0; Millrace answers with the same number, and then the session keeps the results of
// its last writes (`PROTOCOL_LIMITS.keptResults` of them), which `repeat` asks for. Costs no round trip.

import type { JuteReader } from './jute-reader.ts';
import type { JuteWriter } from './jute-writer.ts';

/** "MR", then the version of Millrace's own operations. */
export const MILLRACE_PROTOCOL = 0x4d52_0001;

export const PASSWORD_BYTES = 16;

export interface ConnectRequest {
  /** 0 by all clients but Millrace's own. */
  readonly protocolVersion: number;
  /** The client has seen this; a server that has not yet refuses it. */
  readonly lastZxidSeen: number;
  /** Milliseconds. The server answers with what it grants. */
  readonly timeoutMs: number;
  /** 0n for a new session. */
  readonly sessionId: bigint;
  readonly password: Uint8Array | null;
  /** undefined: a client that does not know of read-only servers. */
  readonly readOnly: boolean | undefined;
}

export interface ConnectResponse {
  readonly protocolVersion: number;
  /** 0 or less: there is no such session (any more). */
  readonly timeoutMs: number;
  readonly sessionId: bigint;
  readonly password: Uint8Array | null;
  /** The server is cut off from the quorum and only reads. undefined: a server that does not say. */
  readonly readOnly: boolean | undefined;
}

export function writeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  writer.int(request.protocolVersion);
  writer.long(request.lastZxidSeen);
  writer.int(request.timeoutMs);
  writer.long(request.sessionId);
  writer.buffer(request.password);
  if (request.readOnly !== undefined) writer.bool(request.readOnly);
}

export function readConnectRequest(reader: JuteReader): ConnectRequest {
  return {
    protocolVersion: reader.int(),
    lastZxidSeen: reader.long(),
    timeoutMs: reader.int(),
    sessionId: reader.bigLong(),
    password: reader.buffer(),
    readOnly: reader.remaining > 0 ? reader.bool() : undefined,
  };
}

export function writeConnectResponse(writer: JuteWriter, response: ConnectResponse): void {
  writer.int(response.protocolVersion);
  writer.int(response.timeoutMs);
  writer.long(response.sessionId);
  writer.buffer(response.password);
  if (response.readOnly !== undefined) writer.bool(response.readOnly);
}

export function readConnectResponse(reader: JuteReader): ConnectResponse {
  return {
    protocolVersion: reader.int(),
    timeoutMs: reader.int(),
    sessionId: reader.bigLong(),
    password: reader.buffer(),
    readOnly: reader.remaining > 0 ? reader.bool() : undefined,
  };
}
