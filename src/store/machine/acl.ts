// Owns: access control: which lists are valid, what `auth` stands for, who may do what. Not here: how identities are
// proved (the connection does that), where lists are kept (acl-cache.ts).
// Schemes: world, digest, ip and auth as in ZooKeeper 3.9; an identity of scheme `super` may do everything.

import { isInIpRange, isIpRange } from './ip-range.ts';
import type { AclEntry, Identity } from './types.ts';

export const PERMISSION = { READ: 1, WRITE: 2, CREATE: 4, DELETE: 8, ADMIN: 16, ALL: 31 } as const;

/** Everybody may do everything. */
export const OPEN_ACL: readonly AclEntry[] = [{ permissions: PERMISSION.ALL, scheme: 'world', id: 'anyone' }];
/** Everybody may read. */
export const READ_ONLY_ACL: readonly AclEntry[] = [
  { permissions: PERMISSION.READ, scheme: 'world', id: 'anyone' },
];

/** True if one of `identities` has one of the permissions in the bit set `permission`. */
export function isAllowed(
  acl: readonly AclEntry[],
  permission: number,
  identities: readonly Identity[],
): boolean {
  if (acl.length === 0) return true;
  for (const entry of acl) {
    if ((entry.permissions & permission) !== 0 && isWorld(entry)) return true;
  }
  for (const { scheme } of identities) if (scheme === 'super') return true;
  for (const entry of acl) {
    if ((entry.permissions & permission) === 0) continue;
    for (const identity of identities) if (matches(entry, identity)) return true;
  }
  return false;
}

/**
 * The list as it is kept: duplicates gone, `auth` replaced by the identities of the one who asks. Undefined if ZooKeeper
 * answers INVALIDACL: an empty list, an unknown scheme, an id of the wrong form, or `auth` by somebody unknown.
 */
export function resolveAcl(
  acl: readonly AclEntry[],
  identities: readonly Identity[],
): readonly AclEntry[] | undefined {
  if (acl.length === 1 && isWorld(acl[0]!)) return acl;
  const resolved: AclEntry[] = [];
  for (const entry of acl.filter((one, at) => acl.findIndex((other) => isSame(one, other)) === at)) {
    if (entry.scheme !== 'auth') {
      if (!isWorld(entry) && !isValidId(entry)) return undefined;
      resolved.push(entry);
      continue;
    }
    const proved = identities.filter(({ scheme }) => scheme === 'digest' || scheme === 'super');
    if (proved.length === 0) return undefined;
    for (const { scheme, id } of proved) resolved.push({ permissions: entry.permissions, scheme, id });
  }
  return resolved.length === 0 ? undefined : resolved;
}

function isSame(one: AclEntry, other: AclEntry): boolean {
  return one.permissions === other.permissions && one.scheme === other.scheme && one.id === other.id;
}

function isWorld(entry: Identity): boolean {
  return entry.scheme === 'world' && entry.id === 'anyone';
}

function isValidId({ scheme, id }: AclEntry): boolean {
  // `user:hash`. As in Java's split, empty parts at the end do not count.
  if (scheme === 'digest') return /^[^:]*:[^:]+:*$/.test(id);
  return scheme === 'ip' && isIpRange(id);
}

function matches(entry: AclEntry, identity: Identity): boolean {
  if (entry.scheme !== identity.scheme) return false;
  if (entry.scheme === 'digest') return entry.id === identity.id;
  return entry.scheme === 'ip' && isInIpRange(identity.id, entry.id);
}
