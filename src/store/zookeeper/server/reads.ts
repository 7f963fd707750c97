// Owns: what is answered from the state as it is here: reads, and requests about watches. Not here: writes (writes.ts),
// when it is their turn (request-queue.ts).
// Source: FinalRequestProcessor of ZooKeeper 3.9, check by check.

import { PERMISSION } from '../../machine/acl.ts';
import type { MachineReads } from '../../machine/machine-reads.ts';
import type { Identity, NodeStat, SessionId } from '../../machine/types.ts';
import type { LocalWatches, Watcher, WatchKind } from '../../replica/local-watches.ts';
import { WATCH_MODE } from '../../replica/watch-table.ts';
import { CODES } from '../protocol/error-codes.ts';
import { ADD_WATCH_MODES, WATCHER_TYPES } from '../protocol/numbers.ts';
import type {
  MultiReadRequest,
  PathRequest,
  PlainRequest,
  SetWatchesRequest,
  WatchingReadRequest,
  WatchKindRequest,
} from '../protocol/requests.ts';
import type { MultiResult, Response } from '../protocol/responses.ts';
import { shownIdentity } from './authentication.ts';

/** Who reads, and from what. */
export interface Reader {
  readonly reads: MachineReads;
  readonly watches: LocalWatches;
  readonly watcher: Watcher;
  readonly session: SessionId;
  readonly identities: readonly Identity[];
  /** Watches that may still be left here. */
  readonly watchesLeft: number;
}

/** `sync`, `ping` and `closeSession` are among them by their shape alone, and never come here. */
export type ReadRequest =
  | WatchingReadRequest
  | PathRequest
  | WatchKindRequest
  | SetWatchesRequest
  | MultiReadRequest
  | PlainRequest;

/** A response, or the code of an error. */
export type ReadAnswer = Response<NodeStat> | number;

export function answerRead(reader: Reader, request: ReadRequest): ReadAnswer {
  switch (request.op) {
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      return nodeRead(reader, request);
    case 'getACL':
      return accessList(reader, request.path);
    case 'getAllChildrenNumber': {
      const refused = refusal(reader, request.path, PERMISSION.READ);
      return refused ?? { op: request.op, count: reader.reads.countBelow(request.path) ?? 0 };
    }
    case 'getEphemerals': {
      const paths = reader.reads.ephemeralsOf(reader.session);
      const { path } = request;
      const isAll = path.trim() === '' || path === '/';
      return { op: request.op, paths: isAll ? paths : paths.filter((one) => one.startsWith(path)) };
    }
    case 'multiRead':
      return { op: request.op, results: request.operations.map((one) => partOfMany(reader, one)) };
    case 'whoAmI':
      return { op: request.op, identities: reader.identities.map(shownIdentity) };
    case 'addWatch':
      return addWatch(reader, request);
    case 'removeWatches':
    case 'checkWatches':
      return aboutWatches(reader, request);
    case 'setWatches':
    case 'setWatches2': {
      const { data, exist, children, persistent, persistentRecursive } = request;
      const wanted =
        data.length + exist.length + children.length + 2 * persistent.length + persistentRecursive.length;
      if (wanted > reader.watchesLeft) return CODES.THROTTLEDOP;
      reader.watches.restore(request, reader.watcher, reader.reads);
      return { op: request.op };
    }
    case 'sync':
    case 'ping':
    case 'closeSession':
      return CODES.UNIMPLEMENTED;
  }
}

function refusal({ reads, identities }: Reader, path: string, permission: number): number | undefined {
  if (reads.stat(path) === undefined) return CODES.NONODE;
  return reads.allows(path, permission, identities) ? undefined : CODES.NOAUTH;
}

function nodeRead(reader: Reader, request: WatchingReadRequest): ReadAnswer {
  const { reads, watches, watcher } = reader;
  const { op, path, watch } = request;
  if (watch && reader.watchesLeft < 1) return CODES.THROTTLEDOP;
  if (op === 'exists') {
    if (path.includes('\0')) return CODES.BADARGUMENTS;
    const stat = reads.stat(path);
    // Since 3.9.3 (ZOOKEEPER-2590) what may not be read is not said to exist either, nor watched.
    if (stat !== undefined && refusal(reader, path, PERMISSION.READ) !== undefined) return CODES.NOAUTH;
    if (watch) watches.data.add(path, watcher, WATCH_MODE.once);
    return stat === undefined ? CODES.NONODE : { op, stat };
  }
  const refused = refusal(reader, path, PERMISSION.READ);
  if (refused !== undefined) return refused;
  if (watch) (op === 'getData' ? watches.data : watches.children).add(path, watcher, WATCH_MODE.once);
  if (op === 'getData') return { op, ...reads.node(path)! };
  const children = reads.children(path)!;
  return op === 'getChildren' ? { op, children } : { op, children, stat: reads.stat(path)! };
}

function partOfMany(
  reader: Reader,
  { op, path }: MultiReadRequest['operations'][number],
): MultiResult<NodeStat> {
  const answer = nodeRead(reader, { op, path, watch: false });
  if (typeof answer === 'number') return { type: 'error', code: answer };
  if (answer.op === 'getData') return { type: 'getData', data: answer.data, stat: answer.stat };
  return { type: 'getChildren', children: answer.op === 'getChildren' ? answer.children : [] };
}

function accessList(reader: Reader, path: string): ReadAnswer {
  const { reads, identities } = reader;
  const refused = refusal(reader, path, PERMISSION.READ | PERMISSION.ADMIN);
  return refused ?? { op: 'getACL', acl: reads.shownAcl(path, identities)!, stat: reads.stat(path)! };
}

function addWatch({ watches, watcher, watchesLeft }: Reader, request: WatchKindRequest): ReadAnswer {
  const { path, kind } = request;
  const isRecursive = kind === ADD_WATCH_MODES.persistentRecursive;
  if (!isRecursive && kind !== ADD_WATCH_MODES.persistent) return CODES.MARSHALLINGERROR;
  if (watchesLeft < 2) return CODES.THROTTLEDOP;
  watches.addPersistent(path, watcher, isRecursive);
  return { op: 'addWatch' };
}

const KINDS: ReadonlyMap<number, WatchKind> = new Map([
  [WATCHER_TYPES.children, 'children'],
  [WATCHER_TYPES.data, 'data'],
  [WATCHER_TYPES.any, 'any'],
  [WATCHER_TYPES.persistent, 'persistent'],
  [WATCHER_TYPES.persistentRecursive, 'persistent-recursive'],
]);

function aboutWatches({ watches, watcher }: Reader, request: WatchKindRequest): ReadAnswer {
  const kind = KINDS.get(request.kind);
  if (kind === undefined) return CODES.MARSHALLINGERROR;
  const op = request.op === 'removeWatches' ? 'removeWatches' : 'checkWatches';
  const found =
    op === 'removeWatches'
      ? watches.remove(request.path, watcher, kind)
      : watches.has(request.path, watcher, kind);
  return found ? { op } : CODES.NOWATCHER;
}
