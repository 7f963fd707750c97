// Owns: the face of this folder for the rooms above it. Re-exports only.

export { describeTopology, type TopologyDescription } from './describe.ts';
export { toDot, toMermaid } from './diagrams.ts';
export { type Issue, TopologyError } from './issues.ts';
export type { TopologyPlan } from './plan.ts';
export { applySettings, type Overrides } from './settings.ts';
export { isTopology, topology } from './topology.ts';
export { build } from './validate.ts';
