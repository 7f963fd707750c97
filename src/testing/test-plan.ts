// Owns: turning the plan of a topology into one whose sources and sinks are in memory and whose bolts can be made to fail or
// to wait. Nothing in the engine knows of it. Not here: what is to go wrong (interference.ts).

import type { BoltInstance, BoltPlan, ComponentPlan, SpoutPlan, TopologyPlan } from '../topology/plan.ts';
import type { ClassicSource, ClassicSpout } from '../topology/source.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

/** Calls of a classic spout's `next` between two moves of the clock: one that never runs dry must not keep a test for ever. */
export const MAX_NEXT_CALLS = 1_000;

export function testPlan(plan: TopologyPlan, world: World, life: Life): TopologyPlan {
  return { ...plan, components: plan.components.map((component) => replaced(component, world, life)) };
}

function replaced(component: ComponentPlan, world: World, life: Life): ComponentPlan {
  switch (component.kind) {
    case 'spout':
      return withSource(component, world);
    case 'sink':
      return { ...component, sink: world.sink(component.name).definition(life) };
    default:
      return { ...component, create: (task) => disturbed(component, component.create(task), world, life) };
  }
}

function withSource(component: SpoutPlan, world: World): SpoutPlan {
  const fed = world.sources.get(component.name);
  if (fed !== undefined) return { ...component, source: fed.source };
  if (component.source.kind !== 'classic') return component;
  return { ...component, source: bounded(component.source, world) };
}

/** The user's own spout, asked a bounded number of times at each point in time. */
function bounded(source: ClassicSource<unknown>, world: World): ClassicSource<unknown> {
  return {
    ...source,
    create: (task) => {
      const spout = source.create(task);
      let askedAtMs = -1;
      let calls = 0;
      const next: ClassicSpout<unknown>['next'] = (out) => {
        const nowMs = world.clock.monotonicMs();
        if (nowMs !== askedAtMs) calls = 0;
        askedAtMs = nowMs;
        return calls++ < MAX_NEXT_CALLS ? spout.next(out) : false;
      };
      return {
        open: (info) => spout.open?.(info),
        next,
        ack: (id) => spout.ack?.(id),
        fail: (id, reason) => spout.fail?.(id, reason),
        done: () => spout.done?.() ?? false,
        close: () => spout.close?.(),
      };
    },
  };
}

function disturbed(plan: BoltPlan, bolt: BoltInstance, world: World, life: Life): BoltInstance {
  const execute: BoltInstance['execute'] = (value, out, context) => {
    const disturbance = world.interference.forValue(plan.name, value);
    if (disturbance === null) return bolt.execute(value, out, context);
    if (disturbance.kind === 'fail') throw disturbance.error;
    return life.after(disturbance.ms).then(() => bolt.execute(value, out, context));
  };
  return {
    execute,
    open: (context) => bolt.open?.(context),
    tick: (out, context) => bolt.tick?.(out, context),
    close: (context) => bolt.close?.(context),
  };
}
