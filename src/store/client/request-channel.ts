// Owns: what lies between the typed client and the way that its requests go: a socket (wire/), or a call into a replica
// of the same process. Paths are the server's here (no chroot).

import type { Request } from '../zookeeper/protocol/requests.ts';
import type { Response } from '../zookeeper/protocol/responses.ts';
import type { StoreState, Watch, Watcher } from './store-client.ts';

export interface SubmitOptions {
  /** For a read with `watch`. Called before any later reply is handed over. */
  readonly watcher?: Watcher;
  /** It does no harm if the request is done twice. */
  readonly idempotent?: boolean;
  /** The name in the path of this create is unique: if there is a node that begins with it, it is this one. */
  readonly uniqueName?: boolean;
}

export interface RequestChannel {
  readonly state: StoreState;
  readonly sessionId: bigint;
  readonly sessionTimeoutMs: number;
  readonly readOnly: boolean;
  onState(listener: (state: StoreState) => void): () => void;
  /** Requests are executed in the order of these calls. Rejects with StoreError. */
  submit(request: Request, options?: SubmitOptions): Promise<Response>;
  /** Resolves when the server has the watch; events are told from then on. */
  openWatch(path: string, recursive: boolean, listener?: Watcher): Promise<Watch>;
  /** Sends credentials, now and after every reconnect. */
  addAuth(scheme: string, auth: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
