// Owns: reading and checking one spout or one sink.

import type { Issues } from './issues.ts';
import { SINK_RULES, SPOUT_RULES } from './option-rules.ts';
import type { SinkPlan, SpoutPlan } from './plan.ts';
import { type Options, readErrorPolicy, readNumbers, readOptions } from './read-options.ts';
import type { ComponentRecord } from './records.ts';
import { shown } from './shown.ts';
import { readTarget } from './sink-target.ts';
import { readSource } from './spout-source.ts';
import { DEFAULT_STREAM } from './types.ts';

const SPOUT_OPTIONS: readonly string[] = Object.keys(SPOUT_RULES);
const SINK_OPTIONS = [...Object.keys(SINK_RULES), 'onError'] as const;

type Wired = 'id' | 'inputs' | 'outputs' | 'name';

/** `treeTimeoutMs` is the topology's, for spouts that name none. */
export function readSpout(
  record: ComponentRecord,
  where: string,
  overrides: Options,
  treeTimeoutMs: number,
  issues: Issues,
): Omit<SpoutPlan, Wired> | undefined {
  const options = { ...readOptions(record.options, SPOUT_OPTIONS, where, issues), ...overrides };
  const rules = { ...SPOUT_RULES, treeTimeoutMs: { ...SPOUT_RULES.treeTimeoutMs, default: treeTimeoutMs } };
  const numbers = readNumbers(options, rules, where, issues);
  if (record.inputs.length > 0) {
    issues.add(where, 'a spout subscribes to nothing', 'Take the call of subscribe away, or make it a bolt.');
  }
  const read = readSource(record.body);
  if (read === undefined) {
    issues.add(
      where,
      `its source is ${shown(record.body)}`,
      'Give a source such as topic(name), an object with next(out), or a function that makes one per task.',
    );
    return undefined;
  }
  if (!read.perTask && numbers.parallelism > 1) {
    issues.add(
      where,
      `${numbers.parallelism} tasks would share one spout object`,
      'Give a function that makes one per task: (task) => spout.',
    );
  }
  return { kind: 'spout', ...numbers, streams: Object.freeze([DEFAULT_STREAM]), source: read.source };
}

export function readSink(
  record: ComponentRecord,
  where: string,
  overrides: Options,
  issues: Issues,
): Omit<SinkPlan, Wired> | undefined {
  const options = { ...readOptions(record.options, SINK_OPTIONS, where, issues), ...overrides };
  const read = readTarget(record.body);
  const batch = { ...SINK_RULES.batch, default: read?.defaultBatch ?? SINK_RULES.batch.default };
  const numbers = readNumbers(options, { ...SINK_RULES, batch }, where, issues);
  const onError = readErrorPolicy(options, where, issues);
  if (read === undefined) {
    issues.add(
      where,
      `its target is ${shown(record.body)}`,
      'Give a sink such as topic(name), an object with write(values), or a function of one value.',
    );
    return undefined;
  }
  return { kind: 'sink', ...numbers, onError, streams: Object.freeze([]), sink: read.sink };
}
