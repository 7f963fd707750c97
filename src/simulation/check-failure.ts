// Owns: how a simulation says that something which must never happen has happened.

/** The checks, by the names that reports use. */
export type CheckName =
  | 'assertion'
  | 'one value per index'
  | 'same state'
  | 'no command twice'
  | 'refused is not applied'
  | 'whole commands'
  | 'ballots never go back'
  | 'durable before sent'
  | 'durable on a quorum'
  | 'decided is a prefix'
  | 'one leader per ballot'
  | 'a lost disk does not vote'
  | 'writes in order'
  | 'linearizable'
  | 'decides after the faults'
  | 'same seed, same trace';

export class CheckFailure extends Error {
  override readonly name = 'CheckFailure';
  readonly check: CheckName;

  constructor(check: CheckName, message: string) {
    super(message);
    this.check = check;
  }
}

/** Ends the run. `message` says who and where: what a person looks for in the trace. */
export function fail(check: CheckName, message: string): never {
  throw new CheckFailure(check, message);
}
