// Owns: what a connection can prove about its client. Not here: what that permits (machine/acl.ts).
// Source: IPAuthenticationProvider and DigestAuthenticationProvider of ZooKeeper 3.9.

import { createHash } from 'node:crypto';
import type { Identity } from '../../machine/types.ts';

/** What is proved by the address alone. */
export function addressIdentity(address: string): Identity {
  return { scheme: 'ip', id: plainAddress(address) };
}

/** `::ffff:127.0.0.1` is how Node tells an IPv4 address on a port that takes both. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

/** What `auth` proves, or undefined if the scheme is none of those that can be proved. */
export function authenticate(
  scheme: string,
  auth: Uint8Array | null,
  address: Identity,
): Identity | undefined {
  if (scheme === 'ip') return address;
  if (scheme !== 'digest') return undefined;
  const secret = new TextDecoder().decode(auth ?? new Uint8Array(0));
  const [user = ''] = secret.split(':', 1);
  return { scheme, id: `${user}:${createHash('sha1').update(secret).digest('base64')}` };
}

/** As whoAmI shows it: without the hash. */
export function shownIdentity({ scheme, id }: Identity): Identity {
  return scheme === 'digest' ? { scheme, id: id.split(':', 1)[0] ?? id } : { scheme, id };
}
