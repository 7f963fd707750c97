// Owns: how the score is printed: a line per fault as it comes, the summary at the end, and all of it as JSON.

import type { Fault } from './fault.ts';
import { canaryPasses, type FaultResult, type Look, survivors } from './score.ts';

const NAME_WIDTH = 48;
const HOW_WIDTH = 100;

export function headLine(): string {
  return `${'fault'.padEnd(NAME_WIDTH)} ${'caught by'.padEnd(12)} ${'seeds'.padStart(5)} ${'s'.padStart(6)}  how`;
}

/** One line per detector that caught it, or one that says that nobody did. */
export function resultLines({ fault, looks, caught }: FaultResult): string[] {
  const name = fault?.name ?? '(canary: no fault)';
  if (!caught) {
    const outcome = fault === undefined ? 'passes' : 'SURVIVED';
    return [line(name, outcome, undefined, total(looks), looks.map(({ detector }) => detector).join(', '))];
  }
  return looks
    .filter((look) => look.caught)
    .map((look) => line(name, look.detector, look.seeds, look.seconds, look.how ?? ''));
}

export function summaryLines(results: readonly FaultResult[], seconds: number): string[] {
  const left = survivors(results);
  const faults = results.filter(({ fault }) => fault !== undefined);
  const caught = faults.length - left.length;
  const lines = [
    '',
    `${caught} of ${faults.length} planted faults caught: ${percent(caught, faults.length)}, in ${seconds.toFixed(0)} s`,
  ];
  for (const [detector, count] of counts(faults)) lines.push(`  ${detector.padEnd(12)} ${count}`);
  if (!canaryPasses(results))
    lines.push(
      '',
      'The canary was accused: the source fails without any fault, so no catch above says anything.',
    );
  for (const fault of left) lines.push('', ...survivorLines(fault));
  return lines;
}

export function asJson(results: readonly FaultResult[], seconds: number): string {
  const faults = results.filter(({ fault }) => fault !== undefined);
  const left = survivors(results);
  const report = {
    caught: faults.length - left.length,
    faults: faults.length,
    canary: canaryPasses(results) ? 'passes' : 'accused',
    seconds: Math.round(seconds),
    survivors: left.map(({ name }) => name),
    results: results.map(({ fault, looks, caught }) => ({
      name: fault?.name ?? 'canary',
      lesson: fault?.lesson,
      caught,
      looks,
    })),
  };
  return JSON.stringify(report, undefined, 2);
}

function line(name: string, who: string, seeds: number | undefined, seconds: number, how: string): string {
  const shown = how.length > HOW_WIDTH ? `${how.slice(0, HOW_WIDTH - 1)}…` : how;
  const count = seeds === undefined || seeds === 0 ? '' : String(seeds);
  return `${name.padEnd(NAME_WIDTH)} ${who.padEnd(12)} ${count.padStart(5)} ${seconds.toFixed(1).padStart(6)}  ${shown}`;
}

function survivorLines({ name, lesson, edits }: Fault): string[] {
  const lines = [`${name} survived: a test is missing. ${lesson}`];
  for (const { file, find, replace } of edits) {
    lines.push(`  ${file}`);
    lines.push(
      ...find
        .trimEnd()
        .split('\n')
        .map((text) => `  - ${text}`),
    );
    lines.push(
      ...replace
        .trimEnd()
        .split('\n')
        .map((text) => `  + ${text}`),
    );
  }
  return lines;
}

/** How many faults each detector caught. */
function counts(results: readonly FaultResult[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { looks } of results) {
    for (const { detector, caught } of looks) if (caught) found.set(detector, (found.get(detector) ?? 0) + 1);
  }
  return found;
}

function total(looks: readonly Look[]): number {
  return looks.reduce((sum, { seconds }) => sum + seconds, 0);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? 'nothing to catch' : `${Math.floor((100 * part) / whole)} %`;
}
