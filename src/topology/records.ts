// Owns: what the builder writes down: the author's calls, unjudged. build() reads and checks them.
// Invariant: handles and topologies are recognised by registered symbols and not by class, because the command line
// and the author's file may have loaded Millrace twice.

import type { Grouping } from './plan.ts';

export const TOPOLOGY = Symbol.for('millrace.topology');
export const INPUT = Symbol.for('millrace.input');
export const COMPONENT = Symbol.for('millrace.component');

/** How a component came to be. The last three are bolts made from a function that returns its output. */
export type Form = 'spout' | 'sink' | 'bolt' | 'map' | 'filter' | 'flatMap';

export interface ComponentRecord {
  readonly topology: TopologyRecord;
  readonly form: Form;
  readonly name: unknown;
  /** The source, the bolt or the sink. */
  readonly body: unknown;
  readonly options: unknown;
  /** Grows by `subscribe`. */
  readonly inputs: unknown[];
}

/** What an Input handle stands for. */
export interface InputRecord {
  readonly component: ComponentRecord;
  readonly stream: string;
  readonly grouping: Grouping;
}

export interface ReportRecord {
  readonly title: unknown;
  readonly bolt: unknown;
  readonly options: unknown;
}

export interface TopologyRecord {
  readonly name: unknown;
  readonly options: unknown;
  readonly components: ComponentRecord[];
  readonly reports: ReportRecord[];
}

/** The record behind a handle, or undefined if it is none. */
export function inputRecordOf(value: unknown): InputRecord | undefined {
  return isObject(value) ? (value[INPUT] as InputRecord | undefined) : undefined;
}

export function componentRecordOf(value: unknown): ComponentRecord | undefined {
  return isObject(value) ? (value[COMPONENT] as ComponentRecord | undefined) : undefined;
}

export function topologyRecordOf(value: unknown): TopologyRecord | undefined {
  return isObject(value) ? (value[TOPOLOGY] as TopologyRecord | undefined) : undefined;
}

export function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}
