// Owns: finding the node that a lost create made. Not here: other writes (settlement.ts).
// Assumed: a node that is ephemeral, or has a unique name, is deleted by its session only. So if it is not there, it was
// not made, and it is made now; if another has deleted it, it is made a second time.

import { CREATE_FLAGS } from '../../zookeeper/protocol/numbers.ts';
import type { Stat } from '../../zookeeper/protocol/records.ts';
import type { CreateRequest } from '../../zookeeper/protocol/requests.ts';
import { isStoreError } from '../store-error.ts';
import type { Situation } from './settlement.ts';

export interface CreatedChild {
  readonly path: string;
  readonly stat: Stat;
}

type Finding = CreatedChild | 'unknown' | undefined;

const SEQUENCE_DIGITS = 10;

const SEQUENTIAL: ReadonlySet<number> = new Set([
  CREATE_FLAGS.persistentSequential,
  CREATE_FLAGS.ephemeralSequential,
  CREATE_FLAGS.persistentSequentialWithTtl,
]);
const EPHEMERAL: ReadonlySet<number> = new Set([CREATE_FLAGS.ephemeral, CREATE_FLAGS.ephemeralSequential]);

/** The node that this create made; undefined if it made none; `unknown` if it cannot be told. */
export async function createdChild(situation: Situation, request: CreateRequest): Promise<Finding> {
  const parent = await parentOf(situation, request.path);
  // A parent that is gone can have had the node, and took it along.
  if (parent === undefined) return 'unknown';
  if (parent.stat.pzxid <= situation.since) return undefined;
  return SEQUENTIAL.has(request.flags)
    ? findSequential(situation, request, parent)
    : judgeNamed(situation, request);
}

interface Parent {
  readonly path: string;
  readonly children: readonly string[];
  readonly stat: Stat;
}

async function parentOf({ ask }: Situation, path: string): Promise<Parent | undefined> {
  const parent = path.slice(0, path.lastIndexOf('/')) || '/';
  try {
    const node = await ask({ op: 'getChildren2', path: parent, watch: false });
    return node.op === 'getChildren2'
      ? { path: parent, children: node.children, stat: node.stat }
      : undefined;
  } catch (error) {
    if (isStoreError(error, 'NONODE')) return undefined;
    throw error;
  }
}

async function judgeNamed(situation: Situation, request: CreateRequest): Promise<Finding> {
  const { since, sessionId, idempotent, uniqueName, ask } = situation;
  const isOwned = EPHEMERAL.has(request.flags);
  const node = await nodeAt(ask, request.path);
  if (node === undefined) return isOwned || uniqueName || idempotent ? undefined : 'unknown';
  const { stat, data } = node;
  // It is older, so this create found it there, and will find it again.
  if (stat.czxid <= since) return undefined;
  const created = { path: request.path, stat };
  if (uniqueName) return created;
  if (isOwned) return stat.ephemeralOwner === sessionId ? created : undefined;
  return idempotent && stat.mzxid === stat.czxid && sameBytes(data, request.data) ? created : 'unknown';
}

/**
 * By its unique name; else by its owner: the oldest node of this session that was made since, with this name before the
 * digits and these data. If several creates of this kind were lost, they are settled in order, each with the zxid of
 * the one before as its `since`.
 */
async function findSequential(
  situation: Situation,
  request: CreateRequest,
  parent: Parent,
): Promise<Finding> {
  const { since, sessionId, uniqueName, ask } = situation;
  if (!EPHEMERAL.has(request.flags) && !uniqueName) return 'unknown';
  const name = request.path.slice(request.path.lastIndexOf('/') + 1);
  let oldest: CreatedChild | undefined;
  for (const child of parent.children) {
    if (!child.startsWith(name) || child.length !== name.length + SEQUENCE_DIGITS) continue;
    const path = parent.path === '/' ? `/${child}` : `${parent.path}/${child}`;
    const node = await nodeAt(ask, path);
    if (node === undefined || node.stat.czxid <= since) continue;
    if (!uniqueName && (node.stat.ephemeralOwner !== sessionId || !sameBytes(node.data, request.data)))
      continue;
    if (oldest === undefined || node.stat.czxid < oldest.stat.czxid) oldest = { path, stat: node.stat };
  }
  return oldest;
}

async function nodeAt(
  ask: Situation['ask'],
  path: string,
): Promise<{ readonly data: Uint8Array | null; readonly stat: Stat } | undefined> {
  try {
    const node = await ask({ op: 'getData', path, watch: false });
    return node.op === 'getData' ? node : undefined;
  } catch (error) {
    if (isStoreError(error, 'NONODE')) return undefined;
    throw error;
  }
}

export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  const [x, y] = [a ?? new Uint8Array(0), b ?? new Uint8Array(0)];
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}
