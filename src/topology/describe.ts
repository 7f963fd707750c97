// Owns: the description of a plan as plain JSON, for tools and for `millrace graph --format json`.
// Invariant: JSON.stringify loses nothing of it. Functions are shown by their presence only.

import type { ComponentPlan, EngineOptions, TopologyPlan } from './plan.ts';
import type { Settings } from './types.ts';

export interface InputDescription {
  /** Name of the producing component. */
  readonly from: string;
  readonly stream: string;
  /** As Grouping.kind. */
  readonly grouping: string;
}

export interface ComponentDescription {
  readonly name: string;
  readonly kind: 'spout' | 'bolt' | 'sink';
  readonly parallelism: number;
  readonly streams: readonly string[];
  readonly inputs: readonly InputDescription[];
  /** What a spout reads or a sink writes. */
  readonly endpoint?: string;
  /** Names of a bolt's keyed states. */
  readonly state?: readonly string[];
  /** Limits, time-outs and policies that are in force. */
  readonly options: Readonly<Record<string, string | number>>;
}

export interface TopologyDescription {
  readonly name: string;
  readonly components: readonly ComponentDescription[];
  readonly options: EngineOptions;
  readonly settings: Settings;
  readonly reports: readonly { readonly title: string; readonly component: string; readonly state: string }[];
}

export function describeTopology(plan: TopologyPlan): TopologyDescription {
  return {
    name: plan.name,
    components: plan.components.map((component) => describeComponent(plan, component)),
    options: { ...plan.options },
    settings: { ...plan.settings },
    reports: plan.reports.map(({ title, component, state }) => ({
      title,
      component: nameOf(plan, component),
      state,
    })),
  };
}

function describeComponent(plan: TopologyPlan, component: ComponentPlan): ComponentDescription {
  const { name, kind, parallelism, streams } = component;
  const inputs = component.inputs.map(({ producer, stream, grouping }) => ({
    from: nameOf(plan, producer),
    stream,
    grouping: grouping.kind,
  }));
  return { name, kind, parallelism, streams: [...streams], inputs, ...detailsOf(component) };
}

function detailsOf(component: ComponentPlan): Pick<ComponentDescription, 'endpoint' | 'state' | 'options'> {
  switch (component.kind) {
    case 'spout':
      return { endpoint: component.source.description, options: { treeTimeoutMs: component.treeTimeoutMs } };
    case 'sink': {
      const { onError, queueCapacity, batch, inFlight } = component;
      return { endpoint: component.sink.description, options: { onError, queueCapacity, batch, inFlight } };
    }
    case 'bolt': {
      const { ack, onError, queueCapacity, concurrency, executeTimeoutMs, tickEveryMs } = component;
      const options = { ack, onError, queueCapacity, concurrency, executeTimeoutMs, tickEveryMs };
      return { state: Object.keys(component.state), options };
    }
  }
}

function nameOf(plan: TopologyPlan, id: number): string {
  return plan.components[id]!.name;
}
