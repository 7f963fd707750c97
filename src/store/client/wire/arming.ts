// Owns: what the answer to a request means for the client's own list of watches.

import { CODES } from '../../zookeeper/protocol/error-codes.ts';
import { WATCHER_TYPES } from '../../zookeeper/protocol/numbers.ts';
import type { Request } from '../../zookeeper/protocol/requests.ts';
import type { SubmitOptions } from '../request-channel.ts';
import type { RemovedKind, WatchRegistry } from '../watch-registry.ts';

const REMOVED: ReadonlyMap<number, RemovedKind> = new Map([
  [WATCHER_TYPES.children, 'children'],
  [WATCHER_TYPES.data, 'data'],
  [WATCHER_TYPES.any, 'any'],
  [WATCHER_TYPES.persistent, 'persistent'],
  [WATCHER_TYPES.persistentRecursive, 'persistent-recursive'],
] as const);

/** To be called with the code of the answer, before the caller hears of it. undefined: nothing to do. */
export function armingOf(
  registry: WatchRegistry,
  request: Request,
  { watcher }: SubmitOptions,
): ((err: number) => void) | undefined {
  if (request.op === 'removeWatches') {
    const kind = REMOVED.get(request.kind);
    return (err) => {
      if (err === 0 && kind !== undefined) registry.forget(kind, request.path);
    };
  }
  if (watcher === undefined || !('watch' in request)) return undefined;
  const { op, path } = request;
  if (op === 'exists') {
    return (err) => {
      if (err === 0) registry.addOneShot('data', path, watcher);
      else if (err === CODES.NONODE) registry.addOneShot('exist', path, watcher);
    };
  }
  return (err) => {
    if (err === 0) registry.addOneShot(op === 'getData' ? 'data' : 'children', path, watcher);
  };
}
