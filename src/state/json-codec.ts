// Owns: the default codec of keyed state: JSON, with a check that what is read back is what was written. JSON.stringify
// alone turns NaN into null, a Map into {} and a Date into a string without a word; here these are refused.
// A property whose value is undefined is let through: it reads back as undefined. -0 inside an object becomes 0.

import type { ValueCodec } from '../topology/state-types.ts';

/** Levels of nesting in one value. Also what ends the search in a value that contains itself. */
const MAX_DEPTH = 500;

/** A value that a codec cannot write; the table adds component, state and key. */
export class UnstorableValue extends Error {
  override readonly name = 'UnstorableValue';
}

export const jsonCodec: ValueCodec<unknown> = {
  name: 'json',
  encode(value) {
    if (typeof value === 'number' && Number.isFinite(value))
      return Object.is(value, -0) ? '-0' : String(value);
    if (typeof value === 'string') return JSON.stringify(value);
    return encodeChecked(value);
  },
  decode(text) {
    return JSON.parse(text);
  },
};

function encodeChecked(value: unknown): string {
  const problem = findUnstorable(value, false);
  if (problem !== null) throw new UnstorableValue(problem);
  return JSON.stringify(value);
}

/**
 * What in `value` JSON cannot bring back, with its place (`an instance of Map at .users[3]`), or null. With `anyNumber`
 * NaN and the infinities pass: they are fair initial values (`-Infinity` for a maximum).
 */
export function findUnstorable(value: unknown, anyNumber: boolean): string | null {
  return search(value, '', 0, anyNumber);
}

function search(value: unknown, path: string, depth: number, anyNumber: boolean): string | null {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null;
    case 'number':
      return anyNumber || Number.isFinite(value) ? null : `${value}${at(path)}`;
    case 'object':
      if (depth >= MAX_DEPTH) return `a cycle, or more than ${MAX_DEPTH} levels`;
      return Array.isArray(value)
        ? searchArray(value, path, depth + 1, anyNumber)
        : searchObject(value, path, depth + 1, anyNumber);
    case 'undefined':
      return `undefined${at(path)}`;
    default:
      return `a ${typeof value}${at(path)}`;
  }
}

function searchArray(
  items: readonly unknown[],
  path: string,
  depth: number,
  anyNumber: boolean,
): string | null {
  for (let index = 0; index < items.length; index++) {
    const problem = search(items[index], `${path}[${index}]`, depth, anyNumber);
    if (problem !== null) return problem;
  }
  return null;
}

function searchObject(value: object, path: string, depth: number, anyNumber: boolean): string | null {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `an instance of ${value.constructor?.name || 'a class'}${at(path)}`;
  }
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const problem = search(member, `${path}.${name}`, depth, anyNumber);
    if (problem !== null) return problem;
  }
  return null;
}

function at(path: string): string {
  return path === '' ? '' : ` at ${path.slice(0, 200)}`;
}
