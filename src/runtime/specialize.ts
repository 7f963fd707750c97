// Owns: giving a component its own copy of a hot loop. Not here: the loops.
//
// V8 collects type feedback per function source position. A loop that all components share sees all their bolts at
// its one call site, becomes megamorphic and is never inlined. A copy per component sees one bolt only: measured
// with `millrace bench word-count`, 10 to 15 % of the time per tuple. Where the runtime forbids making code from strings
// (`--disallow-code-generation-from-strings`) the shared loop is used; the result is the same.

/**
 * A copy of `loop` with feedback of its own. `loop` must not use anything from outside its parameters and the
 * standard globals, because the copy is made from its text.
 */
export function specialize<F extends (...args: never[]) => unknown>(loop: F): F {
  try {
    return new Function(`return (${loop.toString()});`)() as F;
  } catch {
    return loop;
  }
}
