// Owns: `millrace graph`. Not here: the drawing itself (topology/).

import { EXIT } from '../base/error-codes.ts';
import type { TopologyPlan } from '../topology/plan.ts';
import { type Command, type CommandInput, usage } from './command.ts';
import { SET_OPTION } from './common-options.ts';
import { loadPlan } from './load-plan.ts';
import { findFile } from './load-topology.ts';
import { nearest } from './suggest.ts';

const FORMATS = ['mermaid', 'dot', 'json'] as const;

export const graphCommand: Command = {
  name: 'graph',
  argumentsHelp: 'FILE',
  summary: 'Draws the topology that FILE exports.',
  positionals: [1, 1],
  options: {
    format: { type: 'string', value: 'FORMAT', help: `${FORMATS.join(', ')} (default mermaid)` },
    set: SET_OPTION,
  },
  examples: [
    'millrace graph word-count.ts',
    'millrace graph word-count.ts --format dot | dot -Tsvg > word-count.svg',
  ],
  run: graph,
};

async function graph({ positionals, options, terminal, host }: CommandInput): Promise<number> {
  const format = options.text('format') ?? 'mermaid';
  if (!FORMATS.some((name) => name === format)) {
    const guess = nearest(format, FORMATS);
    throw usage(graphCommand, `There is no format "${format}".`, {
      expected: guess === undefined ? FORMATS.join(', ') : `perhaps ${guess}`,
    });
  }
  const plan = await loadPlan(graphCommand, await findFile(positionals[0]!), options.list('set'), host);
  terminal.out.line((await draw(plan, format)).trimEnd());
  return EXIT.ok;
}

async function draw(plan: TopologyPlan, format: string): Promise<string> {
  const { describeTopology, toDot, toMermaid } = await import('../topology/index.ts');
  if (format === 'dot') return toDot(plan);
  if (format === 'json') return JSON.stringify(describeTopology(plan), null, 2);
  return toMermaid(plan);
}
