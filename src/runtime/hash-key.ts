// Owns: the hash that deals keys to tasks. Pure. Invariant: equal keys hash equally in every process and version,
// because keyed state stays with the task that the hash chose. -0 and 0 are the same key.

import { MillraceError } from '../base/errors.ts';
import type { Key } from '../topology/types.ts';

const OFFSET_BASIS = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** Largest number that is hashed as an integer. */
const MAX_INT = 2 ** 31;

/** A 32-bit hash, not negative. FNV-1a with murmur3's finalizer. Throws MR_KEY_UNHASHABLE. */
export function hashKey(key: Key, component: string): number {
  if (typeof key === 'string') return finish(hashText(OFFSET_BASIS, key));
  return finish(hashPart(OFFSET_BASIS, key, component));
}

function hashText(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), PRIME);
  }
  return hash;
}

function hashPart(seed: number, key: Key, component: string): number {
  switch (typeof key) {
    case 'string':
      return hashText(mix(seed, key.length), key);
    case 'number':
      return hashNumber(seed, key, component);
    case 'bigint':
      return hashText(mix(seed, 3), key.toString(36));
    case 'boolean':
      return mix(seed, key ? 5 : 4);
    case 'object':
      if (key === null) return mix(seed, 6);
      if (key instanceof Uint8Array) return hashBytes(seed, key);
      if (Array.isArray(key)) return hashArray(seed, key as readonly Key[], component);
      throw unhashable(key, component);
    default:
      throw unhashable(key, component);
  }
}

function hashNumber(seed: number, key: number, component: string): number {
  if (Number.isInteger(key) && key >= -MAX_INT && key < MAX_INT) return mix(mix(seed, 1), key | 0);
  if (Number.isNaN(key)) throw unhashable(key, component);
  return hashText(mix(seed, 2), String(key));
}

function hashBytes(seed: number, bytes: Uint8Array): number {
  let hash = mix(seed, 7);
  for (let index = 0; index < bytes.length; index++) hash = mix(hash, bytes[index]!);
  return hash;
}

function hashArray(seed: number, keys: readonly Key[], component: string): number {
  let hash = mix(mix(seed, 8), keys.length);
  for (const key of keys) hash = hashPart(hash, key, component);
  return hash;
}

function mix(hash: number, word: number): number {
  return Math.imul(hash ^ word, PRIME);
}

function finish(seed: number): number {
  let hash = seed;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function unhashable(key: unknown, component: string): MillraceError {
  const got =
    typeof key === 'object' ? 'an object' : typeof key === 'number' ? 'NaN' : `a value of type ${typeof key}`;
  return new MillraceError(
    'MR_KEY_UNHASHABLE',
    `A key that groups the input of component '${component}' is no key.`,
    {
      expected: 'a string, number, bigint, boolean, null, Uint8Array, or an array of those',
      got,
      next: 'Return one of those from the key function, for example an array of the fields that make up the key.',
    },
  );
}
