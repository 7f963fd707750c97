// Owns: what a benchmark reports. Types only.

export interface BenchRow {
  readonly name: string;
  /** `ratio` compares two ways in one process, side by side; the others depend on the machine. */
  readonly unit: 'ratio' | 'per-second' | 'ms' | 'bytes';
  /** The median of `runs`. */
  readonly value: number;
  /** What it has to reach; left out where it is only reported. */
  readonly target?: { readonly atLeast?: number; readonly atMost?: number };
  readonly detail: string;
  readonly runs: readonly number[];
}
