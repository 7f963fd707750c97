// Owns: how a keyed state makes the value of a key that is absent. Invariant: no two keys ever share an object.

import { MillraceError, messageOf } from '../base/errors.ts';
import type { ValueCodec } from '../topology/state-types.ts';
import { findUnstorable, jsonCodec, UnstorableValue } from './json-codec.ts';

/**
 * A function that makes one initial value per call. Primitives are given as they are. Objects are copied: by
 * structuredClone for the default codec, by a trip through the codec otherwise, because structuredClone would strip
 * instances of their class. `where` names the state.
 *
 * Throws MR_STATE_VALUE for an initial value whose kind can never be stored, so that it shows at the start and not at
 * the first checkpoint. `undefined` and numbers like -Infinity pass: an initial value is not stored unless it is set.
 */
export function initialValue<V>(initial: V, codec: ValueCodec<V>, where: string): () => V {
  try {
    const isDefault = (codec as ValueCodec<unknown>) === jsonCodec;
    if (isDefault && initial !== undefined) {
      const problem = findUnstorable(initial, true);
      if (problem !== null) throw new UnstorableValue(problem);
    }
    if (initial === null || typeof initial !== 'object') return () => initial;
    if (isDefault) return () => structuredClone(initial);
    const text = codec.encode(initial);
    codec.decode(text);
    return () => codec.decode(text);
  } catch (error) {
    throw new MillraceError('MR_STATE_VALUE', `${where} has an initial value that cannot be stored.`, {
      expected: `a value that the codec '${codec.name}' can write and read back`,
      got: messageOf(error),
      next: 'Use plain objects, arrays, strings, numbers and booleans, or declare the state with its own codec: keyed(initial, { codec }).',
      cause: error,
    });
  }
}
