// Owns: the public API of `millrace/testing`. Re-exports only.

export type { DeadLetter } from '../delivery/delivery.ts';
export type {
  Component,
  CrashOptions,
  LogLine,
  TestCounters,
  TestOptions,
  TopologyDriver,
} from './driver-types.ts';
export type { Aim } from './interference.ts';
export { testTopology } from './topology-driver.ts';
