// Owns: the idea of time that pure code is given. Real clocks live in runtime/, manual ones in testing/ and
// simulation/. Invariant: `monotonicMs` never goes back; `wallMs` may.

export interface Clock {
  /** Milliseconds since an arbitrary start, with fractions; for durations and time-outs. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01 UTC; for time stamps in records. */
  wallMs(): number;
}
