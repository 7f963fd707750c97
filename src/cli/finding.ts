// Owns: one line of what `doctor` found. Types only.

export interface Finding {
  readonly what: string;
  readonly is: string;
  /** ok: fine; hint: works, could be better; missing: Millrace cannot run. */
  readonly verdict: 'ok' | 'hint' | 'missing';
  readonly advice?: string;
}
