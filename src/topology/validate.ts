// Owns: build(): from what the author recorded to a plan that runtime and tools can rely on. All problems are
// collected and thrown together. Not here: the rules themselves (read-*.ts, wiring.ts, report.ts).
// Invariant: a plan exists only if there was no problem; the invariants of plan.ts then hold.

import { MillraceError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { Issues } from './issues.ts';
import { isValidName, NAME_RULE } from './names.ts';
import type {
  BoltPlan,
  ComponentPlan,
  ReportPlan,
  SinkPlan,
  SpoutPlan,
  Subscription,
  TopologyPlan,
} from './plan.ts';
import { readBolt } from './read-bolt.ts';
import { readSink, readSpout } from './read-endpoints.ts';
import { readInputs } from './read-inputs.ts';
import type { Options } from './read-options.ts';
import { readTopology } from './read-topology.ts';
import { type ComponentRecord, componentRecordOf, type TopologyRecord, topologyRecordOf } from './records.ts';
import { readReport } from './report.ts';
import { NO_OVERRIDES, type Overrides } from './settings.ts';
import { quoted, shown } from './shown.ts';
import { checkWiring, type Node } from './wiring.ts';

type Wired = 'id' | 'name' | 'inputs' | 'outputs';
type Part = Omit<SpoutPlan, Wired> | Omit<BoltPlan, Wired> | Omit<SinkPlan, Wired>;

/**
 * The plan of `topology`, a value of `topology()`, with the command line's overrides applied.
 *
 * Throws TopologyError (MR_TOPOLOGY_INVALID) that lists every problem, and plain MR_TOPOLOGY_INVALID if `topology`
 * is something else.
 */
export function build(topology: unknown, overrides: Overrides = NO_OVERRIDES): TopologyPlan {
  const record = topologyRecordOf(topology);
  if (record === undefined) throw notATopology(topology);
  const issues = new Issues();
  const { options, settings } = readTopology(record, overrides.engine, overrides.settings, issues);
  const { components } = record;
  checkNames(components, issues);
  checkCounts(components, issues);
  const parts = components.map((one) => readPart(one, overrides, options.treeTimeoutMs, issues));
  const nodes = readNodes(components, parts, issues);
  const order = checkWiring(nodes, issues);
  const reports = readReports(record, parts, issues);
  issues.throwIfAny(quoted(record.name));
  return assemble(
    record.name as string,
    { options, settings },
    order!,
    components,
    parts as Part[],
    nodes,
    reports,
  );
}

/** The error for a value that is no topology. */
export function notATopology(value: unknown): MillraceError {
  return new MillraceError('MR_TOPOLOGY_INVALID', 'this is not a topology', {
    expected: 'what topology(name) returned',
    got: shown(value),
    next: 'End the file with `export default t`, where `const t = topology(...)`.',
  });
}

function whereOf(record: ComponentRecord): string {
  return isValidName(record.name) ? record.name : shown(record.name);
}

function checkNames(components: readonly ComponentRecord[], issues: Issues): void {
  const counts = new Map<unknown, number>();
  for (const record of components) {
    if (!isValidName(record.name)) {
      issues.add(whereOf(record), `its name ${shown(record.name)} is not valid`, NAME_RULE);
    }
    const count = (counts.get(record.name) ?? 0) + 1;
    counts.set(record.name, count);
    if (count === 2) {
      issues.add(whereOf(record), 'two components have this name', 'Give each component a name of its own.');
    }
  }
}

function checkCounts(components: readonly ComponentRecord[], issues: Issues): void {
  if (components.length === 0) {
    issues.add(null, 'it has no components', 'Begin with t.spout(name, source).');
  } else if (!components.some((one) => one.form === 'spout')) {
    issues.add(null, 'it has no spout, so nothing would ever flow', 'Add t.spout(name, source).');
  }
  if (components.length > LIMITS.maxComponents) {
    issues.add(null, `it has ${components.length} components`, `Use at most ${LIMITS.maxComponents}.`);
  }
}

function readPart(
  record: ComponentRecord,
  overrides: Overrides,
  treeTimeoutMs: number,
  issues: Issues,
): Part | undefined {
  const where = whereOf(record);
  const own: Options = overrides.components.get(where) ?? {};
  if (record.form === 'spout') return readSpout(record, where, own, treeTimeoutMs, issues);
  if (record.form === 'sink') return readSink(record, where, own, issues);
  return readBolt(record, where, own, issues);
}

function readNodes(
  components: readonly ComponentRecord[],
  parts: readonly (Part | undefined)[],
  issues: Issues,
): readonly Node[] {
  const producers = {
    indexOf: new Map(components.map((one, index) => [one, index])),
    // A spout that could not be read still has its stream: one problem must not cause a second.
    streams: components.map(
      (one, index) => parts[index]?.streams ?? (one.form === 'sink' ? [] : ['default']),
    ),
  };
  return components.map((record, index) => {
    const where = whereOf(record);
    const inputs = record.form === 'spout' ? [] : readInputs(record, where, producers, issues);
    return { where, form: record.form, parallelism: parts[index]?.parallelism ?? 1, inputs };
  });
}

/** Reports with the position of their component in the order of declaration. */
function readReports(
  record: TopologyRecord,
  parts: readonly (Part | undefined)[],
  issues: Issues,
): readonly ReportPlan[] {
  const reports: ReportPlan[] = [];
  for (const report of record.reports) {
    const bolt = componentRecordOf(report.bolt);
    const component = bolt === undefined ? -1 : record.components.indexOf(bolt);
    const part = parts[component];
    if (bolt === undefined || component < 0 || part?.kind !== 'bolt') {
      const got = bolt === undefined ? shown(report.bolt) : quoted(bolt.name);
      issues.add(
        null,
        `report ${quoted(report.title)} reads ${got}`,
        'Give a bolt of this topology that has state.',
      );
      continue;
    }
    const read = readReport(report, whereOf(bolt), Object.keys(part.state), issues);
    if (read !== undefined) reports.push({ ...read, component });
  }
  return reports;
}

function assemble(
  name: string,
  head: Pick<TopologyPlan, 'options' | 'settings'>,
  order: readonly number[],
  components: readonly ComponentRecord[],
  parts: readonly Part[],
  nodes: readonly Node[],
  reports: readonly ReportPlan[],
): TopologyPlan {
  const idOf: number[] = [];
  order.forEach((declared, id) => {
    idOf[declared] = id;
  });
  const outputs: Subscription[][] = order.map(() => []);
  const inputs = order.map((declared, subscriber) =>
    nodes[declared]!.inputs.map(({ producer, stream, grouping }) => {
      const subscription = Object.freeze({ producer: idOf[producer]!, stream, subscriber, grouping });
      outputs[subscription.producer]!.push(subscription);
      return subscription;
    }),
  );
  const plans = order.map((declared, id): ComponentPlan => {
    const wired = {
      id,
      name: components[declared]!.name as string,
      inputs: Object.freeze(inputs[id]!),
      outputs: Object.freeze(outputs[id]!),
    };
    return Object.freeze({ ...parts[declared]!, ...wired });
  });
  return Object.freeze({
    name,
    ...head,
    components: Object.freeze(plans),
    reports: Object.freeze(reports.map((one) => Object.freeze({ ...one, component: idOf[one.component]! }))),
  });
}
