// Owns: what happens to an error that a listener throws.

/** It is the process' unhandled error, and no reason to lose replies. */
export function throwLater(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown;
  });
}
