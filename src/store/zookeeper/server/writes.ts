// Owns: writes between their requests and the operations of the state machine. Not here: what they do (machine/).
// Source: PrepRequestProcessor and FinalRequestProcessor of ZooKeeper 3.9.

import type {
  ClientOperation,
  CommandResult,
  CreateOperation,
  NodeKind,
  NodeStat,
  OperationResult,
  SingleOperation,
} from '../../machine/types.ts';
import { CREATE_FLAGS } from '../protocol/numbers.ts';
import type { CreateRequest, MultiOperationRequest, WriteRequest } from '../protocol/requests.ts';
import type { MultiResult, Response } from '../protocol/responses.ts';

/** The machine refuses it with BADARGUMENTS, before it looks at anything else. */
const REFUSED: NodeKind = { kind: 'ttl', ttlMs: 0 };

export function operationOf(request: WriteRequest): ClientOperation {
  switch (request.op) {
    case 'setACL':
      return { type: 'set-acl', path: request.path, acl: request.acl, version: request.version };
    case 'multi':
      return { type: 'multi', operations: request.operations.map(singleOf) };
    default:
      return singleOf(request);
  }
}

function singleOf(request: MultiOperationRequest): SingleOperation {
  switch (request.op) {
    case 'delete':
    case 'check':
      return { type: request.op, path: request.path, version: request.version };
    case 'setData':
      return { type: 'set-data', path: request.path, data: request.data, version: request.version };
    default:
      return createOf(request);
  }
}

function createOf({ op, path, data, acl, flags, ttlMs }: CreateRequest): CreateOperation {
  const sequential =
    flags === CREATE_FLAGS.persistentSequential ||
    flags === CREATE_FLAGS.ephemeralSequential ||
    flags === CREATE_FLAGS.persistentSequentialWithTtl;
  const node = kindOf(flags, op === 'createTTL' ? ttlMs : -1);
  return { type: 'create', path, data, acl, node, sequential };
}

function kindOf(flags: number, ttlMs: number): NodeKind {
  if (flags === CREATE_FLAGS.persistentWithTtl || flags === CREATE_FLAGS.persistentSequentialWithTtl)
    return ttlMs > 0 ? { kind: 'ttl', ttlMs } : REFUSED;
  if (ttlMs >= 0) return REFUSED;
  switch (flags) {
    case CREATE_FLAGS.persistent:
    case CREATE_FLAGS.persistentSequential:
      return { kind: 'persistent' };
    case CREATE_FLAGS.ephemeral:
    case CREATE_FLAGS.ephemeralSequential:
      return { kind: 'ephemeral' };
    case CREATE_FLAGS.container:
      return { kind: 'container' };
    default:
      return REFUSED;
  }
}

/** The answer to a write that was done. */
export function writeResponse(request: WriteRequest, result: OperationResult): Response<NodeStat> {
  switch (result.type) {
    case 'create':
      if (request.op === 'create2' || request.op === 'createContainer' || request.op === 'createTTL')
        return { op: request.op, path: result.path, stat: result.stat };
      return { op: 'create', path: result.path };
    case 'set-data':
      return { op: 'setData', stat: result.stat };
    case 'set-acl':
      return { op: 'setACL', stat: result.stat };
    case 'multi': {
      const operations = request.op === 'multi' ? request.operations : [];
      return { op: 'multi', results: result.results.map((one, at) => multiResult(one, operations[at])) };
    }
    default:
      return { op: 'delete' };
  }
}

function multiResult(
  result: OperationResult,
  request: MultiOperationRequest | undefined,
): MultiResult<NodeStat> {
  switch (result.type) {
    case 'error':
      return { type: 'error', code: result.code };
    case 'create':
      return {
        type: 'create',
        path: result.path,
        stat: request?.op === 'create' ? undefined : result.stat,
      };
    case 'set-data':
      return { type: 'setData', stat: result.stat };
    case 'delete':
      return { type: 'delete' };
    default:
      return { type: 'check' };
  }
}

const RESULT_TYPES: ReadonlySet<CommandResult['type']> = new Set([
  'error',
  'create',
  'delete',
  'set-data',
  'set-acl',
  'check',
  'multi',
] as const);

export function isOperationResult(result: CommandResult): result is OperationResult {
  return RESULT_TYPES.has(result.type);
}
