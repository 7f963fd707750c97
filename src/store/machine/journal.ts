// Owns: taking back what a failed transaction changed. Not here: what a transaction is (transactions.ts).
// Invariants: either `rollback` or `commit` is called, once; steps are taken back in the reverse of their order; memory
// that a step gives up is given up only at the commit, so that taking it back needs no allocation.

export class Journal {
  private readonly undoSteps: (() => void)[] = [];
  private readonly releaseSteps: (() => void)[] = [];

  /** How to take back what was just done. */
  onRollback(step: () => void): void {
    this.undoSteps.push(step);
  }

  /** What can be done only when the transaction stands. */
  onCommit(step: () => void): void {
    this.releaseSteps.push(step);
  }

  rollback(): void {
    for (let at = this.undoSteps.length - 1; at >= 0; at--) this.undoSteps[at]!();
  }

  commit(): void {
    for (const step of this.releaseSteps) step();
  }
}
