// Owns: opening and closing a watch that stays.

import { ADD_WATCH_MODES, WATCHER_TYPES } from '../../zookeeper/protocol/numbers.ts';
import type { Request } from '../../zookeeper/protocol/requests.ts';
import type { Response } from '../../zookeeper/protocol/responses.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import type { Watch, Watcher } from '../store-client.ts';
import { isStoreError } from '../store-error.ts';
import type { WatchRegistry } from '../watch-registry.ts';
import { WatchStream } from '../watch-stream.ts';

type Submit = (request: Request, onAnswer?: (err: number) => void) => Promise<Response>;

export async function openStream(
  path: string,
  recursive: boolean,
  listener: Watcher | undefined,
  registry: WatchRegistry,
  submit: Submit,
): Promise<Watch> {
  const stream = new WatchStream(path, CLIENT_LIMITS.watchEvents, listener);
  const kind = recursive ? 'persistentRecursive' : 'persistent';
  await submit({ op: 'addWatch', path, kind: ADD_WATCH_MODES[kind] }, (err) => {
    if (err === 0) registry.addStream(kind, path, stream);
  });
  const close = async (): Promise<void> => {
    stream.end();
    if (!registry.removeStream(kind, path, stream)) return;
    try {
      await submit({ op: 'removeWatches', path, kind: WATCHER_TYPES[kind] });
    } catch (error) {
      // The watch is closed for its user in any case; a server that keeps it sends events that nobody hears.
      if (!isStoreError(error)) throw error;
    }
  };
  return {
    path,
    recursive,
    close,
    [Symbol.asyncIterator]: () => ({
      next: () => stream.next(),
      return: () => close().then(() => ({ done: true, value: undefined })),
    }),
  };
}
