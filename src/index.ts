// Owns: the public API of `millrace`. Re-exports only.

export { ERROR_CODES, type ErrorCode } from './base/error-codes.ts';
export { MillraceError } from './base/errors.ts';
export { LIMITS } from './base/limits.ts';
export type { Logger } from './base/logger.ts';
export { type GeneratorOptions, generator } from './connectors/generator/index.ts';
export {
  type Decode,
  type Encode,
  type Seed,
  type SeedRecord,
  type Topic,
  type TopicRecord,
  topic,
} from './connectors/topic/index.ts';
export type { Guarantee } from './delivery/guarantee.ts';
export type {
  BoltFactory,
  BoltFunction,
  BoltMethods,
  BoltObject,
  BoltOptions,
  StepOptions,
} from './topology/bolt-types.ts';
export { describeTopology, type TopologyDescription } from './topology/describe.ts';
export { toDot, toMermaid } from './topology/diagrams.ts';
export { type Issue, TopologyError } from './topology/issues.ts';
export type { AckMode, EngineOptions, ErrorPolicy, TopologyPlan } from './topology/plan.ts';
export { applySettings, type Overrides } from './topology/settings.ts';
export type { RejectedWrite, SinkDefinition, SinkProvider, SinkWriter } from './topology/sink.ts';
export type {
  Chunk,
  ClassicSource,
  ClassicSpout,
  ConnectorContext,
  DirectReader,
  DirectSource,
  FailReason,
  RejectedRecord,
  Source,
  SourceProvider,
  SpoutOut,
} from './topology/source.ts';
export {
  type KeyedState,
  keyed,
  type StateDefinition,
  type StateKey,
  type ValueCodec,
} from './topology/state-types.ts';
export type { Bolt, Input, Inputs, Sink, Spout, Stream, ValueOf } from './topology/stream-types.ts';
export { isTopology, topology } from './topology/topology.ts';
export type {
  ReportOptions,
  SinkOptions,
  SinkTarget,
  SpoutOptions,
  SpoutSource,
  Topology,
  TopologyOptions,
} from './topology/topology-types.ts';
export type {
  ExecuteContext,
  Key,
  NamedStreams,
  NoStreams,
  Out,
  Settings,
  TaskContext,
  TaskInfo,
  Tuple,
} from './topology/types.ts';
export { build } from './topology/validate.ts';
