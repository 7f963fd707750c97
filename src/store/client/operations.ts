// Owns: options of a create and operations of a multi as requests, and their results as values.

import type { AclEntry } from '../machine/types.ts';
import { codeName } from '../zookeeper/protocol/error-codes.ts';
import { ANY_VERSION, CREATE_FLAGS, PERMISSIONS } from '../zookeeper/protocol/numbers.ts';
import type { Stat } from '../zookeeper/protocol/records.ts';
import type { CreateRequest, MultiOperationRequest, MultiRequest } from '../zookeeper/protocol/requests.ts';
import type { MultiResult } from '../zookeeper/protocol/responses.ts';
import type { CreateOptions, Data, MultiOperation, MultiOutcome, MultiReadOutcome } from './store-client.ts';
import { StoreError, storeErrorOf } from './store-error.ts';

/** Everyone may do everything. */
const OPEN_ACL: readonly AclEntry[] = [{ permissions: PERMISSIONS.all, scheme: 'world', id: 'anyone' }];

export function bytesOf(data: Data): Uint8Array {
  return typeof data === 'string' ? new TextEncoder().encode(data) : data;
}

/** The code of an operation that was not done because another one of the multi failed. */
const RUNTIME_INCONSISTENCY = -2;

export function createRequest(path: string, data: Uint8Array, options: CreateOptions): CreateRequest {
  const { ephemeral = false, sequential = false, container = false, ttlMs, acl = OPEN_ACL } = options;
  if (Number(ephemeral) + Number(container) + Number(ttlMs !== undefined) > 1 || (container && sequential)) {
    const detail = 'a node is ephemeral, a container or has a ttlMs; a container is not sequential';
    throw new StoreError('BADARGUMENTS', 'create', path, { detail });
  }
  const flags = flagsOf(ephemeral, sequential, container, ttlMs !== undefined);
  const op = container ? 'createContainer' : ttlMs === undefined ? 'create2' : 'createTTL';
  const full = options.protected === true ? protectedPath(path) : path;
  return { op, path: full, data, acl, flags, ttlMs: ttlMs ?? 0 };
}

function flagsOf(ephemeral: boolean, sequential: boolean, container: boolean, ttl: boolean): number {
  if (container) return CREATE_FLAGS.container;
  if (ttl) return sequential ? CREATE_FLAGS.persistentSequentialWithTtl : CREATE_FLAGS.persistentWithTtl;
  if (ephemeral) return sequential ? CREATE_FLAGS.ephemeralSequential : CREATE_FLAGS.ephemeral;
  return sequential ? CREATE_FLAGS.persistentSequential : CREATE_FLAGS.persistent;
}

/** Curator's form of a protected name (CreateBuilderImpl.PROTECTED_PREFIX). */
function protectedPath(path: string): string {
  const at = path.lastIndexOf('/') + 1;
  return `${path.slice(0, at)}_c_${crypto.randomUUID()}-${path.slice(at)}`;
}

export function multiRequest(
  operations: readonly MultiOperation[],
  fullPath: (path: string, sequential: boolean) => string,
): MultiRequest {
  return {
    op: 'multi',
    operations: operations.map((operation): MultiOperationRequest => {
      const sequential = operation.type === 'create' && operation.sequential === true;
      const path = fullPath(operation.path, sequential);
      if (operation.type === 'create') return createRequest(path, bytesOf(operation.data ?? ''), operation);
      const version = operation.version ?? ANY_VERSION;
      if (operation.type === 'set') return { op: 'setData', path, data: bytesOf(operation.data), version };
      return { op: operation.type, path, version };
    }),
  };
}

/** Throws the error of the operation that failed. */
export function outcomesOf(
  request: MultiRequest,
  results: readonly MultiResult[],
  innerPath: (path: string) => string,
): MultiOutcome[] {
  throwFailure(request, results, innerPath);
  return results.map((result, i) => {
    switch (result.type) {
      case 'create':
        return { type: 'create', path: innerPath(result.path), stat: needStat(result.stat) };
      case 'setData':
        return { type: 'set', stat: result.stat };
      case 'delete':
      case 'check':
        return { type: result.type };
      default:
        throw new StoreError('MARSHALLINGERROR', 'multi', request.operations[i]?.path);
    }
  });
}

function throwFailure(
  request: MultiRequest,
  results: readonly MultiResult[],
  innerPath: (path: string) => string,
): void {
  for (const [i, result] of results.entries()) {
    if (result.type !== 'error' || result.code === 0 || result.code === RUNTIME_INCONSISTENCY) continue;
    const path = request.operations[i]?.path;
    throw storeErrorOf(result.code, `multi[${i}]`, path === undefined ? undefined : innerPath(path));
  }
}

function needStat(stat: Stat | undefined): Stat {
  if (stat === undefined) throw new StoreError('MARSHALLINGERROR', 'multi', undefined);
  return stat;
}

export function readOutcomesOf(results: readonly MultiResult[]): MultiReadOutcome[] {
  return results.map((result): MultiReadOutcome => {
    switch (result.type) {
      case 'getData':
        return { type: 'get', data: result.data ?? bytesOf(''), stat: result.stat };
      case 'getChildren':
        return { type: 'children', children: result.children };
      case 'error':
        return { type: 'error', code: codeName(result.code) };
      default:
        throw new StoreError('MARSHALLINGERROR', 'multiRead', undefined);
    }
  });
}
