// Owns: what a server answers, as types. `op` is that of the request. Not here: their bytes (response-codec.ts), errors
// (they are a number in the reply's header and have no body).
// `S` is the Stat: `AnyStat` for whoever writes, `Stat` for whoever reads.

import type { AclEntry, Identity } from '../../machine/types.ts';
import type { Stat } from './records.ts';

export type Response<S = Stat> =
  | { readonly op: 'create'; readonly path: string }
  | { readonly op: 'create2' | 'createContainer' | 'createTTL'; readonly path: string; readonly stat: S }
  | { readonly op: 'exists' | 'setData' | 'setACL'; readonly stat: S }
  | { readonly op: 'getData'; readonly data: Uint8Array | null; readonly stat: S }
  | { readonly op: 'getACL'; readonly acl: readonly AclEntry[]; readonly stat: S }
  | { readonly op: 'getChildren'; readonly children: readonly string[] }
  | { readonly op: 'getChildren2'; readonly children: readonly string[]; readonly stat: S }
  | { readonly op: 'getAllChildrenNumber'; readonly count: number }
  | { readonly op: 'getEphemerals'; readonly paths: readonly string[] }
  | { readonly op: 'sync'; readonly path: string }
  | { readonly op: 'multi' | 'multiRead'; readonly results: readonly MultiResult<S>[] }
  | { readonly op: 'whoAmI'; readonly identities: readonly Identity[] }
  | { readonly op: EmptyResponseOp };

/** Answered by a header alone (`addWatch`: and an ErrorResponse of 0). */
export type EmptyResponseOp =
  | 'delete'
  | 'check'
  | 'ping'
  | 'auth'
  | 'addWatch'
  | 'removeWatches'
  | 'checkWatches'
  | 'setWatches'
  | 'setWatches2'
  | 'closeSession';

/** One result of a `multi` or `multiRead`. A multi of which one operation failed has errors only. */
export type MultiResult<S = Stat> =
  | { readonly type: 'create'; readonly path: string; readonly stat: S | undefined }
  | { readonly type: 'delete' }
  | { readonly type: 'setData'; readonly stat: S }
  | { readonly type: 'check' }
  | { readonly type: 'getData'; readonly data: Uint8Array | null; readonly stat: S }
  | { readonly type: 'getChildren'; readonly children: readonly string[] }
  /** One of error-codes.ts; 0 for an operation before the one that failed. */
  | { readonly type: 'error'; readonly code: number };
