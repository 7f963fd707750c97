// Owns: the commands of the simulated clients and their bytes. Invariant: no two commands of a run have the same identity
// (client, sequence), and no two of them write the same value.

export const COMMAND = {
  /** Changes nothing: comes along so that proposals have several entries. */
  filler: 0,
  read: 1,
  write: 2,
  /** Compare and set. */
  cas: 3,
} as const;

const BYTES = 19;

/** Values are below this: every client numbers its own within its share. */
const VALUES_PER_CLIENT = 1_000_000;

export interface Command {
  readonly client: number;
  readonly sequence: number;
  readonly kind: number;
  readonly key: number;
  readonly value: number;
  readonly expected: number;
}

/** A value that nobody else writes. Never 0, which is what registers hold at first. */
export function uniqueValue(client: number, sequence: number): number {
  return (client + 1) * VALUES_PER_CLIENT + sequence;
}

export function encodeCommand(command: Command): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  bytes[0] = command.client;
  put32(bytes, 1, command.sequence);
  bytes[5] = command.kind;
  bytes[6] = command.key;
  put32(bytes, 7, command.value);
  put32(bytes, 11, command.expected);
  put32(bytes, 15, check(bytes));
  return bytes;
}

/** What makes a command itself: its client and sequence as one number. */
export function commandIdentity(data: Uint8Array): number {
  return data[0]! * 4_294_967_296 + get32(data, 1);
}

export function identityOf(client: number, sequence: number): number {
  return client * 4_294_967_296 + sequence;
}

export const commandKind = (data: Uint8Array): number => data[5]!;
export const commandKey = (data: Uint8Array): number => data[6]!;
export const commandValue = (data: Uint8Array): number => get32(data, 7);
export const commandExpected = (data: Uint8Array): number => get32(data, 11);

/** False if the bytes are not those that a client made. */
export function isWhole(data: Uint8Array): boolean {
  return data.length === BYTES && get32(data, 15) === check(data);
}

function check(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < 15; at++) sum = Math.imul(sum ^ bytes[at]!, 0x01000193);
  return sum >>> 0;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function get32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
