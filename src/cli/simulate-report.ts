// Owns: what `millrace simulate paxos` tells a person. Pure.

import { FAULT_KINDS } from '../simulation/fault-kinds.ts';
import type { Summary } from '../simulation/run-many.ts';
import { count } from './format.ts';
import { replayCommand } from './simulate-options.ts';
import { table } from './table.ts';
import type { Output } from './terminal.ts';

/** `seconds` of wall time. */
export function reportText(summary: Summary, seconds: number, out: Output): string {
  const figures = table(
    ['what', 'number'],
    [
      ['runs', summary.runs],
      ['of them run twice, with an equal trace', summary.repeated],
      ['events', summary.events],
      ['events per second', Math.round(summary.events / seconds)],
      ['virtual seconds', Math.round(summary.seconds)],
      ['messages', summary.messages],
      ['frames refused by their checksum', summary.refusedFrames],
      ['operations of clients', summary.operations],
      ['of them answered', summary.answered],
      ['decided entries', summary.decided],
    ],
  );
  const faults = table(
    ['fault', 'times'],
    FAULT_KINDS.map((kind) => [kind, summary.faults[kind]]),
  );
  return [figures, '', faults, '', verdict(summary, out)].join('\n');
}

function verdict({ runs, failed }: Summary, out: Output): string {
  if (failed === undefined) return out.style('green', `${count(runs)} runs, every check held.`);
  const { options, failure } = failed;
  return [
    out.style('red', `Seed ${options.seed} fails: ${failure.check}.`),
    failure.message,
    `At event ${count(failure.event)}, ${failure.seconds.toFixed(6)} s. Faults: ${[...options.kinds].join(', ') || 'none'}.`,
    'To see it step by step:',
    `  ${replayCommand(options)}`,
  ].join('\n');
}
