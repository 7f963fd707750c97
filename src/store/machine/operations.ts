// Owns: what a client's write does to the tree, and with which code it is refused: the checks of ZooKeeper 3.9 in
// ZooKeeper's order, because a request that is wrong twice gets the code of the first check that it fails.
// Not here: several operations at once (transactions.ts), sessions, the bytes of requests.
// Invariant: an operation that is refused changed nothing.

import { isAllowed, PERMISSION, resolveAcl } from './acl.ts';
import { isReserved, isValidPath, lastName, parentPath, sequenceSuffix, watchedParent } from './paths.ts';
import type { Quotas } from './quota.ts';
import { RESULT } from './result-codes.ts';
import type {
  AclEntry,
  Change,
  CheckOperation,
  CreateOperation,
  DeleteOperation,
  Identity,
  NodeStat,
  OperationResult,
  SessionId,
  SetAclOperation,
  SetDataOperation,
  SingleOperation,
} from './types.ts';
import { isEphemeral, MAX_TTL_MS, ownerOf } from './znode-kinds.ts';
import type { ZnodeTree } from './znode-tree.ts';

/** Who asks, when, and where the changes are told. */
export interface OperationContext {
  readonly session: SessionId;
  readonly identities: readonly Identity[];
  readonly zxid: number;
  readonly timeMs: number;
  readonly changes: Change[];
}

export function refusal(code: number): OperationResult {
  return { type: 'error', code };
}

export class Operations {
  private readonly tree: ZnodeTree;
  private readonly quotas: Quotas;

  constructor(tree: ZnodeTree, quotas: Quotas) {
    this.tree = tree;
    this.quotas = quotas;
  }

  apply(context: OperationContext, operation: SingleOperation): OperationResult {
    switch (operation.type) {
      case 'create':
        return this.create(context, operation);
      case 'delete':
        return this.delete(context, operation);
      case 'set-data':
        return this.setData(context, operation);
      case 'set-acl':
        return this.setAcl(context, operation);
      case 'check':
        return this.check(context, operation);
    }
  }

  /** Removes a node without children whatever its version and access control list. */
  removeNode(slot: number, path: string, zxid: number, changes: Change[]): void {
    const { tree } = this;
    const parent = tree.find(parentPath(path) ?? '');
    const acl = tree.aclOf(slot);
    const bytes = tree.dataLengthOf(slot);
    tree.remove(slot, zxid);
    this.quotas.deleted(path, bytes);
    changes.push({ type: 'node-deleted', path, acl });
    changes.push({ type: 'children-changed', path: watchedParent(path), acl: tree.aclOf(parent) });
  }

  private create(context: OperationContext, operation: CreateOperation): OperationResult {
    const { tree } = this;
    const { node, data } = operation;
    if (node.kind === 'ttl' && !(node.ttlMs > 0 && node.ttlMs <= MAX_TTL_MS)) {
      return refusal(RESULT.BADARGUMENTS);
    }
    const above = parentPath(operation.path);
    if (above === undefined || operation.path.includes('\0')) return refusal(RESULT.BADARGUMENTS);
    const acl = resolveAcl(operation.acl, context.identities);
    if (acl === undefined) return refusal(RESULT.INVALIDACL);
    const parent = tree.find(above);
    if (parent < 0) return refusal(RESULT.NONODE);
    if (!this.allows(parent, PERMISSION.CREATE, context)) return refusal(RESULT.NOAUTH);
    const suffix = operation.sequential ? sequenceSuffix(tree.creationsUnder(parent)) : '';
    const path = operation.path + suffix;
    if (!isValidPath(path)) return refusal(RESULT.BADARGUMENTS);
    if (tree.find(path) >= 0) return refusal(RESULT.NODEEXISTS);
    if (isEphemeral(tree.ownerOf(parent))) return refusal(RESULT.NOCHILDRENFOREPHEMERALS);
    if (!this.quotas.accepts(path, data)) return refusal(RESULT.BADARGUMENTS);
    const bytes = data?.length ?? 0;
    if (this.quotas.refuses(path, bytes, 1)) return refusal(RESULT.QUOTAEXCEEDED);
    const stat = this.insert(context, path, parent, data, acl, ownerOf(node, context.session));
    return { type: 'create', path, stat };
  }

  private insert(
    context: OperationContext,
    path: string,
    parent: number,
    data: Uint8Array | null,
    acl: readonly AclEntry[],
    owner: number,
  ): NodeStat {
    const { tree } = this;
    const { zxid, timeMs, changes } = context;
    const slot = tree.create({ parent, name: lastName(path), data, acl, owner, zxid, timeMs });
    const stat = tree.statOf(slot);
    this.quotas.created(path, data?.length ?? 0);
    changes.push({ type: 'node-created', path, acl: tree.aclOf(slot) });
    changes.push({ type: 'children-changed', path: watchedParent(path), acl: tree.aclOf(parent) });
    return stat;
  }

  private delete(context: OperationContext, operation: DeleteOperation): OperationResult {
    const { tree } = this;
    const { path, version } = operation;
    const above = parentPath(path);
    if (above === undefined || path.includes('\0') || isReserved(path)) return refusal(RESULT.BADARGUMENTS);
    const parent = tree.find(above);
    if (parent < 0) return refusal(RESULT.NONODE);
    if (!this.allows(parent, PERMISSION.DELETE, context)) return refusal(RESULT.NOAUTH);
    const slot = tree.find(path);
    if (slot < 0) return refusal(RESULT.NONODE);
    if (isStale(version, tree.versionOf(slot))) return refusal(RESULT.BADVERSION);
    if (tree.childCount(slot) > 0) return refusal(RESULT.NOTEMPTY);
    this.removeNode(slot, path, context.zxid, context.changes);
    return { type: 'delete' };
  }

  private setData(context: OperationContext, operation: SetDataOperation): OperationResult {
    const { tree } = this;
    const { path, data, version } = operation;
    if (!isValidPath(path)) return refusal(RESULT.BADARGUMENTS);
    const slot = tree.find(path);
    if (slot < 0) return refusal(RESULT.NONODE);
    if (!this.allows(slot, PERMISSION.WRITE, context)) return refusal(RESULT.NOAUTH);
    if (!this.quotas.accepts(path, data)) return refusal(RESULT.BADARGUMENTS);
    const growth = (data?.length ?? 0) - tree.dataLengthOf(slot);
    if (this.quotas.refuses(path, growth, 0)) return refusal(RESULT.QUOTAEXCEEDED);
    const present = tree.versionOf(slot);
    if (isStale(version, present)) return refusal(RESULT.BADVERSION);
    tree.setData(slot, data, following(present), context.zxid, context.timeMs);
    const stat = tree.statOf(slot);
    this.quotas.resized(path, growth);
    context.changes.push({ type: 'node-data-changed', path, acl: tree.aclOf(slot) });
    return { type: 'set-data', stat };
  }

  private setAcl(context: OperationContext, operation: SetAclOperation): OperationResult {
    const { tree } = this;
    const { path, version } = operation;
    if (!isValidPath(path)) return refusal(RESULT.BADARGUMENTS);
    const acl = resolveAcl(operation.acl, context.identities);
    if (acl === undefined) return refusal(RESULT.INVALIDACL);
    const slot = tree.find(path);
    if (slot < 0) return refusal(RESULT.NONODE);
    if (!this.allows(slot, PERMISSION.ADMIN, context)) return refusal(RESULT.NOAUTH);
    const present = tree.aclVersionOf(slot);
    if (isStale(version, present)) return refusal(RESULT.BADVERSION);
    tree.setAcl(slot, acl, following(present));
    return { type: 'set-acl', stat: tree.statOf(slot) };
  }

  private check(context: OperationContext, operation: CheckOperation): OperationResult {
    const { tree } = this;
    if (!isValidPath(operation.path)) return refusal(RESULT.BADARGUMENTS);
    const slot = tree.find(operation.path);
    if (slot < 0) return refusal(RESULT.NONODE);
    if (!this.allows(slot, PERMISSION.READ, context)) return refusal(RESULT.NOAUTH);
    if (isStale(operation.version, tree.versionOf(slot))) return refusal(RESULT.BADVERSION);
    return { type: 'check' };
  }

  private allows(slot: number, permission: number, context: OperationContext): boolean {
    return isAllowed(this.tree.aclOf(slot), permission, context.identities);
  }
}

function isStale(expected: number, present: number): boolean {
  return expected !== -1 && expected !== present;
}

/** The next version. Never -1, which as an expected version means "any". */
function following(version: number): number {
  const next = (version + 1) | 0;
  return next === -1 ? 0 : next;
}
