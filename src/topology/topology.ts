// Owns: `topology()`, the builder that records what its author calls. Nothing is checked here, so that build() can
// report all problems together. Invariant: pure; a topology opens nothing and starts nothing.

import { ComponentHandle, SinkHandle } from './handles.ts';
import {
  type ComponentRecord,
  type Form,
  TOPOLOGY,
  type TopologyRecord,
  topologyRecordOf,
} from './records.ts';
import type { Topology, TopologyOptions, Widened } from './topology-types.ts';
import type { NoStreams, Settings } from './types.ts';

/**
 * A new, empty topology.
 *
 * @param name Names the application: positions and state in the data folder belong to it.
 * @param options Engine options that differ from LIMITS, and own `settings` with their defaults.
 */
export function topology<G extends Settings = NoStreams>(
  name: string,
  options?: TopologyOptions<G>,
): Topology<Widened<G>> {
  // The recorder deals in unknown values; the interface gives each call its types.
  return new Recorder(name, options) as unknown as Topology<Widened<G>>;
}

/** True for what `topology()` returned, also in another copy of this module. */
export function isTopology(value: unknown): value is Topology {
  return topologyRecordOf(value) !== undefined;
}

class Recorder {
  readonly [TOPOLOGY]: TopologyRecord;
  readonly name: string;

  constructor(name: string, options: unknown) {
    this.name = name;
    this[TOPOLOGY] = { name, options, components: [], reports: [] };
  }

  spout(name: unknown, source: unknown, options?: unknown): ComponentHandle {
    return new ComponentHandle(this.record('spout', name, [], source, options));
  }

  bolt(name: unknown, input: unknown, bolt: unknown, options?: unknown): ComponentHandle {
    return new ComponentHandle(this.record('bolt', name, inputsOf(input), bolt, options));
  }

  map(name: unknown, input: unknown, transform: unknown, options?: unknown): ComponentHandle {
    return new ComponentHandle(this.record('map', name, inputsOf(input), transform, options));
  }

  filter(name: unknown, input: unknown, test: unknown, options?: unknown): ComponentHandle {
    return new ComponentHandle(this.record('filter', name, inputsOf(input), test, options));
  }

  flatMap(name: unknown, input: unknown, transform: unknown, options?: unknown): ComponentHandle {
    return new ComponentHandle(this.record('flatMap', name, inputsOf(input), transform, options));
  }

  sink(name: unknown, input: unknown, target: unknown, options?: unknown): SinkHandle {
    return new SinkHandle(this.record('sink', name, inputsOf(input), target, options));
  }

  report(title: unknown, bolt: unknown, options: unknown): void {
    this[TOPOLOGY].reports.push({ title, bolt, options });
  }

  private record(
    form: Form,
    name: unknown,
    inputs: unknown[],
    body: unknown,
    options: unknown,
  ): ComponentRecord {
    const component: ComponentRecord = { topology: this[TOPOLOGY], form, name, body, options, inputs };
    this[TOPOLOGY].components.push(component);
    return component;
  }
}

function inputsOf(input: unknown): unknown[] {
  return Array.isArray(input) ? [...input] : [input];
}
