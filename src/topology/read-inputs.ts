// Owns: reading and checking what a component subscribes to, one input at a time. Not here: rules that need several
// subscriptions of a stream (wiring.ts).

import type { Issues } from './issues.ts';
import type { Grouping } from './plan.ts';
import { type ComponentRecord, componentRecordOf, inputRecordOf } from './records.ts';
import { quoted, shown } from './shown.ts';

/** A subscription whose producer is known by its position in the order of declaration. */
export interface ReadInput {
  readonly producer: number;
  readonly stream: string;
  readonly grouping: Grouping;
}

/** What the inputs are checked against: all components of the topology and the streams that each declares. */
export interface Producers {
  readonly indexOf: ReadonlyMap<ComponentRecord, number>;
  /** By position; empty for sinks. */
  readonly streams: readonly (readonly string[])[];
}

export function readInputs(
  record: ComponentRecord,
  where: string,
  producers: Producers,
  issues: Issues,
): readonly ReadInput[] {
  if (record.form !== 'spout' && record.inputs.length === 0) {
    issues.add(where, 'it has no input', 'Give a stream, or a list of streams, as the second argument.');
  }
  const inputs: ReadInput[] = [];
  for (const given of record.inputs) {
    const input = readInput(given, where, producers, issues);
    if (input === undefined) continue;
    if (inputs.some((one) => one.producer === input.producer && one.stream === input.stream)) {
      issues.add(
        where,
        `it subscribes to ${sourceOf(given)} twice`,
        'Keep one of the two, with one grouping.',
      );
      continue;
    }
    inputs.push(input);
  }
  return inputs;
}

function readInput(
  given: unknown,
  where: string,
  producers: Producers,
  issues: Issues,
): ReadInput | undefined {
  const input = inputRecordOf(given);
  if (input === undefined) {
    const sink = componentRecordOf(given);
    if (sink === undefined) {
      issues.add(where, `an input is ${shown(given)}`, 'Give a stream of this topology.');
    } else {
      issues.add(
        where,
        `it subscribes to the sink ${quoted(sink.name)}`,
        'A sink emits nothing: subscribe to its input.',
      );
    }
    return undefined;
  }
  const { component, stream, grouping } = input;
  const producer = producers.indexOf.get(component);
  if (producer === undefined) {
    issues.add(
      where,
      `its input ${quoted(component.name)} belongs to another topology, ${quoted(component.topology.name)}`,
      'Join two topologies by a topic: a sink in the one, a spout in the other.',
    );
    return undefined;
  }
  const streams = producers.streams[producer]!;
  if (!streams.includes(stream)) {
    const fix =
      component.form === 'bolt'
        ? `Add it to the bolt's option: streams: [${[...streams.slice(1), stream].map((one) => `'${one}'`).join(', ')}].`
        : 'Only components made by t.bolt have named streams.';
    issues.add(
      where,
      `it subscribes to ${sourceOf(given)}, which ${quoted(component.name)} does not declare`,
      fix,
    );
    return undefined;
  }
  checkGrouping(grouping, where, issues);
  return { producer, stream, grouping };
}

function sourceOf(given: unknown): string {
  const input = inputRecordOf(given)!;
  return `stream ${quoted(input.stream)} of ${quoted(input.component.name)}`;
}

function checkGrouping(grouping: Grouping, where: string, issues: Issues): void {
  if (grouping.kind === 'key' || grouping.kind === 'partial-key') {
    if (typeof grouping.key === 'function') return;
    issues.add(where, `it groups by ${shown(grouping.key)}`, 'Give a function: (value) => value.someKey.');
  } else if (grouping.kind === 'custom' && typeof grouping.choose !== 'function') {
    issues.add(
      where,
      `its custom grouping is ${shown(grouping.choose)}`,
      'Give a function: (value, tasks) => a task.',
    );
  }
}
