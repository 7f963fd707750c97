// Owns: the problems of a topology: collected while it is checked, reported in one error.
// Invariant: each problem names its component (null for the topology itself), what is wrong and what to do.

import { MillraceError } from '../base/errors.ts';

export interface Issue {
  /** The component's name as given, or null where the topology as a whole is meant. */
  readonly component: string | null;
  readonly problem: string;
  readonly fix: string;
}

/** MR_TOPOLOGY_INVALID with every problem as data, for `--json`. */
export class TopologyError extends MillraceError {
  readonly issues: readonly Issue[];

  constructor(topology: string, issues: readonly Issue[]) {
    const count = issues.length === 1 ? 'a problem' : `${issues.length} problems`;
    const lines = issues.map((issue) => `  - ${lineOf(issue)}`);
    super('MR_TOPOLOGY_INVALID', `topology ${topology} has ${count}:\n${lines.join('\n')}`);
    this.issues = issues;
  }
}

function lineOf(issue: Issue): string {
  const where = issue.component === null ? '' : `${issue.component}: `;
  return `${where}${issue.problem}. ${issue.fix}`;
}

/** Collects problems. */
export class Issues {
  private readonly found: Issue[] = [];

  /** `problem` without a full stop, `fix` as a sentence. */
  add(component: string | null, problem: string, fix: string): void {
    this.found.push(Object.freeze({ component, problem, fix }));
  }

  get count(): number {
    return this.found.length;
  }

  /** Throws TopologyError if there are any. */
  throwIfAny(topology: string): void {
    if (this.found.length > 0) throw new TopologyError(topology, Object.freeze([...this.found]));
  }
}
