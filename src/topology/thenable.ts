// Owns: telling a promise from a value, for code that must not allocate one on the synchronous way.

/** True for promises, also of other realms and libraries. */
export function isThenable(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
