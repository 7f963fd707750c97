// Owns: everything that outlives the process in a real run, and the test's wishes: topics, the other side of the sinks, stored
// positions and state, dead letters, time. Not here: the process itself (topology-driver.ts).

import type { ComponentPlan, TopologyPlan } from '../topology/plan.ts';
import { Interference } from './interference.ts';
import { ManualClock } from './manual-clock.ts';
import { MemorySink } from './memory-sink.ts';
import { MemorySource } from './memory-source.ts';
import { TestCheckpoints, TestDeadLetters } from './memory-stores.ts';

export interface WorldOptions {
  /** Partitions per spout; default 1. */
  readonly partitions: Readonly<Record<string, number>>;
  /** Classic spouts to be fed by the test instead of running their own code. */
  readonly replace: readonly string[];
}

export class World {
  readonly clock = new ManualClock();
  readonly interference = new Interference();
  readonly checkpoints = new TestCheckpoints();
  readonly deadLetters = new TestDeadLetters();
  readonly sources = new Map<string, MemorySource>();
  private readonly sinks = new Map<string, MemorySink>();
  private readonly components: readonly ComponentPlan[];

  constructor(plan: TopologyPlan, options: WorldOptions) {
    this.components = plan.components;
    for (const component of plan.components) {
      const { name } = component;
      if (component.kind === 'sink') this.sinks.set(name, new MemorySink(name, this.interference));
      if (component.kind !== 'spout') continue;
      if (component.source.kind === 'classic' && !options.replace.includes(name)) continue;
      this.sources.set(name, new MemorySource(name, options.partitions[name] ?? 1));
    }
  }

  /** Throws TypeError, with what there is, for a spout that the test cannot feed. */
  source(name: string): MemorySource {
    const source = this.sources.get(name);
    if (source !== undefined) return source;
    const classic =
      this.kindOf(name) === 'spout' ? `; '${name}' is a classic spout: name it in \`replace\`` : '';
    throw unknownName('spout to feed', name, [...this.sources.keys()], classic);
  }

  /** Throws TypeError for a name that is no sink. */
  sink(name: string): MemorySink {
    const sink = this.sinks.get(name);
    if (sink !== undefined) return sink;
    throw unknownName('sink', name, [...this.sinks.keys()]);
  }

  /** Throws TypeError for a name that is no component of one of these kinds. */
  check(name: string, ...kinds: ComponentPlan['kind'][]): void {
    const kind = this.kindOf(name);
    if (kind !== undefined && kinds.includes(kind)) return;
    const names = this.components.filter((one) => kinds.includes(one.kind)).map((one) => one.name);
    throw unknownName(kinds.join(' or '), name, names);
  }

  private kindOf(name: string): ComponentPlan['kind'] | undefined {
    return this.components.find((component) => component.name === name)?.kind;
  }
}

function unknownName(what: string, name: string, known: readonly string[], more = ''): TypeError {
  const list = known.length === 0 ? 'there is none' : `there is: ${known.join(', ')}`;
  return new TypeError(`the topology has no ${what} '${name}' (${list})${more}`);
}
