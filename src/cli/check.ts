// Owns: `millrace check`. Not here: what is checked (type-check.ts, topology/).

import { relative } from 'node:path';
import { EXIT } from '../base/error-codes.ts';
import type { ComponentPlan, TopologyPlan } from '../topology/plan.ts';
import type { Command, CommandInput } from './command.ts';
import { SET_OPTION } from './common-options.ts';
import { loadPlan } from './load-plan.ts';
import { findFile } from './load-topology.ts';
import { table } from './table.ts';
import { assertTypes } from './type-check.ts';

export const checkCommand: Command = {
  name: 'check',
  argumentsHelp: 'FILE',
  summary: 'Checks types and wiring of the topology that FILE exports, without running it.',
  positionals: [1, 1],
  options: { set: SET_OPTION },
  notes: ['Types are checked by the typescript package near FILE, or the one beside Millrace.'],
  examples: ['millrace check word-count.ts'],
  run: check,
};

async function check({ positionals, options, terminal, host }: CommandInput): Promise<number> {
  const file = await findFile(positionals[0]!);
  const types = await assertTypes(file, terminal);
  const plan = await loadPlan(checkCommand, file, options.list('set'), host);
  const { out } = terminal;
  const checked =
    types.kind === 'checked' ? `types and wiring are right (typescript ${types.version})` : 'wiring is right';
  out.line(`${out.style('bold', plan.name)} in ${relative('.', file)}: ${checked}`);
  out.line();
  out.line(
    table(
      ['component', 'kind', 'tasks', 'input'],
      plan.components.map((one) => row(plan, one)),
    ),
  );
  const settings = Object.entries(plan.settings);
  if (settings.length > 0)
    out.line(`\nsettings  ${settings.map(([name, value]) => `${name}=${value}`).join('  ')}`);
  return EXIT.ok;
}

function row(plan: TopologyPlan, component: ComponentPlan): readonly unknown[] {
  const inputs = component.inputs.map(({ producer, stream, grouping }) => {
    const from = plan.components[producer]?.name ?? '';
    return `${stream === 'default' ? from : `${from}.${stream}`} by ${grouping.kind}`;
  });
  const source = component.kind === 'spout' ? component.source.description : '';
  return [component.name, component.kind, component.parallelism, inputs.join(', ') || source];
}
