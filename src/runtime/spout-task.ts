// Owns: what the lane needs from a task of a spout, of either kind. Types only.

export interface SpoutTask {
  readonly component: string;
  /** Emits a quantum of what may be emitted now. Returns how many. */
  run(nowMs: number, stamp: number): number;
  /** Nothing will come any more (until the end that was agreed at the start). */
  readonly exhausted: boolean;
  /** Earliest time at which `run` may find something new without being woken. */
  nextPollMs(): number;
  /** It has an end, is not there yet, and waits for an answer of its source. */
  readonly waitsForSource: boolean;
  /** What holds it up, in words, or null. */
  heldUpBy(): string | null;
  /** Records that it knows of and has not emitted; null if it cannot tell. */
  lag(): number | null;
  close(): Promise<void>;
}
