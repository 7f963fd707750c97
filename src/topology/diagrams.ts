// Owns: the drawing of a plan as Mermaid and as DOT (Graphviz). Invariant: whatever a name or description holds, it
// stays text: it cannot end a label, a line or the diagram.

import type { ComponentPlan, Subscription, TopologyPlan } from './plan.ts';
import { DEFAULT_STREAM } from './types.ts';

/** A flowchart from left to right. */
export function toMermaid(plan: TopologyPlan): string {
  const lines = ['flowchart LR'];
  for (const component of plan.components) {
    const label = mermaidText(labelOf(component));
    lines.push(`  c${component.id}${mermaidShape(component.kind, label)}`);
  }
  for (const { inputs } of plan.components) {
    for (const input of inputs) {
      lines.push(`  c${input.producer} -->|${mermaidText([edgeOf(input)])}| c${input.subscriber}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** A digraph from left to right. */
export function toDot(plan: TopologyPlan): string {
  const lines = [`digraph ${dotText([plan.name])} {`, '  rankdir=LR;', '  node [fontname="sans-serif"];'];
  for (const component of plan.components) {
    const label = dotText(labelOf(component));
    lines.push(`  c${component.id} [shape=${DOT_SHAPES[component.kind]}, label=${label}];`);
  }
  for (const { inputs } of plan.components) {
    for (const input of inputs) {
      lines.push(`  c${input.producer} -> c${input.subscriber} [label=${dotText([edgeOf(input)])}];`);
    }
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

const DOT_SHAPES = { spout: 'cds', bolt: 'box', sink: 'cylinder' } as const;

function mermaidShape(kind: ComponentPlan['kind'], label: string): string {
  if (kind === 'spout') return `([${label}])`;
  return kind === 'sink' ? `[(${label})]` : `[${label}]`;
}

/** Lines of a node: name with its number of tasks, then what it reads or writes. */
function labelOf(component: ComponentPlan): string[] {
  const tasks = component.parallelism === 1 ? '' : ` ×${component.parallelism}`;
  const lines = [`${component.name}${tasks}`];
  if (component.kind === 'spout') lines.push(component.source.description);
  if (component.kind === 'sink') lines.push(component.sink.description);
  return lines;
}

function edgeOf({ stream, grouping }: Subscription): string {
  return stream === DEFAULT_STREAM ? grouping.kind : `${stream}: ${grouping.kind}`;
}

/** Quoted, with everything that Mermaid or HTML could read as markup as a numbered entity. */
function mermaidText(lines: readonly string[]): string {
  return `"${lines.map((line) => oneLine(line).replace(/["#&<>`\\;|[\](){}*]/g, entity)).join('<br/>')}"`;
}

function entity(character: string): string {
  return `#${character.codePointAt(0)};`;
}

function dotText(lines: readonly string[]): string {
  return `"${lines.map((line) => oneLine(line).replace(/["\\]/g, '\\$&')).join('\\n')}"`;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
