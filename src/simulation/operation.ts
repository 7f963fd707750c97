// Owns: one operation of a simulated client, from its call to its end.

export type Outcome =
  | 'pending'
  /** Took place, with `result`. */
  | 'done'
  /** Did not and will never take place. */
  | 'refused';

export interface Operation {
  readonly client: number;
  readonly sequence: number;
  /** One of COMMAND. */
  readonly kind: number;
  readonly key: number;
  readonly value: number;
  readonly expected: number;
  /** True for a read by ReadIndex; all else goes through the log. */
  readonly direct: boolean;
  /** Commands that are proposed in front of this one. */
  readonly fillers: number;
  outcome: Outcome;
  result: number;
  /** The replica that the refusing one takes for the leader, 0 if it knows none. */
  hint: number;
}
