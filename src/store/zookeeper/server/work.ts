// Owns: what is to be done for a request: which of them wait for the store, and which are refused before. Not here: doing it.

import { CODES } from '../protocol/error-codes.ts';
import type { JuteReader } from '../protocol/jute-reader.ts';
import { CREATE_FLAGS } from '../protocol/numbers.ts';
import { OP_NAMES } from '../protocol/op-codes.ts';
import { isWrite, readRequest } from '../protocol/request-codec.ts';
import type { MultiOperationRequest, WriteRequest } from '../protocol/requests.ts';
import type { ReadRequest } from './reads.ts';

export type Work =
  | { readonly kind: 'read'; readonly request: ReadRequest }
  | { readonly kind: 'write'; readonly request: WriteRequest }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'close' | 'ping' }
  /** Answered with this code; `ends`: and then the connection ends. */
  | { readonly kind: 'refused'; readonly code: number; readonly zxid?: number; readonly ends?: boolean };

/** As ZooKeeper answers to what it does not know. */
const UNKNOWN: Work = { kind: 'refused', code: CODES.UNIMPLEMENTED, zxid: -1, ends: true };

/** `keepsResults`: of the session, which may then ask for them. */
export function workOf(type: number, reader: JuteReader, isReadOnly: boolean, keepsResults: boolean): Work {
  const op = OP_NAMES.get(type);
  if (op === undefined || op === 'check') return UNKNOWN;
  const request = readRequest(reader, type);
  if (request === undefined) return { kind: 'refused', code: CODES.MARSHALLINGERROR };
  const change = (work: Work): Work => (isReadOnly ? { kind: 'refused', code: CODES.NOTREADONLY } : work);
  if (request.op === 'repeat')
    return keepsResults ? change({ kind: 'write', request: request.request }) : UNKNOWN;
  if (request.op === 'multi' && request.operations.some(hasUnknownFlags))
    return { kind: 'refused', code: CODES.MARSHALLINGERROR };
  if (isWrite(request)) return change({ kind: 'write', request });
  switch (request.op) {
    case 'sync':
      return change({ kind: 'sync', path: request.path });
    case 'ping':
      return { kind: 'ping' };
    case 'closeSession':
      return { kind: 'close' };
    case 'reconfig':
    case 'auth':
      return { kind: 'refused', code: CODES.UNIMPLEMENTED };
    default:
      return { kind: 'read', request };
  }
}

/** ZooKeeper takes a multi apart before it looks at it, and flags that it does not know end that. */
function hasUnknownFlags(request: MultiOperationRequest): boolean {
  return 'flags' in request && !Object.values<number>(CREATE_FLAGS).includes(request.flags);
}
