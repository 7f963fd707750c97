// Owns: running the detectors over the faults, several copies of the source side by side, and what came of it. Not here:
// how it is printed (report.ts). Invariants: the canary is judged by the same detectors as the faults, all of them, on the
// same copy of the source; every fault has a result.

import type { Detector, Finding } from './detector.ts';
import type { Fault } from './fault.ts';
import { Workspace } from './workspace.ts';

export interface Look extends Partial<Finding> {
  readonly detector: string;
  readonly caught: boolean;
  readonly seconds: number;
}

export interface FaultResult {
  /** Undefined for the canary: the source as it is. */
  readonly fault: Fault | undefined;
  /** In the order in which the detectors looked; the last one has caught it, unless it was to be seen by all. */
  readonly looks: readonly Look[];
  readonly caught: boolean;
}

export interface Plan {
  readonly faults: readonly Fault[];
  readonly detectors: readonly Detector[];
  /** Every detector looks at every fault, also after it was caught. */
  readonly all: boolean;
  readonly workers: number;
  /** Each result as it comes. */
  readonly done: (result: FaultResult) => void;
}

/** The results: the canary first, then the faults in their order. */
export async function score(plan: Plan): Promise<FaultResult[]> {
  // The canary takes the longest, since nothing ends it early.
  const subjects = [undefined, ...plan.faults];
  const results: FaultResult[] = [];
  const original = new Workspace();
  let next = 0;
  const work = async () => {
    const workspace = new Workspace(original.folder);
    try {
      while (next < subjects.length) {
        const place = next++;
        const result = await judge(subjects[place], workspace, plan);
        results[place] = result;
        plan.done(result);
      }
    } finally {
      workspace.remove();
    }
  };
  try {
    await Promise.all(Array.from({ length: plan.workers }, work));
  } finally {
    original.remove();
  }
  return results;
}

async function judge(fault: Fault | undefined, workspace: Workspace, plan: Plan): Promise<FaultResult> {
  const look = () => lookAt(fault, workspace.folder, plan);
  const looks = fault === undefined ? await look() : await workspace.with(fault, look);
  return { fault, looks, caught: looks.some(({ caught }) => caught) };
}

async function lookAt(fault: Fault | undefined, folder: string, { detectors, all }: Plan): Promise<Look[]> {
  const looks: Look[] = [];
  for (const detector of detectors) {
    if (fault !== undefined && !detector.concerns(fault)) continue;
    const start = performance.now();
    const finding = await detector.run(folder);
    const seconds = (performance.now() - start) / 1_000;
    looks.push({ detector: detector.name, caught: finding !== undefined, seconds, ...finding });
    if (finding !== undefined && !all) break;
  }
  return looks;
}

export function survivors(results: readonly FaultResult[]): Fault[] {
  return results.flatMap(({ fault, caught }) => (fault !== undefined && !caught ? [fault] : []));
}

/** False if the source without any fault was accused: then no catch says anything. */
export function canaryPasses(results: readonly FaultResult[]): boolean {
  return results.every(({ fault, caught }) => fault !== undefined || !caught);
}
