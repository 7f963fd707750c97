// Owns: what a planted fault is, and how it gets into a text. Not here: the faults (faults/), the copy of the source that
// they are planted in (workspace.ts). Invariant: each edit matches exactly once, so a fault is what its list entry says
// or the run ends; production code knows nothing of any of them.

/** Which detectors are meant to catch it. */
export type Area = 'consensus';

export interface Edit {
  /** From the repository's root. */
  readonly file: string;
  /** Exact text, found exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Fault {
  /** Lower case and dashes. */
  readonly name: string;
  readonly area: Area;
  /** One sentence: what it breaks, and what the field has learned about it. */
  readonly lesson: string;
  /** More than one only where a second line of defence hides the fault. */
  readonly edits: readonly Edit[];
}

/** Reads a file of the source by its path from the repository's root. */
export type ReadText = (file: string) => string;

/** The changed files. Throws if an edit does not match exactly once. */
export function planted(fault: Fault, read: ReadText): ReadonlyMap<string, string> {
  const changed = new Map<string, string>();
  for (const { file, find, replace } of fault.edits) {
    const text = changed.get(file) ?? read(file);
    const matches = text.split(find).length - 1;
    if (matches !== 1)
      throw new Error(`${fault.name}: ${matches} matches in ${file} for ${JSON.stringify(find)}`);
    // A function, because `$` in a replacement text has a meaning.
    changed.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return changed;
}
