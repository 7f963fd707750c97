// Owns: finding out, at a real ZooKeeper, whether a write was done whose reply was lost. Not here: Millrace's server,
// which is asked for the stored result. The rules are the table in store-client.ts.
// Invariants: `done` and `again` are said only with proof; what has none is `unknown`, and the caller is told so.
//
// The proof is by zxids. Replies of a session come in the order of its requests, and a reply carries a zxid up to which
// its server had applied; so a write that was not answered has, if it was done, a zxid above that of the last reply
// (`since`). A node whose last change is not above it was not changed by the lost write. The `sync` before the reading
// is answered after all that the leader took from the session's connections before, and the leader refuses whatever
// comes later from a connection that the session has left (SESSIONMOVED).

import type { Stat } from '../../zookeeper/protocol/records.ts';
import { isWrite } from '../../zookeeper/protocol/request-codec.ts';
import type {
  CreateRequest,
  MultiRequest,
  Request,
  SetAclRequest,
  SetDataRequest,
  VersionedRequest,
  WriteRequest,
} from '../../zookeeper/protocol/requests.ts';
import type { Response } from '../../zookeeper/protocol/responses.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import type { Call } from './call.ts';
import { createdChild, sameBytes } from './created-child.ts';

export type Verdict =
  /** It was done. */
  | { readonly type: 'done'; readonly response: Response }
  /** It was not done, or it does no harm to do it twice. */
  | { readonly type: 'again' }
  /** It was refused: another's write came first. */
  | { readonly type: 'failed'; readonly error: StoreError }
  | { readonly type: 'unknown' };

export interface Situation {
  readonly request: WriteRequest;
  readonly since: number;
  readonly sessionId: bigint;
  readonly idempotent: boolean;
  readonly uniqueName: boolean;
  /** Rejects when the connection is lost: then the next one begins anew. */
  ask(request: Request): Promise<Response>;
}

const AGAIN: Verdict = { type: 'again' };
const UNKNOWN: Verdict = { type: 'unknown' };

/**
 * One verdict for each lost call, in their order. All are reached before any is carried out, because a write that is
 * done again would look like the work of others to the next. Rejects when the connection is lost.
 */
export async function settleAll(
  calls: readonly Call[],
  sessionId: bigint,
  ask: Situation['ask'],
): Promise<readonly Verdict[]> {
  const isSynced = calls.some(({ request }) => isWrite(request)) && (await sync(ask));
  const verdicts: Verdict[] = [];
  let after = 0;
  for (const { request, options, lostAfterZxid = 0 } of calls) {
    const { idempotent = false, uniqueName = false } = options;
    const since = Math.max(after, lostAfterZxid);
    let verdict = AGAIN;
    if (isWrite(request)) {
      verdict = isSynced ? await settle({ request, since, sessionId, idempotent, uniqueName, ask }) : UNKNOWN;
    }
    // What was called later was done later.
    if (verdict.type === 'done' && 'stat' in verdict.response) after = verdict.response.stat.mzxid;
    verdicts.push(verdict);
  }
  return verdicts;
}

async function settle(situation: Situation): Promise<Verdict> {
  const { request } = situation;
  try {
    return await verdictOn(situation, request);
  } catch (error) {
    return unlessLost(error, UNKNOWN);
  }
}

async function sync(ask: Situation['ask']): Promise<boolean> {
  try {
    await ask({ op: 'sync', path: '/' });
    return true;
  } catch (error) {
    return unlessLost(error, false);
  }
}

/** The server refused to answer, for example because rights were taken away: what cannot be read is not known. */
function unlessLost<T>(error: unknown, value: T): T {
  if (isStoreError(error) && error.code !== 'CONNECTIONLOSS') return value;
  throw error;
}

function verdictOn(situation: Situation, request: WriteRequest): Promise<Verdict> {
  switch (request.op) {
    case 'setData':
      return settleSet(situation, request);
    case 'setACL':
      return settleSetAcl(situation, request);
    case 'delete':
    case 'check':
      return settleDelete(situation, request);
    case 'multi':
      return settleMulti(situation, request);
    default:
      return settleCreate(situation, request);
  }
}

async function settleCreate(situation: Situation, request: CreateRequest): Promise<Verdict> {
  const created = await createdChild(situation, request);
  if (created === 'unknown') return UNKNOWN;
  if (created === undefined) return AGAIN;
  const { path, stat } = created;
  const { op } = request;
  return { type: 'done', response: op === 'create' ? { op, path } : { op, path, stat } };
}

async function settleDelete(
  { ask, since, idempotent }: Situation,
  request: VersionedRequest,
): Promise<Verdict> {
  if (request.op === 'check') return AGAIN;
  const stat = await statOf(ask, request.path);
  if (stat !== undefined) return stat.czxid <= since ? AGAIN : UNKNOWN;
  if (idempotent) return { type: 'done', response: { op: 'delete' } };
  return (await unchangedParent(ask, request.path, since)) ? AGAIN : UNKNOWN;
}

async function settleSet(situation: Situation, request: SetDataRequest): Promise<Verdict> {
  const { ask, since, idempotent } = situation;
  const { path, version } = request;
  const node = await ask({ op: 'getData', path, watch: false }).catch(noNode);
  if (node === undefined) return (await unchangedParent(ask, path, since)) ? AGAIN : UNKNOWN;
  if (node.op !== 'getData') return UNKNOWN;
  if (node.stat.mzxid <= since) return AGAIN;
  if (idempotent && version < 0) return AGAIN;
  if (node.stat.czxid <= since && node.stat.version <= version) return AGAIN;
  if (node.stat.czxid > since || node.stat.version !== version + 1) return UNKNOWN;
  // Exactly one write took the version: this one, or another that was faster.
  if (!sameBytes(node.data, request.data)) {
    return { type: 'failed', error: new StoreError('BADVERSION', 'setData', path) };
  }
  return idempotent ? { type: 'done', response: { op: 'setData', stat: node.stat } } : UNKNOWN;
}

async function settleSetAcl({ ask, since, idempotent }: Situation, request: SetAclRequest): Promise<Verdict> {
  if (idempotent && request.version < 0) return AGAIN;
  const stat = await statOf(ask, request.path);
  if (stat === undefined) return (await unchangedParent(ask, request.path, since)) ? AGAIN : UNKNOWN;
  return stat.czxid <= since && request.version >= 0 && stat.aversion === request.version ? AGAIN : UNKNOWN;
}

/** All or none: one operation that was not done is the proof for all. */
async function settleMulti(situation: Situation, request: MultiRequest): Promise<Verdict> {
  if (request.operations.every(({ op }) => op === 'check')) return AGAIN;
  for (const operation of request.operations) {
    if (operation.op === 'check') continue;
    const strict = { ...situation, idempotent: false, uniqueName: false };
    const { type } = await verdictOn(strict, operation);
    if (type === 'again' || type === 'failed') return AGAIN;
  }
  return UNKNOWN;
}

async function statOf(ask: Situation['ask'], path: string): Promise<Stat | undefined> {
  const node = await ask({ op: 'exists', path, watch: false }).catch(noNode);
  return node?.op === 'exists' ? node.stat : undefined;
}

/** No child of the parent was created or deleted. */
async function unchangedParent(ask: Situation['ask'], path: string, since: number): Promise<boolean> {
  const stat = await statOf(ask, path.slice(0, path.lastIndexOf('/')) || '/');
  return stat !== undefined && stat.pzxid <= since;
}

function noNode(error: unknown): undefined {
  if (!isStoreError(error, 'NONODE')) throw error;
}
