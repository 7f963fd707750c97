// Owns: assertions. They stay on in production and guard against our own mistakes; what the outside world
// does wrong (files, users, networks) is a MillraceError and never an assertion.

/** Thrown when Millrace itself is wrong. Never caught to go on: the state can no longer be trusted. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws AssertionError unless `condition` holds. `message` states the invariant, not the symptom. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(`Millrace broke its own rule: ${message}`);
}

/** For a `switch` that must be exhaustive: does not compile while a case is missing. */
export function unreachable(value: never, message: string): never {
  throw new AssertionError(`Millrace broke its own rule: ${message} (got ${String(value)})`);
}
