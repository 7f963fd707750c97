// Owns: which values may be keys of keyed state, and their encoded form: one letter for the type, then the text.
// Invariants: two keys have the same encoding exactly if a Map takes them for the same key (so -0 is 0, and 1 is not
// '1'); an encoding is well-formed Unicode, so that writing it as UTF-8 loses nothing.

import { MillraceError } from '../base/errors.ts';
import type { StateKey } from '../topology/state-types.ts';

/** A surrogate that is half of no pair: UTF-8 cannot write it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** True if writing `text` as UTF-8 and reading it back gives the same text. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** Throws MR_STATE_KEY unless `key` is a string, a boolean, a bigint or a number that is not NaN. `where` names the state. */
export function checkKey(key: unknown, where: string): asserts key is StateKey {
  switch (typeof key) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return;
    case 'number':
      if (!Number.isNaN(key)) return;
      break;
    default:
  }
  throw new MillraceError('MR_STATE_KEY', `${where} was asked for a key that is none.`, {
    expected: 'a string, a number other than NaN, a bigint or a boolean',
    got: key === null ? 'null' : Number.isNaN(key) ? 'NaN' : typeof key,
    next: 'Make a string of what identifies the value, such as "user/day".',
  });
}

export function encodeKey(key: StateKey): string {
  switch (typeof key) {
    case 'string':
      return isWellFormed(key) ? `s${key}` : `j${JSON.stringify(key)}`;
    case 'number':
      return `n${key}`;
    case 'bigint':
      return `i${key}`;
    default:
      return key ? 'bt' : 'bf';
  }
}

/** The inverse of `encodeKey`; undefined for a text that it cannot have made. */
export function decodeKey(text: string): StateKey | undefined {
  const rest = text.slice(1);
  switch (text.charAt(0)) {
    case 's':
      return rest;
    case 'n': {
      const number = Number(rest);
      return rest === '' || Number.isNaN(number) ? undefined : number;
    }
    case 'i':
      return /^-?\d+$/.test(rest) ? BigInt(rest) : undefined;
    case 'b':
      return rest === 't' ? true : rest === 'f' ? false : undefined;
    case 'j':
      return decodeQuoted(rest);
    default:
      return undefined;
  }
}

function decodeQuoted(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A key for people: quoted if it is text, cut where it is long. */
export function showKey(key: StateKey): string {
  const text = typeof key === 'string' ? JSON.stringify(key) : String(key);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
